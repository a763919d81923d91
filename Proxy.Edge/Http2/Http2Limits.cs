namespace Proxy.Edge.Http2;

/// <summary>What a peer of an HTTP/2 connection may cost us.</summary>
public sealed record Http2Limits
{
    /// <summary>Streams a client may have open at once; SETTINGS_MAX_CONCURRENT_STREAMS. 1 to 10,000.</summary>
    public int MaxStreams { get; init; } = 128;

    /// <summary>Receive window of a stream in bytes; 65,535 to 16,777,216.</summary>
    public int StreamWindow { get; init; } = 256 * 1024;

    /// <summary>Receive window of the connection in bytes; 65,535 to 67,108,864.</summary>
    public int ConnectionWindow { get; init; } = 1024 * 1024;

    /// <summary>Response payload of all streams that waits because the client does not take it. Above, nothing more is
    /// read from origins for this client; what a piece of input brings, and what an origin's HTTP/2 windows allow it to
    /// send, may come on top. 64 KB to 1 GB.</summary>
    public int MaxUnsent { get; init; } = 4 * 1024 * 1024;

    /// <summary>Fields of a head, uncompressed, each with 32 bytes of overhead (RFC 9113 §6.5.2).</summary>
    public int HeadBytes { get; init; } = 32 * 1024;

    /// <summary>Field lines of a head.</summary>
    public int Fields { get; init; } = 128;

    /// <summary>Dynamic table we let the peer fill; 0 to 65,536.</summary>
    public int TableBytes { get; init; } = 4096;

    /// <summary>Frames that cost us work and the peer nothing (PING, SETTINGS, empty DATA and CONTINUATION, PRIORITY,
    /// WINDOW_UPDATE without need) within <see cref="FloodWindow"/>; above, the connection ends.</summary>
    public int MaxIdleFrames { get; init; } = 1000;

    /// <summary>Streams reset by the peer, or by us for its faults, within <see cref="FloodWindow"/> (rapid
    /// reset).</summary>
    public int MaxResets { get; init; } = 200;

    public TimeSpan FloodWindow { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Without any frame from the peer a PING is sent; zero = never.</summary>
    public TimeSpan PingInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long the answer to PING or SETTINGS may take.</summary>
    public TimeSpan PingTimeout { get; init; } = TimeSpan.FromSeconds(20);
}
