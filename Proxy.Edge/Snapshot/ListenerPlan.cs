using Proxy.Edge.Http1;
using Proxy.Edge.Http2;
using Proxy.Edge.Rewriting;
using Proxy.Edge.Routing;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Snapshot;

/// <summary>One listening address, compiled.</summary>
public sealed record ListenerPlan
{
    public required string Name { get; init; }

    public required SocketTarget Bind { get; init; }

    /// <summary>Client connections of this listener over all loops; above it new ones wait in the kernel's
    /// queue.</summary>
    public int MaxConnections { get; init; } = 100_000;

    /// <summary>Length of the kernel's accept queue.</summary>
    public int Backlog { get; init; } = 4096;

    public Http1Limits Limits { get; init; } = new();

    public ClientTimeouts Timeouts { get; init; } = new();

    public ForwardingRule Forwarding { get; init; } = new();

    public PathPolicy PathPolicy { get; init; } = new();

    /// <summary>Null = no access log.</summary>
    public AccessLogPlan? AccessLog { get; init; }

    /// <summary>Requests over one connection before it is closed; 0 = no limit.</summary>
    public int MaxRequestsPerConnection { get; init; }

    public ClientProtocols Protocols { get; init; } = ClientProtocols.Http1;

    /// <summary>Null = no TLS.</summary>
    public ListenerTlsPlan? Tls { get; init; }

    public Http2Limits Http2 { get; init; } = new();

    /// <summary>Port of the https listener to which every request is redirected; 0 = none is.</summary>
    public int RedirectToHttpsPort { get; init; }

    /// <summary>Routes that apply to this listener, in order; the index returned by Match is into
    /// <see cref="RoutePlans"/>.</summary>
    public required RouteTable Routes { get; init; }

    /// <summary>Position in the route table → route of the snapshot.</summary>
    public required IReadOnlyList<RoutePlan> RoutePlans { get; init; }
}

/// <summary>How long a client may take. Zero switches a limit off.</summary>
public sealed record ClientTimeouts
{
    /// <summary>From the first byte of a head to its end.</summary>
    public TimeSpan Head { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Between two requests of a connection.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Without a single byte of a request body that is being awaited.</summary>
    public TimeSpan BodyIdle { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Without the client taking a single byte of a response that is waiting for it.</summary>
    public TimeSpan WriteIdle { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Bytes per second a client must keep up with on average, reading or writing, after
    /// <see cref="RateGrace"/>.</summary>
    public int MinRate { get; init; } = 240;

    public TimeSpan RateGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an answer may still take after the client has ended its sending side. It may merely have
    /// half-closed, and then waits for the answer; more likely it is gone, and working on for nobody is the costlier
    /// mistake.</summary>
    public TimeSpan HalfClosed { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Without a byte in either direction of an upgraded connection.</summary>
    public TimeSpan TunnelIdle { get; init; } = TimeSpan.FromHours(1);
}

/// <summary>Where and how requests of a listener are logged.</summary>
/// <param name="Format">combined, json or a template.</param>
/// <param name="Path">File, or "-" for standard output.</param>
public sealed record AccessLogPlan(string Format, string Path, long RotateBytes = 0, int KeepFiles = 5);
