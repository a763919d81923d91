using Proxy.Edge.Topology;

namespace Proxy.Actors.Config;

/// <summary>What origins are told about the client, and whose word about it is believed.</summary>
public sealed record ForwardingConfig
{
    /// <summary>Peers whose inbound forwarding fields are believed and extended; everybody else's are
    /// stripped.</summary>
    public ConfigList<AddressRange> Trusted { get; init; } = [];

    public bool XForwardedFor { get; init; } = true;

    public bool XForwardedProto { get; init; } = true;

    public bool XForwardedHost { get; init; } = true;

    public bool XForwardedPort { get; init; }

    public bool XRealIp { get; init; }

    /// <summary>RFC 7239.</summary>
    public bool Forwarded { get; init; }

    /// <summary>Pseudonym in Via; empty = no Via.</summary>
    public string Via { get; init; } = "proxy";

    public bool RequestId { get; init; } = true;
}
