namespace Proxy.Cluster.Peers.Codec;

/// <summary>Sizes of the peer protocol. Every frame begins alike, little-endian throughout:
/// <code>
///  0               4      5      6             8
///  +---------------+------+------+-------------+----------
///  | payload bytes | type | 0    | 0           | payload
///  +---------------+------+------+-------------+----------
/// </code></summary>
internal static class PeerWire
{
    /// <summary>"PXPE": whoever speaks something else is told apart at once.</summary>
    public const uint Magic = 0x45505850;

    public const ushort OldestVersion = 1;
    public const ushort NewestVersion = 1;

    public const int HeaderBytes = 8;

    /// <summary>Most entries of one frame: 320 KiB, some milliseconds of the busiest stream.</summary>
    public const int MaxEntries = 8192;

    public const int EntriesPrefixBytes = 16;

    /// <summary>More is an attack or an error, and ends the connection before memory is given to it.</summary>
    public const int MaxPayloadBytes = 384 * 1024;

    public const int MaxNameBytes = 128;
    public const int MaxTextBytes = 200;
    public const int MaxTables = 8;
    public const int MaxBlobBytes = 64 * 1024;

    /// <summary>So that an index of all of them fits into one frame.</summary>
    public const int MaxBlobs = 1024;

    public const int MaxMessageBytes = 256 * 1024;
}
