using System.Collections.Immutable;

namespace Proxy.Cluster.Health;

/// <summary>What the supervisor of a pool does after an input: asks, then publishes.</summary>
/// <param name="Verdicts">Null = nothing to say now.</param>
internal readonly record struct SupervisorEffects(
    IReadOnlyList<ProbeAsk> Asks, HealthMessage.Verdicts? Verdicts, TimeSpan? Wake);

/// <summary>Watches over the members of one pool for the whole cluster. Pure; randomness is an argument. With fewer
/// than two nodes it does nothing: a node alone checks for itself.</summary>
internal sealed class SupervisorMachine(HealthPlan plan, long token, Func<double> random)
{
    private readonly SortedDictionary<string, MemberWatch> _watches = new(StringComparer.Ordinal);
    private HealthPlan _plan = plan;
    private string[] _nodes = [];
    private ImmutableArray<MemberVerdict> _told = [];
    private TimeSpan _tellAt;
    private long _number;

    public SupervisorEffects Configure(HealthPlan plan, TimeSpan now)
    {
        _plan = plan;
        Reconcile(now);
        foreach (MemberWatch watch in _watches.Values)
        {
            watch.Configure(plan.Active, now);
        }

        return Proceed([], now);
    }

    /// <param name="nodes">Names of the nodes that are up.</param>
    public SupervisorEffects Observe(IReadOnlyList<string> nodes, TimeSpan now)
    {
        _nodes = [.. nodes];
        Reconcile(now);
        foreach (MemberWatch watch in _watches.Values)
        {
            watch.Observe(_nodes);
        }

        return Proceed([], now);
    }

    public SupervisorEffects Report(string node, HealthMessage.Report report, TimeSpan now) =>
        report.Token == token && _watches.TryGetValue(report.Member, out MemberWatch? watch)
            ? Proceed(watch.Report(node, report.Round, report.Passed, report.Reason, now, random()), now)
            : Proceed([], now);

    public SupervisorEffects Tick(TimeSpan now) => Proceed([], now);

    private SupervisorEffects Proceed(IEnumerable<ProbeAsk> first, TimeSpan now)
    {
        if (_nodes.Length < 2)
        {
            return new SupervisorEffects([], null, null);
        }

        List<ProbeAsk> asks = [.. first];
        TimeSpan wake = TimeSpan.MaxValue;
        foreach (MemberWatch watch in _watches.Values)
        {
            asks.AddRange(watch.Tick(now, random()));
            wake = watch.Due < wake ? watch.Due : wake;
        }

        HealthMessage.Verdicts? verdicts = Tell(now);
        wake = _tellAt < wake ? _tellAt : wake;
        return new SupervisorEffects(asks, verdicts, wake);
    }

    private void Reconcile(TimeSpan now)
    {
        foreach (string gone in _watches.Keys.Except(_plan.Members).ToImmutableArray())
        {
            _watches.Remove(gone);
        }

        foreach (string member in _plan.Members.Where(member => !_watches.ContainsKey(member)))
        {
            var watch = new MemberWatch(member, _plan.Active, random(), now);
            watch.Observe(_nodes);
            _watches.Add(member, watch);
        }
    }

    /// <summary>At once when somebody goes up or down or is seen differently, and often enough to stay fresh.</summary>
    private HealthMessage.Verdicts? Tell(TimeSpan now)
    {
        ImmutableArray<MemberVerdict> verdicts =
            [.. _watches.Values.Select(watch => watch.VerdictAt(now)).OfType<MemberVerdict>()];
        if (verdicts.IsEmpty || (now < _tellAt && !IsNews(verdicts)))
        {
            _tellAt = _tellAt <= now ? now + _plan.Active.Interval : _tellAt;
            return null;
        }

        (_told, _tellAt) = (verdicts, now + _plan.Active.Interval);
        TimeSpan fresh = (_plan.Active.Interval * 2) + _plan.Active.Timeout;
        return new HealthMessage.Verdicts(_plan.Pool, token, ++_number, fresh, verdicts);
    }

    private bool IsNews(ImmutableArray<MemberVerdict> verdicts) =>
        verdicts.Length != _told.Length || verdicts.Zip(_told).Any(static pair =>
            pair.First.Member != pair.Second.Member || pair.First.Up != pair.Second.Up
            || !Failing(pair.First).SequenceEqual(Failing(pair.Second)));

    private static IEnumerable<string> Failing(MemberVerdict verdict) =>
        verdict.Evidence.Where(static one => !one.Passed).Select(static one => one.Node);
}
