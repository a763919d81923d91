using Proxy.Edge.Snapshot;

namespace Proxy.Edge.Telemetry;

/// <summary>One configured access log: a format, a file, and a channel for each loop. Made by
/// <see cref="AccessLogWriter"/>.</summary>
public sealed class AccessLog
{
    private readonly AccessLogChannel[] _channels;

    internal AccessLog(AccessLogPlan plan, AccessLogFile file, AccessLogChannel[] channels)
    {
        Plan = plan;
        File = file;
        _channels = channels;
    }

    public AccessLogPlan Plan { get; }

    internal AccessLogFile File { get; }

    /// <summary>Listeners that use it; guarded by the writer's lock. At 0 it goes once its channels are
    /// empty.</summary>
    internal int Users { get; set; }

    internal ReadOnlySpan<AccessLogChannel> Channels => _channels;

    /// <summary>The channel of one loop; only that loop may append.</summary>
    public AccessLogChannel Channel(int loop) => _channels[loop];
}
