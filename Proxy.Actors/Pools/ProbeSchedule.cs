using Proxy.Actors.Config;

namespace Proxy.Actors.Pools;

/// <summary>How often a member is checked just now.</summary>
public enum ProbePace
{
    Steady,

    /// <summary>Between up and down, or in error.</summary>
    Transitional,

    Down,
}

/// <summary>When the next check of one member starts. Pure; randomness is an argument. Intervals run from the end of one check to
/// the start of the next, and there are never two checks of a member at once.</summary>
public sealed class ProbeSchedule
{
    private ActiveHealthConfig _config;
    private bool _paused;

    /// <param name="spread">0 to 1, at random: where in its first interval the member is checked, so that members of a node that
    /// just started are not all checked at once.</param>
    public ProbeSchedule(ActiveHealthConfig config, ProbePace pace, double spread, TimeSpan now)
    {
        _config = config;
        DueAt = now + (IntervalOf(pace == ProbePace.Steady ? ProbePace.Steady : ProbePace.Transitional) * spread);
    }

    public bool InFlight { get; private set; }

    /// <summary>When the next check starts; null while one is under way or the schedule is paused.</summary>
    public TimeSpan? Due => InFlight || _paused ? null : DueAt;

    private TimeSpan DueAt { get; set; }

    /// <summary>True when a check has to start now; it counts as started then.</summary>
    public bool TryStart(TimeSpan now)
    {
        if (Due is not { } due || now < due)
        {
            return false;
        }

        InFlight = true;
        return true;
    }

    /// <summary>The check under way has ended.</summary>
    /// <param name="random">0 to 1.</param>
    public void Finished(TimeSpan now, ProbePace pace, double random)
    {
        InFlight = false;
        double jitter = _config.Jitter / 100.0 * ((2 * random) - 1);
        DueAt = now + (IntervalOf(pace) * (1 + jitter));
    }

    /// <summary>Something happened that a check should judge: not later than one fast interval from now.</summary>
    public void Hurry(TimeSpan now)
    {
        TimeSpan soon = now + IntervalOf(ProbePace.Transitional);
        DueAt = soon < DueAt ? soon : DueAt;
    }

    public void Pause() => _paused = true;

    /// <summary>Goes on, with a check not later than one fast interval from now.</summary>
    public void Resume(TimeSpan now)
    {
        if (_paused)
        {
            _paused = false;
            DueAt = now + IntervalOf(ProbePace.Transitional);
        }
    }

    public void Configure(ActiveHealthConfig config, ProbePace pace, TimeSpan now)
    {
        _config = config;
        TimeSpan latest = now + IntervalOf(pace);
        DueAt = latest < DueAt ? latest : DueAt;
    }

    private TimeSpan IntervalOf(ProbePace pace) => pace switch
    {
        ProbePace.Transitional when _config.FastInterval > TimeSpan.Zero => _config.FastInterval,
        ProbePace.Down when _config.DownInterval > TimeSpan.Zero => _config.DownInterval,
        _ => _config.Interval,
    };
}
