using System.Globalization;
using Proxy.Actors.Config;
using Proxy.Edge.Health;
using Proxy.Edge.Topology;

namespace Proxy.Actors.Pools;

/// <summary>The E bit of a member: what failing requests say, and when they are forgiven. Part of <see cref="BackendMachine"/>.</summary>
/// <remarks>
/// Without a health block one failed connection sets the bit for ten seconds (nginx's choice; Apache takes sixty). Ten, because
/// after each wait one request pays with a connection attempt that is repeated elsewhere anyway, and a restarted member
/// should not idle for a minute.
/// </remarks>
internal sealed class PassiveHealth
{
    private BackendSettings _settings;
    private FailureWindow _window;
    private TimeSpan _since;
    private TimeSpan? _probationUntil;

    public PassiveHealth(BackendSettings settings)
    {
        _settings = settings;
        _window = NewWindow(settings);
    }

    public bool InError { get; private set; }

    public string Reason { get; private set; } = "";

    public MemberCondition Condition => InError ? MemberCondition.Error : MemberCondition.None;

    /// <summary>When the error ends by itself.</summary>
    public TimeSpan? Wake => InError ? _since + Passive.Retry : null;

    private PassiveHealthConfig Passive => _settings.Health.Passive;

    private bool IsOff => Passive.Failures == 0 || !_settings.HasPeers
        || (_settings.Flags & MemberFlags.IgnoreErrors) != 0;

    public void Observe(BackendInput.Observed seen, TimeSpan now)
    {
        bool badStatus = seen.Outcome == Outcome.Success && Passive.Statuses?.Contains(seen.Status) == true;
        if (seen.Outcome == Outcome.Success && !badStatus)
        {
            // A late success of a request begun before the error does not end it.
            if (!InError)
            {
                _window.Succeed();
                _probationUntil = null;
            }

            return;
        }

        if (InError || IsOff)
        {
            return;
        }

        bool connecting = seen.Outcome is Outcome.ConnectFailed or Outcome.ConnectTimeout;
        bool relapse = now <= _probationUntil;
        bool full = _window.Fail(now);
        if (relapse || full || (connecting && _settings.IsUnwatched))
        {
            int count = relapse || !full ? 1 : _window.Limit;
            Enter(now, string.Create(CultureInfo.InvariantCulture, $"{count} failed in a row: {Describe(seen)}"));
        }
    }

    public void Enter(TimeSpan now, string reason)
    {
        if (IsOff)
        {
            return;
        }

        InError = true;
        _since = now;
        _probationUntil = null;
        Reason = reason;
    }

    /// <param name="onProbation">The next failure within the window closes the member again.</param>
    public void Leave(TimeSpan now, bool onProbation)
    {
        _probationUntil = onProbation && InError ? now + Passive.Window : null;
        InError = false;
        _window.Succeed();
    }

    /// <summary>A check passed. One that began before the failures proves nothing.</summary>
    public void Passed(TimeSpan startedAt, TimeSpan now)
    {
        if (InError && startedAt >= _since)
        {
            Leave(now, onProbation: true);
        }
    }

    public void Tick(TimeSpan now)
    {
        if (Wake is { } end && now >= end)
        {
            Leave(now, onProbation: true);
        }
    }

    public void Configure(BackendSettings settings, TimeSpan now)
    {
        bool sameWindow = settings.Health.Passive.Failures == Passive.Failures
            && settings.Health.Passive.Window == Passive.Window;
        _settings = settings;
        if (!sameWindow)
        {
            _window = NewWindow(settings);
        }

        if (IsOff)
        {
            // An error that may no longer be set must not stay either (Apache clears E of an I member at once).
            Leave(now, onProbation: false);
        }
    }

    private static FailureWindow NewWindow(BackendSettings settings) =>
        new(settings.Health.Passive.Failures, settings.Health.Passive.Window);

    private static string Describe(BackendInput.Observed seen) => seen.Outcome switch
    {
        Outcome.ConnectFailed => "connection failed",
        Outcome.ConnectTimeout => "connecting timed out",
        Outcome.ResponseTimeout => "no response in time",
        Outcome.Broken => "connection broke",
        Outcome.BadResponse => "malformed response",
        _ => string.Create(CultureInfo.InvariantCulture, $"status {seen.Status}"),
    };
}
