using Microsoft.Extensions.Logging;
using Proxy.Actors.Config;
using Proxy.Cluster.Shutdown;
using Proxy.Edge.Node;

namespace Proxy.Cluster.Host;

/// <summary>The edge and the readiness, as leaving needs them.</summary>
internal sealed class DepartingNode(
    EdgeNode edge, NodeStatus status, Func<NodeConfig> config, ILogger logger) : IDepartingNode
{
    public TimeSpan Grace => config().DrainGrace;

    public TimeSpan Limit => config().DrainTimeout;

    public void TellReady(string? reason) => status.SetReady(reason);

    public Task SendClientsAwayAsync() => edge.SendClientsAwayAsync();

    public Task WelcomeClientsAsync() => edge.WelcomeClientsAsync();

    public Task StopAcceptingAsync() => edge.StopAcceptingAsync();

    public Task FinishRequestsAsync(TimeSpan limit) => edge.DrainAsync(limit);

    public void Log(string what) => NodeLog.DepartureNote(logger, what);

    public void LogLeaving(string reason, TimeSpan limit) => NodeLog.Draining(logger, reason, limit);

    public void LogTrouble(string what, string problem) => NodeLog.DepartureTrouble(logger, what, problem);
}
