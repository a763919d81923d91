using System.Globalization;
using Proxy.Actors.Runtime;
using Proxy.Edge.Topology;

namespace Proxy.Actors.Pools;

/// <summary>Owns one pool: the only writer of its candidate list and the parent of its members' actors. Keeps members
/// over configurations by their <see cref="MemberState"/>, carries operators' orders to them and queues exchanges for
/// slots. What it decides is in <see cref="PoolMachine"/>.</summary>
internal sealed class PoolActor : Actor<PoolMessage>
{
    // How long a new configuration waits for names to be looked up; after that it starts without those members.
    private static readonly TimeSpan ReadyWait = TimeSpan.FromSeconds(3);

    private static readonly PoolMessage.ReadyTimer ReadyTick = new();
    private static readonly PoolMessage.QueueTimer QueueTick = new();

    private readonly PoolMemory _memory;
    private readonly PoolServices _services;
    private readonly Dictionary<MemberState, Backend> _backends = [];
    private PoolMachine? _machine;
    private SlotQueue? _queue;
    private TimeSpan? _queueWake;
    private ReplyTo<PoolReady>? _ready;
    private long _spawned;

    public PoolActor(IActorContext<PoolMessage> context, PoolMemory memory, PoolServices services)
        : base(context)
    {
        _memory = memory;
        _services = services;
    }

    private TimeSpan Now => Context.Time.Now();

    /// <summary>Members tell their state here and must never be refused; what loops send is bounded by the exchanges
    /// that wait.</summary>
    public static Props<PoolMessage> Props(PoolMemory memory, PoolServices services) =>
        new(context => new PoolActor(context, memory, services))
        {
            Mailbox = new MailboxOptions(MailboxOptions.Unlimited),
        };

    protected internal override void PreStart()
    {
        if (_memory.Settings is { } settings)
        {
            TakeOver(settings);
        }
    }

    protected internal override void Receive(PoolMessage message)
    {
        switch (message)
        {
            case PoolMessage.Configure configure:
                OnConfigure(configure);
                break;
            case PoolMessage.Settled:
                Perform(_machine?.Handle(new PoolInput.Settled()));
                break;
            case PoolMessage.Reported reported:
                OnReported(reported.Report);
                break;
            case PoolMessage.Order order:
                order.Reply.Reply(new OrderAnswer(Carry(order)));
                break;
            case PoolMessage.AcquireSlot ask:
                OnAcquire(ask);
                break;
            case PoolMessage.Judge judge:
                Find(judge.Member)?.Tell(new BackendMessage.Judge(judge.Judgement));
                break;
            case PoolMessage.Probe probe:
                OnProbe(probe);
                break;
            case PoolMessage.SlotReleased released:
                Offer(released.Member);
                break;
            case PoolMessage.ReadyTimer:
                AnswerReady();
                break;
            case PoolMessage.QueueTimer:
                _queue?.Expire(Now);
                _queueWake = null;
                ArmQueue(_queue?.Wake);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(message), message, "unknown message");
        }
    }

    protected internal override void PostStop()
    {
        _queue?.Clear();
        _ready?.Fail(new InvalidOperationException("the pool's actor stopped"));
    }

    private void OnConfigure(PoolMessage.Configure configure)
    {
        AnswerReady();
        _ready = configure.Reply;
        TakeOver(configure.Settings);
        Context.StartTimer(nameof(ReadyTick), ReadyTick, ReadyWait);
        AnswerReadyWhenSettled();
    }

    private void TakeOver(PoolSettings settings)
    {
        _memory.Settings = settings;
        _machine ??= new PoolMachine(settings.State.Candidates);
        _queue ??= new SlotQueue(settings.State.Waiters);
        var places = new PoolPlace[settings.Members.Count];
        for (int i = 0; i < places.Length; i++)
        {
            MemberState member = settings.Members[i];
            BackendSettings own = settings.SettingsOf(i, _memory.OverrideOf(member.Id));
            places[i] = new PoolPlace(member, own.Member.Set, own.Role);
            Apply(member, own, clearError: false);
        }

        Perform(_machine.Handle(new PoolInput.Configured(places)));
    }

    private void Apply(MemberState member, BackendSettings settings, bool clearError)
    {
        if (!_backends.TryGetValue(member, out Backend backend))
        {
            var memory = new BackendMemory(member, settings);
            _backends[member] = new Backend(Spawn(memory), memory);
        }
        else if (clearError || backend.Memory.Settings != settings)
        {
            backend.Memory.Settings = settings;
            backend.Actor.Tell(new BackendMessage.Apply(new BackendInput.Configured(settings, clearError)));
        }
    }

    private IRef<BackendMessage> Spawn(BackendMemory memory)
    {
        // A member of the same name may still be stopping, hence the number.
        string name = string.Create(
            CultureInfo.InvariantCulture, $"{memory.Member.Id.Name.Replace('/', '_')}-{++_spawned}");
        IRef<PoolMessage> self = Context.Self;
        PoolServices services = _services;
        return Context.Spawn(
            new Props<BackendMessage>(context => new BackendActor(context, memory, services, self))
            {
                // Observations are bounded by their inbox; everything else is rare and must arrive.
                Mailbox = new MailboxOptions(MailboxOptions.Unlimited),
            },
            name);
    }

    private void OnReported(BackendReport report)
    {
        if (_machine is null || !_backends.ContainsKey(report.Member))
        {
            return;
        }

        Perform(_machine.Handle(new PoolInput.Reported(report)));
        if (report.Grant.State == GrantState.Closed)
        {
            _queue?.MemberClosed(report.Member);
        }
        else
        {
            Offer(report.Member);
        }

        AnswerReadyWhenSettled();
    }

    private void Perform(PoolEffects? effects)
    {
        if (effects is not { } some)
        {
            return;
        }

        if (some.Candidates is { } candidates && _memory.Settings is { } settings)
        {
            settings.State.Candidates = candidates;
            _services.Events.CandidatesChanged(settings.Name, candidates, _machine!.Reasons);
        }

        foreach (MemberState member in some.Recover)
        {
            if (_backends.TryGetValue(member, out Backend backend))
            {
                backend.Actor.Tell(new BackendMessage.Apply(new BackendInput.Recover()));
            }
        }

        foreach (MemberState member in some.Gone)
        {
            if (_backends.Remove(member, out Backend backend))
            {
                _queue?.MemberClosed(member);
                Context.Stop(backend.Actor);
            }
        }
    }

    /// <summary>What is wrong with the order, or null.</summary>
    private string? Carry(PoolMessage.Order order)
    {
        if (_memory.Settings is not { } settings)
        {
            return "the pool has no configuration yet";
        }

        for (int i = 0; i < settings.Members.Count; i++)
        {
            MemberState member = settings.Members[i];
            if (member.Id.Name == order.Member)
            {
                MemberOverride changed = order.Command.ApplyTo(
                    _memory.OverrideOf(member.Id), BackendSettings.FlagsOf(settings.Config.Members[i]));
                _memory.Override(member.Id, changed);
                Apply(member, settings.SettingsOf(i, changed), order.Command.ClearError);
                return null;
            }
        }

        string known = string.Join(", ", settings.Members.Select(static member => member.Id.Name));
        return $"pool {settings.Name} has no member {order.Member}; it has: {known}";
    }

    private void OnProbe(PoolMessage.Probe probe)
    {
        if (Find(probe.Member)?.Tell(new BackendMessage.Probe(probe.Reply)) is not TellResult.Accepted)
        {
            probe.Reply.Fail(new InvalidOperationException($"no member {probe.Member}"));
        }
    }

    private IRef<BackendMessage>? Find(string name)
    {
        foreach ((MemberState member, Backend backend) in _backends)
        {
            if (member.Id.Name == name)
            {
                return backend.Actor;
            }
        }

        return null;
    }

    private void OnAcquire(PoolMessage.AcquireSlot ask)
    {
        if (_queue is null || _machine is null)
        {
            ask.Reply.Reply(new SlotAnswer(null, SlotRefusal.MemberClosed));
            return;
        }

        MemberState[] usable = ask.Only is not { } only ? _machine.Candidates.Members
            : _backends.ContainsKey(only) && only.Grant.State != GrantState.Closed ? [only]
            : [];
        if (usable.Length == 0)
        {
            ask.Reply.Reply(new SlotAnswer(null, SlotRefusal.MemberClosed));
            return;
        }

        if (_queue.Enter(ask, usable.Select(member => (member, LimitOf(member))), Now))
        {
            ArmQueue(Now + ask.Wait);
        }
    }

    private void Offer(MemberState member)
    {
        if (_queue is { Count: > 0 } queue && _backends.ContainsKey(member)
            && member.Grant.State != GrantState.Closed)
        {
            bool forAny = Array.IndexOf(_machine!.Candidates.Members, member) >= 0;
            queue.Offer(member, LimitOf(member), forAny, Now);
        }
    }

    private int LimitOf(MemberState member) =>
        _backends.TryGetValue(member, out Backend backend) ? backend.Memory.Settings.Member.EffectiveMaxConnections : 0;

    private void ArmQueue(TimeSpan? at)
    {
        if (at is { } wake && (_queueWake is null || wake < _queueWake))
        {
            _queueWake = wake;
            TimeSpan wait = wake - Now;
            Context.StartTimer(nameof(QueueTick), QueueTick, wait > TimeSpan.Zero ? wait : TimeSpan.Zero);
        }
    }

    private void AnswerReadyWhenSettled()
    {
        if (_ready is not null && Unsettled().Count == 0)
        {
            AnswerReady();
        }
    }

    private void AnswerReady()
    {
        if (_ready is { } reply)
        {
            _ready = null;
            Context.CancelTimer(nameof(ReadyTick));
            reply.Reply(new PoolReady(Unsettled()));
        }
    }

    private List<string> Unsettled() =>
    [
        .. _machine!.Places
            .Where(place => _machine.ReportOf(place.Member) is not { Settled: true })
            .Select(static place => place.Member.Id.Name),
    ];

    private readonly record struct Backend(IRef<BackendMessage> Actor, BackendMemory Memory);
}
