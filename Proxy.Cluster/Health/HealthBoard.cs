using System.Collections.Concurrent;

namespace Proxy.Cluster.Health;

/// <summary>The latest verdicts that this node accepted, and when. Any thread may read.</summary>
internal sealed class HealthBoard
{
    private readonly ConcurrentDictionary<string, HeardVerdicts> _heard = new(StringComparer.Ordinal);

    public IReadOnlyList<HeardVerdicts> All =>
        [.. _heard.Values.OrderBy(static one => one.Verdicts.Pool, StringComparer.Ordinal)];

    internal void Show(HealthMessage.Verdicts verdicts, DateTimeOffset at) =>
        _heard[verdicts.Pool] = new HeardVerdicts(verdicts, at);
}

/// <param name="At">By this node's clock.</param>
internal sealed record HeardVerdicts(HealthMessage.Verdicts Verdicts, DateTimeOffset At);
