using System.Collections.Immutable;
using Proxy.Cluster.Engine;

namespace Proxy.Cluster.Membership;

/// <summary>One node's membership: brings its record into the engine and keeps it there, leads when it is the first,
/// and tells what it sees. Pure. It compares what is with what should be after every input, so that a lost answer, a
/// lost watch or another node's move leads to another look and not to a wrong step.</summary>
internal sealed class MembershipMachine
{
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan AfterFault = TimeSpan.FromMilliseconds(500);

    private readonly MembershipSettings _settings;
    private readonly ClusterKeys _keys;
    private readonly Func<long> _nextIncarnation;
    private readonly ClusterState _state;
    private readonly MemberOrders _orders = new();
    private NodePulse? _pulse;
    private Session _session;
    private NodeLoad _load;
    private ImmutableArray<string> _silent = [];
    private string _clusterId;
    private int _holds;
    private bool _wasMember;
    private bool _wantsOut;
    private bool _replaced;
    private string _refusal = "";
    private string _denied = "";
    private bool _busy;
    private Revision _seenBefore; // Nothing is done before the feed has come that far.
    private TimeSpan _notBefore;

    public MembershipMachine(MembershipSettings settings, NodeIdentity self, Func<long> nextIncarnation)
    {
        _settings = settings;
        _keys = new ClusterKeys(settings.Cluster);
        _nextIncarnation = nextIncarnation;
        _state = new ClusterState(_keys, self.Name);
        _clusterId = settings.ClusterId;
        View = new MembershipView { Cluster = settings.Cluster, Self = self, ClusterId = settings.ClusterId };
    }

    public MembershipView View { get; private set; }

    private NodeIdentity Self => View.Self;

    public MembershipEffects Handle(MembershipInput input, NodeTime now)
    {
        MembershipView before = View;
        var effects = new MembershipEffects();
        switch (input)
        {
            case MembershipInput.Feed feed:
                _state.Apply(feed.Signal, now);
                break;
            case MembershipInput.SessionChanged changed:
                _session = changed.Session;
                break;
            case MembershipInput.Committed committed:
                OnCommitted(committed.Result, now.Elapsed, effects);
                break;
            case MembershipInput.Order order:
                OnOrder(order, effects);
                break;
            case MembershipInput.PeersSilent peers:
                _silent = [.. peers.Nodes.Order(StringComparer.Ordinal)];
                break;
            case MembershipInput.LoadChanged load:
                _load = load.Load;
                break;
            case MembershipInput.SingletonsHeld held:
                _holds = held.Count;
                break;
            case MembershipInput.Timer:
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(input), input, "unknown input");
        }

        Proceed(now, effects);
        Show(before, effects);
        return effects;
    }

    private void Proceed(NodeTime now, MembershipEffects effects)
    {
        NoteOwnRecord();
        if (_state.Silence is { } silence)
        {
            _orders.RefuseAll($"the cluster's engine is silent ({silence}); nothing was changed", effects.Answers);
            return;
        }

        if (_busy || _state.Revision < _seenBefore)
        {
            return;
        }

        if (now.Elapsed < _notBefore)
        {
            effects.Wake = _notBefore;
            return;
        }

        TimeSpan? wake = null;
        effects.Commit = Found() ?? Own(now, effects, ref wake);
        if (_refusal.Length > 0)
        {
            _orders.RefuseAll(_refusal, effects.Answers);
        }

        effects.Commit ??= _orders.Next(_state, _keys, effects.Answers) ?? Lead(now.Elapsed, ref wake);
        effects.Wake = wake;
        _busy = effects.Commit is not null;
    }

    private void NoteOwnRecord()
    {
        if (_state.RecordOf(Self.Name) is { } record && record.Value.Node.Incarnation == Self.Incarnation)
        {
            _wasMember = true;
            _wantsOut |= record.Value.Status is MemberStatus.Leaving or MemberStatus.Exiting;
        }
    }

    /// <summary>The cluster's id: written by the first node, adopted by every later one that does not know
    /// better.</summary>
    private EngineTransaction? Found()
    {
        if (_state.Cluster is { } cluster)
        {
            _clusterId = _clusterId.Length > 0 ? _clusterId : cluster.Value.Id;
            return null;
        }

        // Who was a member of a cluster and finds an empty engine brings the id back: the engine was lost, not changed.
        var record = new ClusterRecord(
            _clusterId.Length > 0 ? _clusterId : _nextIncarnation().ToString("x16", null), IsClosing: false);
        return new EngineTransaction(
            [EngineCompare.Absent(_keys.Identity)], [new EngineWrite.Put(_keys.Identity, record.Write())]);
    }

    private EngineTransaction? Own(NodeTime now, MembershipEffects effects, ref TimeSpan? wake)
    {
        _refusal = "";
        if (_state.Cluster is { } cluster && cluster.Value.Id != _clusterId)
        {
            _refusal = cluster.Value.IsForeignTo(_clusterId, _settings.Cluster);
            return null;
        }

        if (_replaced || !_session.Exists)
        {
            return null;
        }

        NodePulse pulse = Pulse(now, ref wake);
        var own = new OwnRecord(Self, _session.Lease, _wasMember, _wantsOut, _holds);
        switch (own.Next(_state, _keys, pulse))
        {
            case OwnStep.Commit commit:
                return commit.Transaction;
            case OwnStep.Refused refused:
                _refusal = refused.Reason;
                return null;
            case OwnStep.Replaced:
                _replaced = true;
                effects.Session = false;
                return null;
            case OwnStep.Ended when _wantsOut:
                effects.Session = false;
                return null;
            case OwnStep.Ended:
                View = View with { Self = Self with { Incarnation = _nextIncarnation() } };
                _wasMember = false;
                return (new OwnRecord(Self, _session.Lease, false, false, _holds)
                    .Next(_state, _keys, Pulse(now, ref wake)) as OwnStep.Commit)?.Transaction;
            default:
                return null;
        }
    }

    /// <summary>A pulse is written again when it is due or says something else; until then it is the one that was
    /// written, so that comparing shows no difference.</summary>
    private NodePulse Pulse(NodeTime now, ref TimeSpan? wake)
    {
        TimeSpan age = _pulse is null ? _settings.PulseEvery : now.Wall - _pulse.Wall;
        if (age >= _settings.PulseEvery || age < TimeSpan.Zero || _pulse!.Incarnation != Self.Incarnation
            || !_pulse.Silent.SequenceEqual(_silent))
        {
            // The engine keeps milliseconds.
            var wall = DateTimeOffset.FromUnixTimeMilliseconds(now.Wall.ToUnixTimeMilliseconds());
            _pulse = new NodePulse(Self.Incarnation, wall, _load, _silent);
            age = TimeSpan.Zero;
        }

        wake = now.Elapsed + (_settings.PulseEvery - age);
        return _pulse;
    }

    private EngineTransaction? Lead(TimeSpan now, ref TimeSpan? wake)
    {
        ImmutableArray<Member> members = ViewBuilder.Members(_state, _settings.Cluster);
        Member? leader = (View with { Members = members }).Leader;
        return leader is not null && leader.Node.Name == Self.Name && leader.Node.Incarnation == Self.Incarnation
            ? LeaderDuties.Next(_state, _keys, _settings, now, ref wake)
            : null;
    }

    private void OnCommitted(EngineResult<CommitOutcome> result, TimeSpan now, MembershipEffects effects)
    {
        _busy = false;
        _denied = "";
        if (!result.IsOk)
        {
            _notBefore = now + AfterFault;
            _denied = result.Fault.Kind == EngineFaultKind.Denied ? $"the engine refuses: {result.Fault.Reason}" : "";
        }
        else if (result.Value.Succeeded)
        {
            _seenBefore = result.Value.Revision;
        }
        else
        {
            // Somebody else was faster; the feed brings what they wrote.
            _notBefore = now + Again;
        }

        _orders.Committed(result, effects.Answers);
    }

    private void OnOrder(MembershipInput.Order order, MembershipEffects effects)
    {
        if (order.What.Kind != MemberOrderKind.Join)
        {
            _orders.Add(order.Ticket, order.What);
            return;
        }

        bool isOut = _replaced || (_wantsOut && _state.RecordOf(Self.Name) is null);
        effects.Answers.Add(new OrderResult(order.Ticket, OrderOutcome.Done, $"Joining {order.What.Node}"));
        if (isOut)
        {
            (_replaced, _wantsOut, _wasMember) = (false, false, false);
            View = View with { Self = Self with { Incarnation = _nextIncarnation() } };
            effects.Session = true;
        }
    }

    private void Show(MembershipView before, MembershipEffects effects)
    {
        MembershipView view = View with
        {
            ClusterId = _clusterId,
            IsClosing = _state.Cluster is { Value.IsClosing: true },
            Standing = Standing(),
            Problems = [.. Problems()],
            Members = ViewBuilder.Members(_state, _settings.Cluster),
            Revision = _state.Revision ?? default,
        };
        effects.Events = MemberEvent.Between(before, view);
        bool same = effects.Events.Count == 0 && view.Revision == before.Revision && view.Self == before.Self
            && view.ClusterId == before.ClusterId;
        if (!same)
        {
            View = effects.View = view;
        }
    }

    private ClusterStanding Standing()
    {
        bool listed = _state.RecordOf(Self.Name) is { } record
            && record.Value.Node.Incarnation == Self.Incarnation;
        return _state.Revision is null ? ClusterStanding.Connecting
            : _replaced ? ClusterStanding.Replaced
            : _refusal.Length > 0 ? ClusterStanding.Refused
            : listed ? (_state.Silence is null ? ClusterStanding.Member : ClusterStanding.Stale)
            : _wantsOut ? ClusterStanding.Left
            : ClusterStanding.Joining;
    }

    private IEnumerable<string> Problems()
    {
        if (_state.Silence is { } silence and not ClusterState.NotAsked)
        {
            yield return $"the cluster's engine is silent: {silence}; serving with what is known";
        }

        foreach (string problem in new[] { _refusal, _denied })
        {
            if (problem.Length > 0)
            {
                yield return problem;
            }
        }

        if (_replaced)
        {
            yield return $"another process runs as {Self.Name} from the same place; this one serves on without it";
        }

        foreach (string problem in ViewBuilder.ClockProblems(_state, _settings.ClockTolerance))
        {
            yield return problem;
        }
    }
}
