using Proxy.Actors.Config;
using Proxy.Actors.Ports;
using Proxy.Actors.Runtime;
using Proxy.Edge.Topology;

namespace Proxy.Actors.Pools;

/// <summary>Owns one member: the only writer of its grant. Runs its checks and name lookups, and reports every change
/// to the pool. What it decides is in <see cref="BackendMachine"/>.</summary>
#pragma warning disable CA1001 // PostStop disposes: it is the end of every incarnation.
internal sealed class BackendActor : Actor<BackendMessage>
#pragma warning restore CA1001
{
    // A name server's hiccup should not cost a whole interval.
    private static readonly TimeSpan LookupRetry = TimeSpan.FromSeconds(5);

    private static readonly BackendMessage.MachineTimer MachineTick = new();
    private static readonly BackendMessage.CheckTimer CheckTick = new();
    private static readonly BackendMessage.LookupTimer LookupTick = new();
    private static readonly BackendMessage.JudgeTimer JudgeTick = new();

    private readonly BackendMemory _memory;
    private readonly PoolServices _services;
    private readonly IRef<PoolMessage> _pool;
    private readonly BackendMachine _machine;
    private readonly CancellationTokenSource _life = new();
    private ProbeSchedule? _schedule;
    private ObservationLine? _line;
    private bool _settled;

    public BackendActor(
        IActorContext<BackendMessage> context, BackendMemory memory, PoolServices services, IRef<PoolMessage> pool)
        : base(context)
    {
        _memory = memory;
        _services = services;
        _pool = pool;
        _machine = new BackendMachine(memory.Settings, memory.Member.Grant, Now);
    }

    private TimeSpan Now => Context.Time.Now();

    private MemberUrl Url => _machine.Settings.Member.Url;

    private bool IsStopped => (_machine.Settings.Flags & MemberFlags.Stopped) != 0;

    protected internal override void PreStart()
    {
        _line = _services.Observations.Attach(_memory.Member, Context.Self);
        _settled = !Url.IsName || _machine.Grant.Addresses.Count > 0;
        Perform(_machine.Start(Now));
        Report();
        Reschedule();
        if (Url.IsName)
        {
            Lookup();
        }
    }

    protected internal override void Receive(BackendMessage message)
    {
        switch (message)
        {
            case BackendMessage.Apply apply:
                Handle(apply.Input);
                Reschedule();
                break;
            case BackendMessage.Observed seen:
                seen.Line.Leave();
                Handle(new BackendInput.Observed(seen.Outcome, seen.Status));
                break;
            case BackendMessage.MachineTimer:
                Handle(new BackendInput.Timer());
                break;
            case BackendMessage.CheckTimer:
                StartCheck();
                break;
            case BackendMessage.CheckEnded ended:
                OnCheckEnded(ended.Result);
                break;
            case BackendMessage.Judge judge:
                Handle(new BackendInput.Judged(judge.Judgement.Up, judge.Judgement.Reason));
                Context.StartTimer(nameof(JudgeTick), JudgeTick, judge.Judgement.FreshFor);
                break;
            case BackendMessage.JudgeTimer:
                Handle(new BackendInput.Unjudged());
                break;
            case BackendMessage.Probe probe:
                ProbeFor(probe.Reply);
                break;
            case BackendMessage.ProbeEnded ended:
                OnProbeEnded(ended);
                break;
            case BackendMessage.LookupTimer:
                Lookup();
                break;
            case BackendMessage.LookupEnded ended:
                OnLookupEnded(ended.Result);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(message), message, "unknown message");
        }
    }

    protected internal override void PostStop()
    {
        if (_line is { } line)
        {
            _services.Observations.Detach(_memory.Member, line);
        }

        _life.Cancel();
        _life.Dispose();
    }

    private void Handle(BackendInput input)
    {
        MemberCondition condition = _machine.Condition;
        MemberRole role = _machine.Settings.Role;
        bool followed = _machine.FollowsJudge;
        BackendEffects effects = _machine.Handle(input, Now);
        Perform(effects);
        if (effects.Grant is not null || condition != _machine.Condition || role != _machine.Settings.Role)
        {
            Report();
        }

        if (followed != _machine.FollowsJudge)
        {
            Reschedule();
        }
    }

    private void Perform(in BackendEffects effects)
    {
        if (effects.Grant is { } grant)
        {
            Grant before = _memory.Member.Grant;
            _memory.Member.Grant = grant;
            _services.Events.GrantChanged(_memory.Member.Id, before, grant);
        }

        if (effects.Wake is { } wake)
        {
            Context.StartTimer(nameof(MachineTick), MachineTick, Until(wake));
        }
        else
        {
            Context.CancelTimer(nameof(MachineTick));
        }

        if (effects.CheckSoon && _schedule is not null)
        {
            _schedule.Hurry(Now);
            ArmCheck();
        }
    }

    private void Report() =>
        _pool.Tell(new PoolMessage.Reported(new BackendReport(
            _memory.Member, _machine.Grant, _machine.Condition, _machine.Settings.Role, _settled)));

    /// <summary>Brings the schedule in line with the settings.</summary>
    private void Reschedule()
    {
        if (_machine.Settings.Health.Active is not { } active)
        {
            // Kept, for a check may be under way and checks may be configured again before it ends.
            _schedule?.Pause();
            ArmCheck();
            return;
        }

        if (_schedule is null)
        {
            _schedule = new ProbeSchedule(active, _machine.Pace, Context.Random.NextDouble(), Now);
        }
        else
        {
            _schedule.Configure(active, _machine.Pace, Now);
        }

        if (IsStopped || _machine.FollowsJudge)
        {
            _schedule.Pause();
        }
        else
        {
            _schedule.Resume(Now);
        }

        ArmCheck();
    }

    private void ArmCheck()
    {
        if (_schedule?.Due is { } due)
        {
            Context.StartTimer(nameof(CheckTick), CheckTick, Until(due));
        }
        else
        {
            Context.CancelTimer(nameof(CheckTick));
        }
    }

    private void StartCheck()
    {
        if (_machine.Settings.Health.Active is not { } active || _schedule is null)
        {
            return;
        }

        if (_machine.Grant.Addresses.Count == 0)
        {
            // Nowhere to go before the name resolves; the schedule goes on.
            _schedule.Finished(Now, ProbePace.Transitional, Context.Random.NextDouble());
        }
        else if (_schedule.TryStart(Now))
        {
            Context.PipeToSelf(
                _services.Prober.ProbeAsync(Request(active), _life.Token),
                static result => new BackendMessage.CheckEnded(result));
        }

        ArmCheck();
    }

    private ProbeRequest Request(ActiveHealthConfig active)
    {
        IReadOnlyList<SocketTarget> targets = _machine.Grant.Addresses;
        if (active.Port != 0)
        {
            targets = [.. targets.Select(target => target.Ip is { } ip ? SocketTarget.Inet(ip, active.Port) : target)];
        }

        return new ProbeRequest(
            targets,
            active.Method,
            Url.BasePath + active.Path,
            active.Host.Length > 0 ? active.Host : Url.HostHeader,
            active.Headers,
            active.Timeout,
            active.Expect,
            Url.IsTls ? new ProbeTls(_memory.Member.Id.Pool, Url.Host) : null,
            _machine.Settings.Protocol);
    }

    private void OnCheckEnded(Result<ProbeResult> result)
    {
        if (result.TryGetValue(out ProbeResult probe))
        {
            _services.Events.Checked(_memory.Member.Id, probe);
            Handle(new BackendInput.Checked(probe));
        }
        else
        {
            _services.Events.Inconclusive(_memory.Member.Id, result.Error!);
        }

        _schedule?.Finished(Now, _machine.Pace, Context.Random.NextDouble());
        ArmCheck();
    }

    private void ProbeFor(ReplyTo<ProbeResult> reply)
    {
        if (_machine.Settings.Health.Active is not { } active || _machine.Grant.Addresses.Count == 0)
        {
            reply.Fail(new InvalidOperationException("nothing to check it by"));
            return;
        }

        Context.PipeToSelf(
            _services.Prober.ProbeAsync(Request(active), _life.Token),
            result => new BackendMessage.ProbeEnded(reply, result));
    }

    private void OnProbeEnded(BackendMessage.ProbeEnded ended)
    {
        if (ended.Result.TryGetValue(out ProbeResult probe))
        {
            _services.Events.Checked(_memory.Member.Id, probe);
            ended.Reply.Reply(probe);
        }
        else
        {
            ended.Reply.Fail(ended.Result.Error!); // not null: it is one or the other
        }
    }

    private void Lookup() =>
        Context.PipeToSelf(
            _services.Resolver.ResolveAsync(Url.Host, _life.Token),
            static result => new BackendMessage.LookupEnded(result));

    private void OnLookupEnded(Result<NameAnswer> result)
    {
        TimeSpan interval = _machine.Settings.Resolve.Interval;
        bool wasSettled = _settled;
        _settled = true;
        if (!result.TryGetValue(out NameAnswer? answer))
        {
            _services.Events.Inconclusive(_memory.Member.Id, result.Error!);
            answer = NameAnswer.Failed(result.Error!.Message);
        }

        if (answer.Addresses.Count > 0)
        {
            Handle(new BackendInput.Resolved([.. answer.Addresses.Select(ip => SocketTarget.Inet(ip, Url.Port))]));
        }
        else
        {
            Handle(new BackendInput.ResolveFailed(answer.Problem ?? "no addresses"));
            interval = interval < LookupRetry ? interval : LookupRetry;
        }

        if (!wasSettled)
        {
            Report();
        }

        // A tenth of jitter, so that members do not ask in step.
        Context.StartTimer(nameof(LookupTick), LookupTick, interval * (0.9 + (0.2 * Context.Random.NextDouble())));
    }

    private TimeSpan Until(TimeSpan at)
    {
        TimeSpan wait = at - Now;
        return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
    }
}
