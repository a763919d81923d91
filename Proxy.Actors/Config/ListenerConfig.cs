using System.Net;
using Proxy.Edge.Http1;
using Proxy.Edge.Http2;
using Proxy.Edge.Routing;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Topology;

namespace Proxy.Actors.Config;

/// <summary>One listening address and the rules for whoever connects to it.</summary>
public sealed record ListenerConfig
{
    /// <summary>Unique; "listener-N" when the file gives none.</summary>
    public string Name { get; init; } = "";

    /// <summary>"address:port", "[v6]:port" or "unix:/path".</summary>
    public SocketTarget Bind { get; init; } = SocketTarget.Inet(IPAddress.Any, 0);

    /// <summary>"http"; "tcp" is reserved.</summary>
    public string Mode { get; init; } = "http";

    public ConfigList<ClientProtocols> Protocols { get; init; } = [ClientProtocols.Http1];

    /// <summary>Null = plain TCP.</summary>
    public ListenerTlsConfig? Tls { get; init; }

    public Http2Limits Http2 { get; init; } = new();

    /// <summary>Port of the https listener that every request is sent to; 0 = requests are answered here.</summary>
    public int RedirectToHttps { get; init; }

    public int MaxConnections { get; init; } = 100_000;

    /// <summary>Length of the kernel's accept queue.</summary>
    public int Backlog { get; init; } = 4096;

    /// <summary>Requests over one connection before it is closed; 0 = no limit.</summary>
    public int MaxRequestsPerConnection { get; init; }

    public Http1Limits Limits { get; init; } = new();

    public ClientTimeouts Timeouts { get; init; } = new();

    public ForwardingConfig Forwarding { get; init; } = new();

    public PathPolicy Path { get; init; } = new();

    public AccessLogConfig AccessLog { get; init; } = new();
}
