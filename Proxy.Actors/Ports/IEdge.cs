using Proxy.Edge.Snapshot;

namespace Proxy.Actors.Ports;

/// <summary>The data plane, as the control plane sees it.</summary>
public interface IEdge
{
    /// <summary>Hands the snapshot to every loop. Completes when each of them has taken it over, so that no new exchange
    /// starts on an older one; exchanges under way keep theirs. Must not block the caller.</summary>
    ValueTask Publish(EdgeSnapshot snapshot);
}
