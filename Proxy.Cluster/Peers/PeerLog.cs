using Microsoft.Extensions.Logging;

namespace Proxy.Cluster.Peers;

/// <summary>What the connections between nodes write to the node's log.</summary>
internal static partial class PeerLog
{
    [LoggerMessage(200, LogLevel.Information, "peers: listening on {Address}")]
    public static partial void Listening(ILogger logger, string address);

    [LoggerMessage(201, LogLevel.Information, "peers: {Node} connected ({Address})")]
    public static partial void Up(ILogger logger, string node, string address);

    [LoggerMessage(202, LogLevel.Warning, "peers: {Node} lost: {Why}")]
    public static partial void Down(ILogger logger, string node, string why);

    [LoggerMessage(203, LogLevel.Error, "peers: {Problem}")]
    public static partial void Trouble(ILogger logger, string problem);

    [LoggerMessage(204, LogLevel.Error, "peers: a handler of channel {Channel} failed")]
    public static partial void HandlerFailed(ILogger logger, string channel, Exception error);

    [LoggerMessage(205, LogLevel.Warning, "peers: no TLS with {Address}: {Why}")]
    public static partial void TlsFailed(ILogger logger, string address, string why);
}
