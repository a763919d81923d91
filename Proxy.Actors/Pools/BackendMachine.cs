using System.Globalization;
using Proxy.Actors.Config;
using Proxy.Actors.Ports;
using Proxy.Edge.Health;
using Proxy.Edge.Topology;

namespace Proxy.Actors.Pools;

/// <summary>Decides whether and how much traffic a member gets: folds checks, failed requests, the operator's word,
/// addresses and the slow-start ramp into a grant. Pure: <c>now</c> is the caller's monotonic clock.</summary>
/// <remarks>
/// Two independent bits as in Apache: C belongs to the health checks, E to failing requests; both must be clear. E ends
/// when <c>retry</c> is over, when a check passes that began after the failure, or by forced recovery; the next failure
/// within the window after that closes the member at once. A ramp follows every return of a member that had served
/// before.
/// </remarks>
public sealed class BackendMachine
{
    private readonly PassiveHealth _passive;
    private BackendSettings _settings;
    private CheckBand _checks;
    private int _failedInARow;
    private string _checkReason;
    private IReadOnlyList<SocketTarget> _addresses;
    private string _resolveProblem = "not resolved yet";
    private SlowStart? _ramp;
    private bool _hasServed;
    private bool _judged;

    /// <param name="last">The member's grant so far; <see cref="Grant.None"/> for a new one. A machine that replaces a
    /// crashed one goes on from it.</param>
    public BackendMachine(BackendSettings settings, Grant last, TimeSpan now)
    {
        _settings = settings;
        Grant = last;
        _passive = new PassiveHealth(settings);
        _addresses = last.Addresses;
        UseFixedAddress();
        _hasServed = last.Epoch > 0;
        _checkReason = last.Epoch > 0 ? last.Reason : "not checked yet";
        _checks = FirstBand(settings, last);
        if (last.State == GrantState.Open && last.Weight < settings.Weight && settings.SlowStart > TimeSpan.Zero)
        {
            // The predecessor was on a ramp: go on where it was.
            double done = (double)last.Weight / settings.Weight;
            _ramp = new SlowStart(now - (settings.SlowStart * done), settings.SlowStart);
        }

        if (last.Epoch > 0 && last.State == GrantState.Closed && _checks.IsUp && Blocked == MemberCondition.None)
        {
            _passive.Enter(now, last.Reason);
        }
    }

    /// <summary>The grant as it should be published.</summary>
    public Grant Grant { get; private set; }

    public BackendSettings Settings => _settings;

    public CheckBand Checks => _checks;

    /// <summary>Everything that holds now.</summary>
    public MemberCondition Condition => Blocked | _passive.Condition;

    /// <summary>The next check decides, or the member is out: what the probe schedule asks for.</summary>
    public ProbePace Pace =>
        !_checks.IsUp && !_checks.IsTransitional ? ProbePace.Down
        : _checks.IsTransitional || _passive.InError ? ProbePace.Transitional
        : ProbePace.Steady;

    /// <summary>Somebody else checks; this node need not, unless it saw failures of its own.</summary>
    public bool FollowsJudge => _judged && HasChecks && !_passive.InError;

    private bool HasChecks => _settings.Health.Active is not null;

    private MemberCondition Blocked
    {
        get
        {
            MemberFlags flags = _settings.Flags;
            return ((flags & MemberFlags.Disabled) != 0 ? MemberCondition.Disabled : 0)
                | ((flags & MemberFlags.Stopped) != 0 ? MemberCondition.Stopped : 0)
                | ((flags & MemberFlags.Drain) != 0 || _settings.Weight == 0 ? MemberCondition.Draining : 0)
                | (_addresses.Count == 0 ? MemberCondition.Unresolved : 0)
                | (HasChecks && !_checks.IsUp ? MemberCondition.CheckFailed : 0);
        }
    }

    /// <summary>The effects before any input: a new member's first grant.</summary>
    public BackendEffects Start(TimeSpan now) => Decide(now, ramp: false, checkSoon: false);

    public BackendEffects Handle(BackendInput input, TimeSpan now)
    {
        bool wasInError = _passive.InError;
        bool ramp = true;
        switch (input)
        {
            case BackendInput.Checked check:
                OnChecked(check.Result, now);
                break;
            case BackendInput.Judged judged:
                OnJudged(judged);
                break;
            case BackendInput.Unjudged:
                _judged = false;
                break;
            case BackendInput.Observed seen:
                _passive.Observe(seen, now);
                break;
            case BackendInput.Resolved resolved:
                OnResolved(resolved.Addresses);
                break;
            case BackendInput.ResolveFailed failed:
                // The last good addresses stay; a name server's trouble is not the member's.
                _resolveProblem = failed.Problem;
                break;
            case BackendInput.Configured configured:
                OnConfigured(configured, now);
                break;
            case BackendInput.Recover:
                ramp = false;
                _passive.Leave(now, onProbation: true);
                break;
            case BackendInput.Timer:
                _passive.Tick(now);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(input), input, "unknown input");
        }

        return Decide(now, ramp, checkSoon: HasChecks && !wasInError && _passive.InError);
    }

    private static CheckBand FirstBand(BackendSettings settings, Grant last)
    {
        ActiveHealthConfig active = settings.Health.Active ?? new ActiveHealthConfig();
        if (last.Epoch > 0)
        {
            // A closed grant that nobody ordered came from checks or failed requests: with checks, they shall decide.
            bool down = last.State == GrantState.Closed && settings.Health.Active is not null
                && (settings.Flags & (MemberFlags.Disabled | MemberFlags.Stopped)) == 0;
            return down ? CheckBand.FullyDown(active.Rise, active.Fall) : CheckBand.FullyUp(active.Rise, active.Fall);
        }

        return settings.InitialState == InitialState.Up
            ? CheckBand.StartUp(active.Rise, active.Fall)
            : CheckBand.StartDown(active.Rise, active.Fall);
    }

    private void OnChecked(ProbeResult result, TimeSpan now)
    {
        if (!HasChecks || (_settings.Flags & MemberFlags.Stopped) != 0)
        {
            return;
        }

        if (_judged)
        {
            CheckOwnError(result, now);
            return;
        }

        if (!result.Passed)
        {
            bool wasUp = _checks.IsUp;
            _checks.Fail();
            _failedInARow++;
            if (wasUp && !_checks.IsUp)
            {
                _checkReason = _failedInARow < _checks.Failures
                    ? $"first health check failed: {result.Reason}"
                    : string.Create(
                        CultureInfo.InvariantCulture,
                        $"health check failed {_failedInARow}/{_checks.Failures}: {result.Reason}");
            }

            return;
        }

        _failedInARow = 0;
        _checks.Succeed();
        if (_checks.IsUp)
        {
            _passive.Passed(now - result.Duration, now);
        }
    }

    /// <summary>While the cluster judges: perhaps only this node cannot reach the member, and it goes around it as long
    /// as that is so.</summary>
    private void CheckOwnError(ProbeResult result, TimeSpan now)
    {
        if (result.Passed)
        {
            _passive.Passed(now - result.Duration, now);
        }
        else if (_passive.InError)
        {
            _passive.Enter(now, $"not reached from this node: {result.Reason}");
        }
    }

    private void OnJudged(BackendInput.Judged judged)
    {
        if (_settings.Health.Active is not { } active)
        {
            return;
        }

        _judged = true;
        _checks = judged.Up
            ? CheckBand.FullyUp(active.Rise, active.Fall)
            : CheckBand.FullyDown(active.Rise, active.Fall);
        if (!judged.Up)
        {
            _checkReason = judged.Reason;
        }
    }

    private void OnResolved(IReadOnlyList<SocketTarget> addresses)
    {
        // Name servers rotate their answers: the same set in another order is no change.
        bool same = addresses.Count == _addresses.Count && addresses.All(_addresses.Contains);
        if (addresses.Count > 0 && !same)
        {
            _addresses = addresses;
        }
    }

    /// <summary>The list is replaced only when it differs: a grant compares it by reference.</summary>
    private void UseFixedAddress()
    {
        if (_settings.Member.Url.Target is { } target && !(_addresses.Count == 1 && _addresses[0] == target))
        {
            _addresses = [target];
        }
    }

    private void OnConfigured(BackendInput.Configured configured, TimeSpan now)
    {
        BackendSettings before = _settings;
        _settings = configured.Settings;
        UseFixedAddress();
        if (_settings.Health.Active is { } active)
        {
            bool stoppedBefore = (before.Flags & MemberFlags.Stopped) != 0;
            bool stoppedNow = (_settings.Flags & MemberFlags.Stopped) != 0;
            bool stale = before.Health.Active is null || (stoppedBefore && !stoppedNow);
            _checks.Resize(active.Rise, active.Fall);
            if (stale)
            {
                // What was known is old: the state stays, but the next result decides.
                _checks = _checks.IsUp || before.Health.Active is null
                    ? CheckBand.StartUp(active.Rise, active.Fall)
                    : CheckBand.StartDown(active.Rise, active.Fall);
            }
        }

        _passive.Configure(_settings, now);
        if (configured.ClearError)
        {
            _passive.Leave(now, onProbation: false);
        }
    }

    private BackendEffects Decide(TimeSpan now, bool ramp, bool checkSoon)
    {
        MemberCondition condition = Condition;
        GrantState state = StateOf(condition);
        bool returns = Grant.State == GrantState.Closed && state == GrantState.Open && _hasServed && ramp;
        if (returns && _settings.SlowStart > TimeSpan.Zero)
        {
            _ramp = new SlowStart(now, _settings.SlowStart);
        }

        bool over = _ramp is { } running && running.IsOver(now);
        if (state == GrantState.Closed || over || _settings.SlowStart == TimeSpan.Zero)
        {
            _ramp = null;
        }

        _hasServed |= state == GrantState.Open;
        int weight = _ramp?.WeightAt(now, _settings.Weight) ?? _settings.Weight;
        var next = new Grant(
            Grant.Epoch + 1, state, state == GrantState.Closed ? 0 : weight, _addresses, Reason(condition, now));
        bool changed = Grant.Epoch == 0 || next with { Epoch = Grant.Epoch } != Grant;
        if (changed)
        {
            Grant = next;
        }

        TimeSpan? step = _ramp?.NextStep(now);
        TimeSpan? wake = _passive.Wake is { } retry && (step is null || retry < step) ? retry : step;
        return new BackendEffects(changed ? next : null, wake, checkSoon);
    }

    private static GrantState StateOf(MemberCondition condition) => condition switch
    {
        MemberCondition.None => GrantState.Open,
        MemberCondition.Draining => GrantState.StickyOnly,
        _ => GrantState.Closed,
    };

    private string Reason(MemberCondition condition, TimeSpan now)
    {
        string by = _settings.Override.Flags is null ? "configuration" : "operator";
        if (condition == MemberCondition.None)
        {
            return _ramp is { } ramp
                ? string.Create(CultureInfo.InvariantCulture, $"up, slow start {ramp.Percent(now)} %")
                : "up";
        }

        return condition.HasFlag(MemberCondition.Stopped) ? $"stopped by {by}"
            : condition.HasFlag(MemberCondition.Disabled) ? $"disabled by {by}"
            : condition.HasFlag(MemberCondition.Unresolved) ? $"name {_settings.Member.Url.Host}: {_resolveProblem}"
            : condition.HasFlag(MemberCondition.CheckFailed) ? _checkReason
            : condition.HasFlag(MemberCondition.Error) ? _passive.Reason
            : _settings.Weight == 0 ? "weight 0: sticky requests only"
            : $"drain by {by}";
    }
}
