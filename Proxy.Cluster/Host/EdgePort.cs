using Proxy.Actors.Ports;
using Proxy.Edge.Node;
using Proxy.Edge.Snapshot;

namespace Proxy.Cluster.Host;

/// <summary>The data plane as the publisher sees it; keeps what could not be opened for whoever asked to
/// publish.</summary>
internal sealed class EdgePort(EdgeNode edge) : IEdge
{
    private IReadOnlyList<EdgeProblem> _problems = [];

    /// <summary>Of the last snapshot.</summary>
    public IReadOnlyList<EdgeProblem> Problems => Volatile.Read(ref _problems);

    public async ValueTask Publish(EdgeSnapshot snapshot) =>
        Volatile.Write(ref _problems, await edge.PublishAsync(snapshot));
}
