namespace Proxy.Cluster.Peers.Codec;

/// <summary>What a frame says. Numbers are never used again for something else. A node skips frames numbered 128 and up
/// that it does not know; a smaller unknown one ends the connection.</summary>
internal enum FrameType : byte
{
    /// <summary>First in both directions: who I am, which versions I speak.</summary>
    Hello = 1,

    /// <summary>What I have of what you wrote, so that you can go on from there.</summary>
    Resume = 2,

    /// <summary>What I wrote, in order.</summary>
    Deltas = 3,

    /// <summary>What I know, from whomever: a piece of a snapshot or of a repair.</summary>
    Entries = 4,

    /// <summary>The snapshot is complete; deltas go on from this cursor.</summary>
    SnapshotEnd = 5,

    /// <summary>I have applied your deltas up to this cursor.</summary>
    Ack = 6,

    /// <summary>What my table looks like, in a few numbers.</summary>
    Digest = 7,

    /// <summary>Send me these buckets, they differ.</summary>
    BucketRequest = 8,

    BlobIndex = 9,
    Blob = 10,
    Message = 11,
    Ping = 12,
    Pong = 13,

    /// <summary>Last: why I close.</summary>
    Goodbye = 14,

    FirstSkippable = 128,
}
