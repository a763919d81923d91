using Microsoft.Extensions.Logging;

namespace Proxy.Cluster.Vrrp.Node;

/// <summary>What virtual routers write to the node's log.</summary>
internal static partial class VipLog
{
    [LoggerMessage(80, LogLevel.Information, "vip {Name} ({Addresses}) is {State} with priority {Priority}: {Cause}")]
    public static partial void Changed(
        ILogger logger, string name, string addresses, string state, int priority, string cause);

    [LoggerMessage(81, LogLevel.Warning, "vip {Name}: {Problem}")]
    public static partial void Warning(ILogger logger, string name, string problem);

    [LoggerMessage(82, LogLevel.Error, "vip-guard: {Problem}; the addresses are not held until it works")]
    public static partial void GuardTrouble(ILogger logger, string problem);

    [LoggerMessage(83, LogLevel.Information, "vip-guard: connected, process {Process}, real-time {IsRealTime}")]
    public static partial void GuardConnected(ILogger logger, int process, bool isRealTime);
}
