using Proxy.Actors.Config;
using Proxy.Actors.Planning;
using Proxy.Actors.Pools;
using Proxy.Edge.Snapshot;

namespace Proxy.Actors.Publishing;

/// <summary>What can happen while a revision is published.</summary>
internal abstract record PublishInput
{
    private PublishInput()
    {
    }

    public sealed record Publish(PlannedRevision Revision) : PublishInput;

    /// <summary>A pool took its part of the revision over.</summary>
    public sealed record PoolReady(string Pool, IReadOnlyList<string> Unsettled) : PublishInput;

    public sealed record PoolFailed(string Pool, string Problem) : PublishInput;

    /// <summary>All loops run on the snapshot.</summary>
    public sealed record SnapshotTaken : PublishInput;

    public sealed record SnapshotFailed(string Problem) : PublishInput;
}

/// <summary>What the publisher does. The order is the point: pools have grants before the snapshot that names them goes live, so
/// the first exchange on it finds its members; removed pools and members go only after every loop has let go of the snapshot
/// that named them.</summary>
internal abstract record PublishEffect
{
    private PublishEffect()
    {
    }

    /// <summary>Start the pool when it is new, and hand it its settings.</summary>
    public sealed record ConfigurePool(PoolSettings Settings) : PublishEffect;

    public sealed record PublishSnapshot(EdgeSnapshot Snapshot) : PublishEffect;

    /// <summary>Tell the pool that members of former configurations may go.</summary>
    public sealed record SettlePool(string Pool) : PublishEffect;

    public sealed record StopPool(string Pool) : PublishEffect;

    public sealed record Answer(PublishAnswer Value) : PublishEffect;
}

/// <summary>Brings one revision after the other to pools and loops. Pure.</summary>
/// <param name="running">Pools that have an actor.</param>
internal sealed class PublishMachine(IEnumerable<string> running)
{
    private readonly HashSet<string> _running = [.. running];
    private readonly HashSet<string> _awaited = [];
    private readonly List<string> _warnings = [];
    private PlannedRevision? _revision;

    /// <summary>A revision is under way; another one has to wait.</summary>
    public bool IsBusy => _revision is not null;

    public IReadOnlyList<PublishEffect> Handle(PublishInput input) => input switch
    {
        PublishInput.Publish publish => Begin(publish.Revision),
        PublishInput.PoolReady ready => Answered(
            ready.Pool, ready.Unsettled.Select(member => $"pool {ready.Pool}: the name of member {member} is not known yet")),
        PublishInput.PoolFailed failed => Answered(failed.Pool, [$"pool {failed.Pool}: {failed.Problem}"]),
        PublishInput.SnapshotTaken => Finish(),
        PublishInput.SnapshotFailed failed => Abandon(failed.Problem),
        _ => throw new ArgumentOutOfRangeException(nameof(input), input, "unknown input"),
    };

    private List<PublishEffect> Begin(PlannedRevision revision)
    {
        if (_revision is not null)
        {
            throw new InvalidOperationException("a revision is under way");
        }

        _revision = revision;
        _warnings.Clear();
        List<PublishEffect> effects = [];
        foreach ((PoolConfig config, PoolPlan plan) in revision.Config.Pools.Zip(revision.Snapshot.Pools))
        {
            _running.Add(plan.Name);
            _awaited.Add(plan.Name);
            effects.Add(new PublishEffect.ConfigurePool(
                new PoolSettings(config, plan.State, [.. plan.Members.Select(static member => member.State)])));
        }

        if (_awaited.Count == 0)
        {
            effects.Add(new PublishEffect.PublishSnapshot(revision.Snapshot));
        }

        return effects;
    }

    /// <summary>A pool in trouble does not hold the others up: its candidate list stays what it was.</summary>
    private List<PublishEffect> Answered(string pool, IEnumerable<string> warnings)
    {
        if (_revision is null || !_awaited.Remove(pool))
        {
            return [];
        }

        _warnings.AddRange(warnings);
        return _awaited.Count == 0 ? [new PublishEffect.PublishSnapshot(_revision.Snapshot)] : [];
    }

    private List<PublishEffect> Finish()
    {
        if (_revision is not { } revision || _awaited.Count > 0)
        {
            return [];
        }

        HashSet<string> kept = [.. revision.Snapshot.Pools.Select(static pool => pool.Name)];
        List<PublishEffect> effects = [.. kept.Select(static pool => new PublishEffect.SettlePool(pool))];
        foreach (string pool in _running.Except(kept).Order(StringComparer.Ordinal).ToArray())
        {
            _running.Remove(pool);
            effects.Add(new PublishEffect.StopPool(pool));
        }

        effects.Add(End(null));
        return effects;
    }

    /// <summary>The loops stay on the former snapshot, so everything it names has to stay as well; the next revision that
    /// goes through cleans up.</summary>
    private List<PublishEffect> Abandon(string problem) => _revision is null ? [] : [End(problem)];

    private PublishEffect.Answer End(string? problem)
    {
        var answer = new PublishAnswer(_revision!.Snapshot.Revision, problem, [.. _warnings]);
        _revision = null;
        return new PublishEffect.Answer(answer);
    }
}
