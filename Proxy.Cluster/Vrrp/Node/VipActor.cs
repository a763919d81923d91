using System.Net.Sockets;
using System.Text;
using Proxy.Actors.Config;
using Proxy.Actors.Runtime;
using Proxy.Cluster.Vrrp.Guard;
using Proxy.Cluster.Vrrp.Machine;
using Proxy.Edge.Os.Network;

namespace Proxy.Cluster.Vrrp.Node;

/// <summary>The node's side of its virtual addresses: keeps a guard at work, gives it the policy and the node's
/// heartbeat, and follows what it reports. On a thread of its own, because a heartbeat that waits for a busy pool
/// would look like a hung node. Decisions are in <see cref="VipMachine"/>.</summary>
internal sealed class VipActor : Actor<VipMessage>
{
    /// <summary>Channel of the second path.</summary>
    public const string Channel = "vips";

    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MembersEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CountEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongLinger = TimeSpan.FromHours(1);
    private static readonly TimeSpan SlowestBeat = TimeSpan.FromMilliseconds(100);

    private readonly VipServices _services;
    private readonly VipMachine _machine = new();
    private readonly GuardLauncher _launcher;
    private readonly VipChecks _checks;
    private readonly KnownNodes _known;
    private readonly VipNotices _notices;
    private ProxyConfig _config = new();
    private IReadOnlyList<PlannedVip> _plan = [];
    private VipGuardClient? _guard;
    private readonly VipHandover? _handover;
    private readonly VipFlows? _flows;
    private NodePulse? _pulse;
    private Heartbeat? _heart;
    private bool _isConnecting;
    private bool _isReplaced;
    private bool _hasCleaned;
    private string _trouble = "";
    private ReplyTo<bool>? _givingUp;
    private ReplyTo<bool>? _stopping;

    private VipActor(IActorContext<VipMessage> context, VipServices services)
        : base(context)
    {
        _services = services;
        _launcher = new GuardLauncher(services.Time);
        _notices = new VipNotices(context, services);
        _checks = new VipChecks(context, services);
        _known = new KnownNodes(services.NodesFile, services.Time.GetUtcNow());
        if (services.Peers is { } peers)
        {
            _handover = new VipHandover(context, services, Send, _machine.ViewOf, _machine.MembersOf);
            _flows = new VipFlows(context, peers);
        }
    }

    public static Props<VipMessage> Props(VipServices services) => new(context => new VipActor(context, services))
    {
        Dispatcher = DispatcherKey.DedicatedThread,
        Supervision = Supervise.RestartWithBackoff,
    };

    protected override void PostStop()
    {
        // Without a goodbye: the guard sees this node's end.
        _guard?.Dispose();
        StopHeart();
    }

    protected override void Receive(VipMessage message)
    {
        switch (message)
        {
            case VipMessage.Configure configure:
                Configure(configure.Config);
                break;
            case VipMessage.Connected connected:
                OnConnected(connected.Client);
                break;
            case VipMessage.FromGuard from when from.Client == _guard:
                OnGuard(from.Client, from.Event);
                break;
            case VipMessage.Reconnect:
                Connect();
                break;
            case VipMessage.Beat:
                Beat();
                break;
            case VipMessage.Count:
                Send(static guard => guard.Query());
                break;
            case VipMessage.CheckDue due when Find(due.Vip) is { } vip:
                _checks.Run(vip);
                break;
            case VipMessage.CheckDone done when Find(done.Vip) is { } vip:
                OnChecked(vip, done.Problem);
                break;
            case VipMessage.NotifyDone done:
                _notices.OnDone(done.Vip, done.Problem);
                break;
            case VipMessage.PeerFound peer:
                Perform(new VipInput.PeerFound(peer.Node));
                break;
            case VipMessage.PeerLost lost:
                if (lost.IsBroken)
                {
                    _handover?.OnDeath(lost.Node);
                }

                Perform(new VipInput.PeerLost(lost.Node, lost.IsBroken));
                break;
            case VipMessage.PeerSaid said when VipClaim.Read(said.Record) is { } claims:
                Perform(new VipInput.PeerSaid(said.Node, claims));
                break;
            case VipMessage.Order order:
                Order(order);
                break;
            case VipMessage.Stay stay:
                _isReplaced = true;
                Send(guard => guard.Goodbye(_config.VipGuard.KeepOverRestart));
                stay.Reply.Reply(true);
                break;
            case VipMessage.GiveUp giveUp:
                GiveUp(giveUp.Reply);
                break;
            case VipMessage.Return:
                Perform(new VipInput.Leave(false));
                ResetWeights();
                break;
            case VipMessage.Stop stop:
                Stop(stop.Reply);
                break;
            default:
                ReceiveHandover(message);
                break;
        }
    }

    private void ReceiveHandover(VipMessage message)
    {
        switch (message)
        {
            case VipMessage.Called called when HandoverCall.Read(called.Record) is { } call:
                _handover?.OnCall(
                    called.Node, call, _machine.ViewOf(call.Claim), _givingUp is null && _stopping is null,
                    called.Reply);
                break;
            case VipMessage.Called called:
                called.Reply.Reply("a question that makes no sense"u8.ToArray());
                break;
            case VipMessage.Answered answered:
                _handover?.OnAnswered(answered.Vip, answered.Step, answered.Problem);
                break;
            case VipMessage.HandoverLate late:
                _handover?.OnLate(late.Vip);
                break;
            case VipMessage.Prepared prepared:
                prepared.Reply.Reply(Encoding.UTF8.GetBytes(prepared.Problem ?? ""));
                break;
            case VipMessage.MembersDue:
                OnMembers();
                break;
            case VipMessage.FlowsDue:
                Perform(new VipInput.Remind());
                _flows?.Look(_machine.Report);
                break;
            case VipMessage.FlowsRead read:
                _flows?.OnRead(read.Flows);
                break;
            case VipMessage.FlowsTold told when VipFlow.Read(told.Record) is { } flows:
                _flows?.OnTold(told.Node, flows);
                break;
            case VipMessage.TickleAgain again:
                Tickle.Send(again.Flows);
                break;
            case VipMessage.RulesRemoved { Problem: { } problem }:
                VipLog.Warning(_services.Logger, "handover", problem);
                break;
        }
    }

    private void Configure(ProxyConfig config)
    {
        _config = config;
        LookAtMembers();
        _plan = Plan();
        if (!_hasCleaned)
        {
            _hasCleaned = true;
            _handover?.Clean(_plan);
            _flows?.Start();
        }

        _checks.Configure(_plan);
        Look();
        Perform(new VipInput.Configure(_plan));
        if (_guard is null && _plan.Count > 0)
        {
            Connect();
        }
    }

    private IReadOnlyList<PlannedVip> Plan() => VipPlan.Of(
        _config, _services.NodeName, canAsk: _handover is not null, _known.Names);

    private bool LookAtMembers()
    {
        if (!VipPlan.AsksMembers(_config))
        {
            return false;
        }

        Context.StartTimer("members", new VipMessage.MembersDue(), MembersEvery);
        return _known.Look(_services.Node.Members, _services.Time.GetUtcNow(), _config.VipPlacement.ForgetAfter);
    }

    private void OnMembers()
    {
        if (LookAtMembers())
        {
            _plan = Plan();
            Perform(new VipInput.Configure(_plan));
        }
    }

    private string SocketPath()
    {
        string path = _config.VipGuard.SocketPath;
        return Path.GetFullPath(
            path.Length > 0 ? path : Path.Combine(_config.Node.StateDir, "vip-guard.sock"), _services.Folder);
    }

    private void Connect()
    {
        if (_isConnecting || _isReplaced || _guard is not null || _stopping is not null)
        {
            return;
        }

        _isConnecting = true;
        Context.PipeToSelf(
            _launcher.ConnectAsync(SocketPath(), CancellationToken.None),
            static result => new VipMessage.Connected(result));
    }

    private void OnConnected(Result<VipGuardClient> result)
    {
        _isConnecting = false;
        if (!result.TryGetValue(out VipGuardClient? client))
        {
            string problem = result.Error!.Message;
            if (problem != _trouble)
            {
                _trouble = problem;
                VipLog.GuardTrouble(_services.Logger, problem);
            }

            Context.StartTimer("reconnect", new VipMessage.Reconnect(), Retry);
            _stopping?.Reply(true);
            return;
        }

        _trouble = "";
        _guard = client;
        Listen(client);
        if (_stopping is not null)
        {
            Send(static guard => guard.Stop());
            return;
        }

        StartHeart();
        Context.StartTimer("count", new VipMessage.Count(), CountEvery, CountEvery);
        Perform(new VipInput.GuardConnected());
    }

    private void StartHeart()
    {
        StopHeart();
        TimeSpan hang = _config.VipGuard.HangAfter;
        TimeSpan every = hang > TimeSpan.Zero && hang / 4 < SlowestBeat ? hang / 4 : SlowestBeat;
        var beat = new VipMessage.Beat();
        _pulse = NodePulse.Start(_services.Node, _services.Time, hang, every);
        _heart = Heartbeat.Start(every, () => Context.Self.Tell(beat));
    }

    private void StopHeart()
    {
        _heart?.Dispose();
        _pulse?.Dispose();
        (_heart, _pulse) = (null, null);
    }

    private void Listen(VipGuardClient client) => Context.PipeToSelf(
        client.ReceiveAsync(CancellationToken.None),
        result => new VipMessage.FromGuard(client, result.TryGetValue(out GuardEvent? next) ? next : null));

    private void OnGuard(VipGuardClient client, GuardEvent? happened)
    {
        if (happened is null)
        {
            GuardGone();
            return;
        }

        if (happened is GuardEvent.Replaced)
        {
            // By this node's successor, or by a second node on this machine: no use to fight for it.
            _isReplaced = true;
        }

        if (happened is GuardEvent.Ready ready)
        {
            VipLog.GuardConnected(_services.Logger, ready.Value.ProcessId, ready.Value.IsRealTime);
        }

        Listen(client);
        Perform(new VipInput.FromGuard(happened));
    }

    private void GuardGone()
    {
        _guard?.Dispose();
        _guard = null;
        StopHeart();
        Context.CancelTimer("count");
        Perform(new VipInput.GuardGone());
        if (_stopping is { } waiting)
        {
            waiting.Reply(true);
            return;
        }

        if (_isReplaced)
        {
            return;
        }

        VipLog.GuardTrouble(_services.Logger, "the guard has ended and is started again");
        Connect();
    }

    /// <summary>A sign of life, if every part gave one; and a look at how the node is.</summary>
    private void Beat()
    {
        _heart?.Done();
        string? before = _pulse?.Stuck;
        bool isAlive = _pulse is { } pulse && pulse.Take();
        if (_pulse?.Stuck is { } stuck && before is null)
        {
            VipLog.Warning(_services.Logger, "node", $"{stuck}, so its addresses go elsewhere");
        }

        Look();
        if (isAlive)
        {
            Send(static guard => guard.Heartbeat());
        }
    }

    private void Look()
    {
        IVipNode node = _services.Node;
        var empty = new HashSet<string>(StringComparer.Ordinal);
        foreach (PlannedVip vip in _plan)
        {
            empty.UnionWith(vip.Config.Track.Pools.Where(pool => !node.HasCandidates(pool)));
        }

        Perform(new VipInput.Condition(node.IsReady, node.HasMajority, empty, _pulse?.Stuck is not null));
    }

    private void OnChecked(PlannedVip vip, string? problem)
    {
        if (_checks.OnDone(vip, problem))
        {
            Perform(new VipInput.Checked(vip.Config.Name, problem is null));
        }
    }

    private void Order(VipMessage.Order order)
    {
        VipView? view = _services.Board.Report.Vips.FirstOrDefault(view => view.Plan.Config.Name == order.Vip);
        string problem = view is null ? $"no virtual router is named \"{order.Vip}\""
            : _guard is null ? "the guard does not work"
            : order.What is VipOrder.Take && view.State != VrrpState.Backup
                ? $"this node cannot take it, it is {VipWords.Of(view.State)}"
            : order.What is not VipOrder.Take && view.State != VrrpState.Master
                ? $"this node does not have it, it is {VipWords.Of(view.State)}"
            : "";
        if (view is null || problem.Length > 0)
        {
            order.Reply.Reply(problem);
            return;
        }

        ushort id = view.Plan.Id;
        switch (order.What)
        {
            case VipOrder.Take when view.Owner.Length > 0 && _handover is not null:
                Send(guard => guard.Weight(id, VrrpTrack.Operator, 0));
                _handover.Ask(view, view.Owner);
                order.Reply.Reply("");
                break;
            case VipOrder.Take:
                Send(guard => guard.Weight(id, VrrpTrack.Operator, 0));
                Send(guard => guard.TakeOver(id));
                order.Reply.Reply("");
                break;
            case VipOrder.Move when _handover is null:
                order.Reply.Reply("this node has no peers (cluster.peers) to move it to; give works");
                break;
            case VipOrder.Move move:
                HandOver(view, move.Node, problem => order.Reply.Reply(problem));
                break;
            case VipOrder.Give when _machine.NextOwner(order.Vip) is { Length: > 0 } next:
                HandOver(view, next, problem => order.Reply.Reply(problem));
                break;
            default:
                Send(guard => guard.Resign(id));
                order.Reply.Reply("");
                break;
        }
    }

    private void HandOver(VipView view, string target, Action<string> done)
    {
        if (_handover is null)
        {
            Send(guard => guard.Resign(view.Plan.Id));
            done("");
            return;
        }

        _handover.Begin(view, target, LongLinger, HandoverReason.Ordered, done);
    }

    private void GiveUp(ReplyTo<bool> reply)
    {
        _givingUp = reply;
        TimeSpan time = _config.Node.DrainTimeout + TimeSpan.FromSeconds(5);
        foreach (VipView view in _machine.Report.Vips.Where(view =>
            view.State == VrrpState.Master && _machine.MembersOf(view)[0].Plan == view.Plan))
        {
            string name = view.Plan.Config.Name;
            if (_machine.NextOwner(name) is { Length: > 0 } next)
            {
                _handover?.Begin(view, next, time, HandoverReason.Leaving, problem =>
                {
                    if (problem.Length > 0)
                    {
                        VipLog.Warning(_services.Logger, name, $"not handed over: {problem}");
                    }

                    GiveUpRest();
                });
            }
        }

        GiveUpRest();
    }

    /// <summary>What nobody took in good order, once all handovers have ended.</summary>
    private void GiveUpRest()
    {
        if (_handover is not { IsBusy: true } && _givingUp is { } reply)
        {
            _givingUp = null;
            Perform(new VipInput.Leave(true));
            reply.Reply(true);
        }
    }

    private void ResetWeights()
    {
        foreach (PlannedVip vip in _plan)
        {
            Send(guard => guard.Weight(vip.Id, VrrpTrack.Operator, 0));
        }
    }

    private void Stop(ReplyTo<bool> reply)
    {
        if (_isReplaced)
        {
            // The guard and the rules are its successor's now.
            reply.Reply(true);
            return;
        }

        _stopping = reply;
        _handover?.Clean(_plan);
        if (_guard is not null)
        {
            Send(static guard => guard.Stop());
        }
        else if (!_isConnecting)
        {
            reply.Reply(true);
        }
    }

    private void Perform(VipInput input)
    {
        foreach (VipEffect effect in _machine.Handle(input, _services.Time.GetUtcNow()).ToArray())
        {
            Perform(effect);
        }

        _services.Board.Report = _machine.Report;
    }

    private void Perform(VipEffect effect)
    {
        switch (effect)
        {
            case VipEffect.Hello:
                // This actor's thread is its own and lives as long as the node.
                Send(guard => guard.Hello(_config.VipGuard.HangAfter, 0, KernelThread.CurrentId));
                break;
            case VipEffect.Settings settings:
                Send(guard => guard.Configure(settings.Value));
                break;
            case VipEffect.Commit:
                Send(static guard => guard.Commit());
                break;
            case VipEffect.Fault fault:
                Send(guard => guard.Fault(fault.Id, fault.Track, fault.IsFaulty));
                break;
            case VipEffect.Weight weight:
                Send(guard => guard.Weight(weight.Id, weight.Track, weight.Amount));
                break;
            case VipEffect.Hint hint:
                Send(guard => guard.Hint(hint.Id, hint.Kind, hint.Peer));
                break;
            case VipEffect.Ask ask:
                _handover?.Ask(ask.View, ask.Owner);
                break;
            case VipEffect.Changed changed:
                OnChanged(changed.View, changed.Cause);
                break;
            case VipEffect.Warn warn:
                VipLog.Warning(_services.Logger, warn.Vip, warn.Text);
                break;
            case VipEffect.Tell tell:
                _services.Peers?.Broadcast(Channel, VipClaim.Write(tell.Claims));
                break;
        }
    }

    /// <summary>A guard that is gone is noticed by the reader; what could not be sent is told again when it is back.
    /// </summary>
    private void Send(Action<VipGuardClient> send)
    {
        if (_guard is null)
        {
            return;
        }

        try
        {
            send(_guard);
        }
        catch (SocketException)
        {
            // See above.
        }
    }

    private void OnChanged(VipView view, VrrpInputKind cause)
    {
        string name = view.Plan.Config.Name;
        string state = VipWords.Of(view.State);
        _handover?.OnState(view);
        if (view.State == VrrpState.Master)
        {
            _flows?.OnMaster(view, cause);
        }

        VipLog.Changed(
            _services.Logger, name, string.Join(", ", view.Plan.Config.Addresses), state, view.Priority,
            VipWords.Of(cause, view.Faults));
        _notices.Add(view);
    }

    private PlannedVip? Find(string name) => _plan.FirstOrDefault(vip => vip.Config.Name == name);
}
