using Proxy.Edge.Telemetry;
using Proxy.Edge.Topology;

namespace Proxy.Cluster.Exporting;

/// <summary>Sums of what the loops count each for itself. The loops count on meanwhile: each number is a recent one,
/// and two numbers read after another need not belong to the same moment.</summary>
internal static class TelemetrySums
{
    public static long Sum(this EdgeTelemetry telemetry, Func<LoopTelemetry, long> read)
    {
        long sum = 0;
        foreach (LoopTelemetry loop in telemetry.Loops)
        {
            sum += read(loop);
        }

        return sum;
    }

    public static long Sum(this MemberState member, Func<MemberCounters, long> read)
    {
        long sum = 0;
        for (int i = 0; i < member.LoopCount; i++)
        {
            sum += read(member.Counters(i));
        }

        return sum;
    }

    public static long SumListener(this EdgeTelemetry telemetry, string name, Func<ListenerCounters, long> read) =>
        telemetry.Sum(loop => loop.Listener(name) is { } counters ? read(counters) : 0);

    public static long SumRoute(this EdgeTelemetry telemetry, string name, Func<RouteCounters, long> read) =>
        telemetry.Sum(loop => loop.Route(name) is { } counters ? read(counters) : 0);

    public static long SumPool(this EdgeTelemetry telemetry, string name, Func<PoolCounters, long> read) =>
        telemetry.Sum(loop => loop.Pool(name) is { } counters ? read(counters) : 0);

    /// <summary>A private copy of a route's histogram, over all loops.</summary>
    public static LatencyHistogram RouteLatency(this EdgeTelemetry telemetry, string name) =>
        Merge(telemetry.Loops.Select(loop => loop.Route(name)?.Latency));

    /// <inheritdoc cref="RouteLatency"/>
    public static LatencyHistogram PoolFirstByte(this EdgeTelemetry telemetry, string name) =>
        Merge(telemetry.Loops.Select(loop => loop.Pool(name)?.FirstByte));

    private static LatencyHistogram Merge(IEnumerable<LatencyHistogram?> parts)
    {
        var sum = new LatencyHistogram();
        foreach (LatencyHistogram? part in parts)
        {
            if (part is not null)
            {
                sum.Merge(part);
            }
        }

        return sum;
    }
}
