using Proxy.Cluster.Exporting;
using Proxy.Cluster.Membership;
using Proxy.Edge.Telemetry;

namespace Proxy.Cluster.Host;

/// <summary>Tells the cluster now and then how busy this node is.</summary>
internal sealed class LoadMeter : IDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    private readonly EdgeTelemetry _telemetry;
    private readonly TimeProvider _time;
    private readonly Action<NodeLoad> _tell;
    private readonly ITimer _timer;
    private long _at;
    private long _requests;
    private TimeSpan _processor;

    public LoadMeter(EdgeTelemetry telemetry, TimeProvider time, Action<NodeLoad> tell)
    {
        (_telemetry, _time, _tell) = (telemetry, time, tell);
        (_at, _requests, _processor) = (time.GetTimestamp(), Requests(), Environment.CpuUsage.TotalTime);
        _timer = time.CreateTimer(_ => Look(), null, Every, Every);
    }

    public void Dispose() => _timer.Dispose();

    private long Requests() => _telemetry.Sum(static loop => Volatile.Read(ref loop.Counters.Requests));

    private void Look()
    {
        long now = _time.GetTimestamp();
        TimeSpan passed = _time.GetElapsedTime(_at, now);
        if (passed < TimeSpan.FromSeconds(1))
        {
            return; // Late timers come in pairs.
        }

        long requests = Requests();
        TimeSpan processor = Environment.CpuUsage.TotalTime;
        _tell(new NodeLoad(
            (int)_telemetry.Sum(static loop => Volatile.Read(ref loop.Counters.ConnectionsOpen)),
            (int)((requests - _requests) / passed.TotalSeconds),
            (int)(100 * (processor - _processor) / passed)));
        (_at, _requests, _processor) = (now, requests, processor);
    }
}
