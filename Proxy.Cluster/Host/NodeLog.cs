using Microsoft.Extensions.Logging;

namespace Proxy.Cluster.Host;

/// <summary>What the node writes to its log (standard error). One line each; event ids in one place.</summary>
internal static partial class NodeLog
{
    [LoggerMessage(1, LogLevel.Information, "proxy {Version} starts as {Node} with {Loops} loops, process {Process}")]
    public static partial void Starting(ILogger logger, string version, string node, int loops, int process);

    [LoggerMessage(2, LogLevel.Information, "listener {Listener} on {Address}")]
    public static partial void Listening(ILogger logger, string listener, string address);

    [LoggerMessage(3, LogLevel.Information, "management on {Address}")]
    public static partial void ManagementListening(ILogger logger, string address);

    [LoggerMessage(4, LogLevel.Information, "revision {Revision} is live; {Summary}")]
    public static partial void RevisionLive(ILogger logger, long revision, string summary);

    [LoggerMessage(5, LogLevel.Error, "reload refused, the running configuration stays: {Problem}")]
    public static partial void ReloadRefused(ILogger logger, string problem);

    [LoggerMessage(6, LogLevel.Warning, "{Problem}")]
    public static partial void ConfigWarning(ILogger logger, string problem);

    [LoggerMessage(60, LogLevel.Information, "listener {Listener}: new connections get the new certificates")]
    public static partial void CertificatesExchanged(ILogger logger, string listener);

    [LoggerMessage(67, LogLevel.Warning, "certificate {Certificate}: {Problem}")]
    public static partial void StaplingFailed(ILogger logger, string certificate, string problem);

    [LoggerMessage(7, LogLevel.Information, "configuration: {Change}")]
    public static partial void ConfigChange(ILogger logger, string change);

    [LoggerMessage(8, LogLevel.Error, "listener {Listener}: {Problem}")]
    public static partial void ListenerFailed(ILogger logger, string listener, string problem);

    [LoggerMessage(9, LogLevel.Information, "{Reason}: draining for at most {Limit}")]
    public static partial void Draining(ILogger logger, string reason, TimeSpan limit);

    [LoggerMessage(15, LogLevel.Information, "{What}")]
    public static partial void DepartureNote(ILogger logger, string what);

    [LoggerMessage(11, LogLevel.Warning, "leaving: {What}: {Problem}")]
    public static partial void DepartureTrouble(ILogger logger, string what, string problem);

    [LoggerMessage(12, LogLevel.Information, "handover: {What}")]
    public static partial void Handover(ILogger logger, string what);

    [LoggerMessage(13, LogLevel.Error, "cannot take over from the running process: {Problem}")]
    public static partial void TakeoverRefused(ILogger logger, string problem);

    [LoggerMessage(14, LogLevel.Warning, "revisions: {What}")]
    public static partial void RevisionNote(ILogger logger, string what);

    [LoggerMessage(10, LogLevel.Information, "stopped")]
    public static partial void Stopped(ILogger logger);

    [LoggerMessage(20, LogLevel.Information, "member {Member} is {State} with weight {Weight}: {Reason}")]
    public static partial void GrantChanged(ILogger logger, string member, string state, int weight, string reason);

    [LoggerMessage(21, LogLevel.Information, "pool {Pool} sends new requests to {Candidates} ({Reasons})")]
    public static partial void CandidatesChanged(ILogger logger, string pool, string candidates, string reasons);

    [LoggerMessage(23, LogLevel.Warning, "pool {Pool} has nobody to send new requests to ({Reasons})")]
    public static partial void NoCandidates(ILogger logger, string pool, string reasons);

    [LoggerMessage(22, LogLevel.Warning, "the check of member {Member} did not work: {Problem}")]
    public static partial void CheckBroken(ILogger logger, string member, string problem);

    [LoggerMessage(30, LogLevel.Error, "loop {Loop} closed a connection after a failure of its own")]
    public static partial void LoopFailure(ILogger logger, int loop, Exception error);

    [LoggerMessage(31, LogLevel.Warning, "loop {Loop} cannot accept connections for now: {Reason}")]
    public static partial void AcceptFailed(ILogger logger, int loop, string reason);

    [LoggerMessage(40, LogLevel.Error, "actor {Path} failed; {Directive}")]
    public static partial void ActorFailed(ILogger logger, string path, string directive, Exception error);

    [LoggerMessage(70, LogLevel.Information, "cluster: {What}")]
    public static partial void ClusterNote(ILogger logger, string what);

    [LoggerMessage(71, LogLevel.Information, "cluster: this node is {Standing}")]
    public static partial void ClusterStanding(ILogger logger, string standing);

    [LoggerMessage(72, LogLevel.Warning, "cluster: {Problem}")]
    public static partial void ClusterProblem(ILogger logger, string problem);

    [LoggerMessage(50, LogLevel.Error, "access log: {Problem}")]
    public static partial void AccessLogTrouble(ILogger logger, string problem);
}
