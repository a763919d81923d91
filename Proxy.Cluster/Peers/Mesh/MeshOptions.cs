using Proxy.Cluster.Peers.Codec;

namespace Proxy.Cluster.Peers.Mesh;

/// <summary>How peers deal with each other. Times are milliseconds where the machine counts in them.</summary>
internal sealed record MeshOptions
{
    public ushort OldestVersion { get; init; } = PeerWire.OldestVersion;

    public ushort NewestVersion { get; init; } = PeerWire.NewestVersion;

    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Silence after which a connection counts as dead: three heartbeats, because one may be lost and one
    /// late. A connection that is reset counts at once.</summary>
    public TimeSpan DeadAfter { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>A peer that sends but has read nothing for so long is as good as dead.</summary>
    public TimeSpan StuckAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>From connected to greeted.</summary>
    public TimeSpan HelloTimeout { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan MinBackoff { get; init; } = TimeSpan.FromMilliseconds(100);

    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a whole table takes to be compared once.</summary>
    public TimeSpan DigestInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>What is younger may be on its way and is not compared.</summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How far clocks may differ before stamps are refused: more than time synchronisation ever leaves, less
    /// than an entry lives.</summary>
    public TimeSpan MaxClockDrift { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Connections that have not said who they are.</summary>
    public int MaxStrangers { get; init; } = 64;

    public int MaxPeers { get; init; } = 256;

    public int MaxRequests { get; init; } = 4096;
}
