using System.Text;
using Proxy.Actors.Runtime;
using Proxy.Cluster.Peers;
using Proxy.Cluster.Vrrp.Guard;
using Proxy.Cluster.Vrrp.Machine;

namespace Proxy.Cluster.Vrrp.Node;

/// <summary>Planned handovers, make before break. The owner asks the next one to prepare (rules that send packets of
/// the owner's connections back to it), lowers its own priority, and only then lets the other take the address: new
/// connections go to the new place from its first announcement on, old ones end where they began. A sync group is
/// prepared member by member and goes as a whole. Used in the actor's turns only.</summary>
/// <param name="context">The actor's.</param>
/// <param name="services">Peers are there.</param>
/// <param name="send">To the guard, if there is one.</param>
/// <param name="viewOf">A router by its name, as it is now.</param>
/// <param name="membersOf">A router and the others of its sync group.</param>
internal sealed class VipHandover(
    IActorContext<VipMessage> context,
    VipServices services,
    Action<Action<VipGuardClient>> send,
    Func<string, VipView?> viewOf,
    Func<VipView, IReadOnlyList<VipView>> membersOf)
{
    public const string Channel = "vip-handover";

    private const int Lowest = -253;
    private const int Highest = 253;
    private static readonly string[] Nft = ["nft", "-f", "-"];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Dictionary<string, Move> _moves = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _forwards = new(StringComparer.Ordinal);

    private IPeerMessages Peers => services.Peers!; // made only where there are peers

    public bool IsBusy => _moves.Count > 0;

    /// <param name="view">A router that is master here; the others of its sync group go with it.</param>
    /// <param name="target">Node that gets it.</param>
    /// <param name="time">How long connections may go on here.</param>
    /// <param name="reason">What keeps it from coming back by itself.</param>
    /// <param name="done">Hears the empty text, or why it did not work.</param>
    public void Begin(VipView view, string target, TimeSpan time, HandoverReason reason, Action<string> done)
    {
        IReadOnlyList<VipView> members = membersOf(view);
        string[] names = [.. members.Select(static member => member.Plan.Config.Name)];
        if (names.Any(_moves.ContainsKey))
        {
            done("it is being handed over already");
            return;
        }

        var move = new Move(names, target, time, reason, done);
        foreach (VipView member in members)
        {
            _moves[member.Plan.Config.Name] = move;
            Call(target, HandoverStep.Prepare, member, time, member.Plan.Config.Name);
        }
    }

    /// <summary>A peer that has a lower priority is asked for what it has.</summary>
    public void Ask(VipView view, string owner) => Call(owner, HandoverStep.Ask, view, TimeSpan.Zero, "");

    public void OnAnswered(string name, HandoverStep step, string problem)
    {
        if (!_moves.TryGetValue(name, out Move? move))
        {
            return;
        }

        if (problem.Length > 0)
        {
            Undo(move, problem);
        }
        else if (step != HandoverStep.Prepare)
        {
            move.IsTaken = true;
            context.StartTimer(TimerKey(move), new VipMessage.HandoverLate(name), Patience);
            Follow(move);
        }
        else if (move.Prepared.Add(name) && move.Prepared.Count == move.Names.Count)
        {
            Go(move);
        }
    }

    /// <summary>The router's state may have changed.</summary>
    public void OnState(VipView view)
    {
        if (_moves.TryGetValue(view.Plan.Config.Name, out Move? move))
        {
            Follow(move);
        }
    }

    public void OnLate(string name)
    {
        if (_moves.TryGetValue(name, out Move? move))
        {
            Undo(move, "the other node did not take it");
        }
    }

    /// <summary>A peer asks something of this node.</summary>
    /// <param name="view">The router it is about, as it is here; null = none of ours.</param>
    /// <param name="canGive">Whether this node may hand it over.</param>
    public void OnCall(string node, HandoverCall call, VipView? view, bool canGive, ReplyTo<byte[]> reply)
    {
        string? problem = view is null ? "this node has no such virtual address"
            : call.Step == HandoverStep.Ask && (view.State != VrrpState.Master || !canGive) ? "it is not mine to give"
            : call.Step != HandoverStep.Ask && view.State != VrrpState.Backup ? $"it is {VipWords.Of(view.State)} here"
            : null;
        if (view is null || problem is not null)
        {
            reply.Reply(Encoding.UTF8.GetBytes(problem ?? ""));
            return;
        }

        switch (call.Step)
        {
            case HandoverStep.Ask:
                Begin(view, node, TimeSpan.FromHours(1), HandoverReason.Asked, static _ => { });
                reply.Reply([]);
                break;
            case HandoverStep.Prepare:
                _forwards[view.Plan.Config.Name] = node;
                string script = SecondChance.Begin(view.Plan.Settings, call.Claim.Source, Math.Max(1, call.Seconds));
                context.PipeToSelf(
                    CommandRunner.RunAsync(Nft, Patience, services.Time, script),
                    result => new VipMessage.Prepared(
                        result.TryGetValue(out string? failure) ? failure : result.Error!.Message, reply));
                break;
            default:
                // What an operator placed here stays, whoever else would come first.
                int weight = call.Step == HandoverStep.Keep ? Highest : 0;
                send(guard => guard.Weight(view.Plan.Id, VrrpTrack.Operator, weight));
                send(guard => guard.TakeOver(view.Plan.Id));
                reply.Reply([]);
                break;
        }
    }

    /// <summary>The node that connections were sent on to has died; its clients shall learn it.</summary>
    public void OnDeath(string node)
    {
        foreach ((string name, string _) in _forwards.Where(each => each.Value == node).ToArray())
        {
            _forwards.Remove(name);
            if (viewOf(name) is { } view)
            {
                Run(SecondChance.End(view.Plan.Settings));
            }
        }
    }

    /// <summary>Removes the rules of these routers, an earlier run's too.</summary>
    public void Clean(IEnumerable<PlannedVip> vips)
    {
        string script = string.Join('\n', vips.Select(static vip => SecondChance.End(vip.Settings)));
        if (script.Length > 0)
        {
            Run(script);
        }

        _forwards.Clear();
    }

    private static string TimerKey(Move move) => $"handover {move.Names[0]}";

    private void Run(string script) => context.PipeToSelf(
        CommandRunner.RunAsync(Nft, Patience, services.Time, script),
        static result => new VipMessage.RulesRemoved(
            result.TryGetValue(out string? failure) ? failure : result.Error!.Message));

    private void Call(string node, HandoverStep step, VipView view, TimeSpan time, string move)
    {
        var claim = new VipClaim(
            view.Plan.Settings.Rules.Family, view.Plan.Settings.Rules.RouterId,
            view.Plan.Settings.Rules.Addresses[0], view.State, view.Priority, view.Master);
        byte[] record = new HandoverCall(step, claim, (int)Math.Ceiling(time.TotalSeconds)).Write();
        context.PipeToSelf(
            Peers.RequestAsync(node, Channel, record, Patience),
            result => new VipMessage.Answered(move, step, ProblemOf(result)));
    }

    private static string ProblemOf(Result<PeerReply> result) => result.TryGetValue(out PeerReply reply)
        ? reply.Problem ?? Encoding.UTF8.GetString(reply.Content ?? [])
        : result.Error!.Message;

    /// <summary>All are prepared: the whole group changes sides in one step, so that one word is enough.</summary>
    private void Go(Move move)
    {
        foreach (VipView view in ViewsOf(move))
        {
            if (_forwards.Remove(view.Plan.Config.Name, out string? other) && other == move.Target)
            {
                // Two that send each other what neither knows would never stop.
                Run(SecondChance.End(view.Plan.Settings));
            }

            send(guard => guard.Linger(view.Plan.Id, move.Time));
            send(guard => guard.Weight(view.Plan.Id, VrrpTrack.Operator, Lowest));
        }

        HandoverStep step = move.Reason == HandoverReason.Ordered ? HandoverStep.Keep : HandoverStep.Go;
        if (viewOf(move.Names[0]) is { } first)
        {
            Call(move.Target, step, first, move.Time, move.Names[0]);
        }
        else
        {
            Undo(move, "it is no longer configured");
        }
    }

    private void Follow(Move move)
    {
        if (!move.IsTaken || ViewsOf(move).Any(static view => view.State == VrrpState.Master))
        {
            return;
        }

        if (move.Reason == HandoverReason.Asked)
        {
            SendAll(move, static (guard, id) => guard.Weight(id, VrrpTrack.Operator, 0));
        }

        End(move, "");
    }

    private void Undo(Move move, string problem)
    {
        SendAll(move, static (guard, id) => guard.Weight(id, VrrpTrack.Operator, 0));
        SendAll(move, static (guard, id) => guard.Linger(id, TimeSpan.Zero));
        End(move, problem);
    }

    private void End(Move move, string problem)
    {
        context.CancelTimer(TimerKey(move));
        foreach (string name in move.Names)
        {
            _moves.Remove(name);
        }

        move.Done(problem);
    }

    private void SendAll(Move move, Action<VipGuardClient, ushort> order)
    {
        foreach (VipView view in ViewsOf(move))
        {
            send(guard => order(guard, view.Plan.Id));
        }
    }

    private IEnumerable<VipView> ViewsOf(Move move) => move.Names.Select(viewOf).OfType<VipView>();

    private sealed class Move(
        IReadOnlyList<string> names, string target, TimeSpan time, HandoverReason reason, Action<string> done)
    {
        /// <summary>All members of the sync group, or the only one.</summary>
        public IReadOnlyList<string> Names => names;

        public string Target => target;

        public TimeSpan Time => time;

        public HandoverReason Reason => reason;

        public Action<string> Done => done;

        /// <summary>Those for which the target has its rules in force.</summary>
        public HashSet<string> Prepared { get; } = new(StringComparer.Ordinal);

        /// <summary>The target said that it takes it.</summary>
        public bool IsTaken { get; set; }
    }
}
