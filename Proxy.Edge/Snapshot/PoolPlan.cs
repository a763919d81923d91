using Proxy.Edge.Affinity;
using Proxy.Edge.Balancing;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Snapshot;

/// <summary>A pool, compiled. Health, sets and roles are the actors' business; loops see the live candidate
/// list.</summary>
public sealed record PoolPlan
{
    public required string Name { get; init; }

    /// <summary>Live side: candidates chosen by the pool's actor.</summary>
    public required PoolState State { get; init; }

    public required IReadOnlyList<MemberPlan> Members { get; init; }

    public required IBalancerFactory Balancer { get; init; }

    /// <summary>Null = no affinity.</summary>
    public IAffinity? Affinity { get; init; }

    /// <summary>A request whose affinity names a member that cannot answer gets 503 instead of another
    /// member.</summary>
    public bool NoFailover { get; init; }

    public OriginTimeouts Timeouts { get; init; } = new();

    public RetryPlan Retry { get; init; } = new();

    public ReusePlan Reuse { get; init; } = new();

    /// <summary>Statuses that count as failures for passive health, as "500-599" compiled to a predicate; null =
    /// none.</summary>
    public StatusSet? FailureStatuses { get; init; }
}

/// <summary>What is spoken to members.</summary>
public enum OriginProtocol : byte
{
    Http1,

    /// <summary>HTTP/2: agreed by ALPN over TLS, else known beforehand (RFC 9113 §3.3).</summary>
    Http2,

    /// <summary>What ALPN chooses; HTTP/1.1 without TLS.</summary>
    Auto,
}

/// <summary>A member, compiled.</summary>
public sealed record MemberPlan
{
    public required MemberState State { get; init; }

    /// <summary>Affinity name; defaults to the member's name.</summary>
    public required string Route { get; init; }

    /// <summary>Value of the Host field under <c>HostPolicy.Member</c>: host[:port] of the URL.</summary>
    public required string HostHeader { get; init; }

    /// <summary>Path of the member's URL, "" or "/base" without a trailing slash; put in front of the forwarded
    /// path.</summary>
    public string BasePath { get; init; } = "";

    public OriginProtocol Protocol { get; init; }

    /// <summary>Null = plain TCP.</summary>
    public OriginTlsPlan? Tls { get; init; }

    /// <summary>Name for SNI that the member's certificate must have; the URL's host or a pinned one. Empty for an
    /// address without a name, which must then be in the certificate itself.</summary>
    public string TlsName { get; init; } = "";

    /// <summary>Requests in flight on this member from this node; 0 = no limit.</summary>
    public int MaxConnections { get; init; }

    /// <summary>Requests in flight on this member from all nodes together; 0 = no limit.</summary>
    public int MaxClusterConnections { get; init; }
}

/// <summary>How long an origin may take. Zero switches a limit off.</summary>
public sealed record OriginTimeouts
{
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>From the end of the request to the end of the response head.</summary>
    public TimeSpan Response { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Without a byte of the response body that is being awaited.</summary>
    public TimeSpan BodyIdle { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Without the origin taking a byte of a request body that is waiting for it.</summary>
    public TimeSpan WriteIdle { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Bytes per second an origin must keep up with on average once a body flows; 0 = off.</summary>
    public int MinRate { get; init; } = 240;

    public TimeSpan RateGrace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a request may wait for a free slot of a member with max-connections.</summary>
    public TimeSpan Queue { get; init; } = TimeSpan.FromSeconds(5);
}

/// <summary>When a failed attempt is repeated elsewhere.</summary>
public sealed record RetryPlan
{
    /// <summary>Attempts at other members after the first one; 0 = none.</summary>
    public int Attempts { get; init; } = 2;

    /// <summary>Also repeat requests which are not idempotent although they may have reached the origin.
    /// Dangerous.</summary>
    public bool NonIdempotent { get; init; }

    /// <summary>Bytes of a request body kept so that the request can be repeated; a longer body is sent once.</summary>
    public int BufferBytes { get; init; } = 16 * 1024;
}

/// <summary>Kept connections to origins, per loop and member.</summary>
public sealed record ReusePlan
{
    public int MaxIdle { get; init; } = 1024;

    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Requests over one connection before it is closed; 0 = no limit.</summary>
    public int MaxRequests { get; init; }

    /// <summary>Requests at once over one HTTP/2 connection; the origin may allow fewer.</summary>
    public int MaxStreams { get; init; } = 100;

    public bool Enabled { get; init; } = true;
}
