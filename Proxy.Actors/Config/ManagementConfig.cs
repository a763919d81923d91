using System.Net;
using Proxy.Edge.Topology;

namespace Proxy.Actors.Config;

/// <summary>The management listener: health of the process, metrics, API.</summary>
public sealed record ManagementConfig
{
    public bool Enabled { get; init; } = true;

    public SocketTarget Bind { get; init; } = SocketTarget.Inet(IPAddress.Loopback, 8558);

    /// <summary>Whether everything that would change something is refused.</summary>
    public bool ReadOnly { get; init; } = true;

    /// <summary>What a caller has to present as "Authorization: Bearer …"; empty = nobody is asked.</summary>
    public string Token { get; init; } = "";

    /// <summary>Null = plain HTTP.</summary>
    public ManagementTlsConfig? Tls { get; init; }
}
