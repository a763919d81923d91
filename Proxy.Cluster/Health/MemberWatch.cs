using System.Collections.Immutable;
using System.Globalization;
using Proxy.Actors.Config;
using Proxy.Actors.Pools;
using Proxy.Cluster.Singletons;
using Proxy.Edge.Health;

namespace Proxy.Cluster.Health;

/// <summary>A check that an observer is to make.</summary>
internal readonly record struct ProbeAsk(string Node, string Member, long Round);

/// <summary>One member under supervision. Rounds follow its schedule; in each, one observer checks, another one each
/// time. Only when that fails do the others look too, and most of those who answer decide the round. So in quiet times
/// a member is checked once per interval, however many nodes there are, and in trouble as often as it has
/// observers.</summary>
internal sealed class MemberWatch
{
    /// <summary>Enough to tell one node's broken cable from a broken member.</summary>
    public const int Observers = 3;

    // For the way there and back beside the check's own time-out.
    private static readonly TimeSpan Travel = TimeSpan.FromMilliseconds(500);

    private readonly string _member;
    private readonly ProbeSchedule _schedule;
    private readonly Dictionary<string, Opinion> _opinions = new(StringComparer.Ordinal);
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);
    private readonly HashSet<string> _answered = new(StringComparer.Ordinal);
    private ActiveHealthConfig _config;
    private CheckBand _band;
    private string[] _observers = [];
    private TimeSpan _knownUntil = TimeSpan.MinValue;
    private string _reason = "not checked yet";
    private long _round;
    private TimeSpan _deadline;

    public MemberWatch(string member, ActiveHealthConfig config, double spread, TimeSpan now)
    {
        (_member, _config) = (member, config);
        _schedule = new ProbeSchedule(config, ProbePace.Steady, spread, now);
        _band = CheckBand.StartUp(config.Rise, config.Fall);
    }

    /// <summary>When something is due.</summary>
    public TimeSpan Due => _schedule.InFlight ? _deadline : _schedule.Due ?? TimeSpan.MaxValue;

    /// <summary>Null before the first round that said something, and when none has for long: then nodes have to look
    /// themselves.</summary>
    public MemberVerdict? VerdictAt(TimeSpan now) => now > _knownUntil ? null : new MemberVerdict(
        _member,
        _band.IsUp,
        _reason,
        [.. _opinions.Values.OrderBy(static one => one.Node, StringComparer.Ordinal)]);

    public void Configure(ActiveHealthConfig config, TimeSpan now)
    {
        _config = config;
        _band.Resize(config.Rise, config.Fall);
        _schedule.Configure(config, Pace, now);
    }

    /// <param name="nodes">All that can check.</param>
    public void Observe(IReadOnlyList<string> nodes)
    {
        _observers = [.. Rendezvous.Order(_member, nodes).Take(Observers)];
        foreach (string gone in _opinions.Keys.Except(_observers).ToImmutableArray())
        {
            _opinions.Remove(gone);
        }
    }

    /// <summary>The time has come: a round begins or ends.</summary>
    /// <param name="random">0 to 1.</param>
    public IEnumerable<ProbeAsk> Tick(TimeSpan now, double random)
    {
        if (_schedule.InFlight && now >= _deadline)
        {
            return Escalate(now, random);
        }

        if (_observers.Length == 0 || !_schedule.TryStart(now))
        {
            return [];
        }

        _round++;
        _asked.Clear();
        _answered.Clear();
        return Ask([_observers[_round % _observers.Length]], now);
    }

    public IEnumerable<ProbeAsk> Report(
        string node, long round, bool passed, string reason, TimeSpan now, double random)
    {
        if (round != _round || !_schedule.InFlight || !_asked.Contains(node) || !_answered.Add(node))
        {
            return [];
        }

        _opinions[node] = new Opinion(node, passed, reason);
        if (passed && _answered.Count == 1)
        {
            End(now, random);
            return [];
        }

        return _answered.Count == _asked.Count ? Escalate(now, random) : [];
    }

    private ProbePace Pace =>
        _band.IsUp ? (_band.IsTransitional ? ProbePace.Transitional : ProbePace.Steady)
        : _band.IsTransitional ? ProbePace.Transitional
        : ProbePace.Down;

    /// <summary>The first one failed or said nothing: the others look too. When they have, the round is over.</summary>
    private IEnumerable<ProbeAsk> Escalate(TimeSpan now, double random)
    {
        string[] others = [.. _observers.Where(node => !_asked.Contains(node))];
        if (others.Length > 0)
        {
            return Ask(others, now);
        }

        End(now, random);
        return [];
    }

    private IEnumerable<ProbeAsk> Ask(string[] nodes, TimeSpan now)
    {
        _deadline = now + _config.Timeout + Travel;
        _asked.UnionWith(nodes);
        return nodes.Select(node => new ProbeAsk(node, _member, _round));
    }

    private void End(TimeSpan now, double random)
    {
        Opinion[] looked = [.. _answered.Select(node => _opinions[node])];
        Opinion[] failed = [.. looked.Where(static one => !one.Passed)];
        if (looked.Length > 0)
        {
            // Half against half is no reason to eject anybody.
            Count(failed.Length * 2 > looked.Length, failed, looked.Length);
            TimeSpan longest = _config.DownInterval > _config.Interval ? _config.DownInterval : _config.Interval;
            _knownUntil = now + (3 * (longest + _config.Timeout + Travel));
        }

        // Who did not answer has no opinion any more.
        foreach (string silent in _asked.Except(_answered))
        {
            _opinions.Remove(silent);
        }

        _schedule.Finished(now, Pace, random);
    }

    private void Count(bool fails, Opinion[] failed, int looked)
    {
        bool wasUp = _band.IsUp;
        if (!fails)
        {
            _band.Succeed();
            _reason = _band.IsUp ? "up" : _reason;
        }
        else
        {
            _band.Fail();
            if (wasUp && !_band.IsUp)
            {
                _reason = string.Create(
                    CultureInfo.InvariantCulture,
                    $"health check failed, say {failed.Length} of {looked} nodes: {failed[0].Reason}");
            }
        }
    }
}
