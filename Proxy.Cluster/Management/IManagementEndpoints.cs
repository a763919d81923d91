using Microsoft.AspNetCore.Routing;

namespace Proxy.Cluster.Management;

/// <summary>Some paths of management. They are behind <see cref="RequestGuard"/>; what changes something belongs behind
/// <see cref="ChangeGuard"/> too.</summary>
internal interface IManagementEndpoints
{
    /// <summary>For the index at "/".</summary>
    IReadOnlyList<string> Paths { get; }

    void Map(IEndpointRouteBuilder routes);
}
