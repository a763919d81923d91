using Microsoft.Extensions.Logging;

namespace Proxy.Cluster.Acme;

/// <summary>What ordering certificates writes to the node's log.</summary>
internal static partial class AcmeLog
{
    [LoggerMessage(70, LogLevel.Information, "acme: certificate for {Names} issued, valid until {Until}")]
    public static partial void Issued(ILogger logger, string names, DateTimeOffset until);

    [LoggerMessage(71, LogLevel.Warning, "acme: no certificate for {Names}: {Problem}; tried again at {Retry}")]
    public static partial void NotIssued(ILogger logger, string names, string problem, DateTimeOffset retry);

    [LoggerMessage(72, LogLevel.Error, "acme: {Problem}")]
    public static partial void StoreTrouble(ILogger logger, string problem);

    [LoggerMessage(74, LogLevel.Information, "acme: {File} was replaced; orders trust the new authorities")]
    public static partial void AuthoritiesReplaced(ILogger logger, string file);

    [LoggerMessage(75, LogLevel.Information, "acme: a certificate for {Names} came from another node, until {Until}")]
    public static partial void TakenOver(ILogger logger, string names, DateTimeOffset until);

    [LoggerMessage(73, LogLevel.Error, "acme: ordering for {Names} failed")]
    public static partial void Broken(ILogger logger, string names, Exception error);
}
