using Proxy.Actors.Config;
using Proxy.Edge.Snapshot;

namespace Proxy.Actors.Planning;

/// <summary>A configuration together with what it was compiled to. The next revision is planned against it, so that
/// whatever did not change keeps its plan.</summary>
public sealed record PlannedRevision(ProxyConfig Config, EdgeSnapshot Snapshot)
{
    public static readonly PlannedRevision None = new(new ProxyConfig(), EdgeSnapshot.Empty);
}
