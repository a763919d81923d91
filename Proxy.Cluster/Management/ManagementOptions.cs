using System.Net;
using Proxy.Edge.Topology;

namespace Proxy.Cluster.Management;

/// <summary>Where management listens and who may ask.</summary>
internal sealed record ManagementOptions
{
    /// <summary>Akka Management's port on loopback. Port 0 lets the system choose.</summary>
    public SocketTarget Bind { get; init; } = SocketTarget.Inet(IPAddress.Loopback, 8558);

    /// <summary>Bearer token asked for everything but /alive and /ready; empty = none.</summary>
    public string Token { get; init; } = "";

    /// <summary>Descriptor of a socket that listens there already, from the process before this one; the server owns
    /// it.</summary>
    public int? Inherited { get; init; }

    /// <summary>Null = plain HTTP. Not for a Unix socket.</summary>
    public ManagementTls? Tls { get; init; }

    /// <summary>Paths beside those that are always there.</summary>
    public IReadOnlyList<IManagementEndpoints> More { get; init; } = [];

    public TimeProvider Time { get; init; } = TimeProvider.System;
}
