namespace Proxy.Cluster.Peers;

/// <summary>How it stands with one peer.</summary>
/// <param name="Behind">Entries written here that it has not acknowledged.</param>
/// <param name="Snapshots">How often it got everything.</param>
/// <param name="Repairs">Buckets sent again after digests differed.</param>
/// <param name="RoundTrip">Milliseconds; -1 not measured yet.</param>
/// <param name="ClockOffset">Its wall clock minus ours, milliseconds.</param>
internal sealed record PeerStatus(
    string Node, long Incarnation, string Address, int Version, long Behind, long Snapshots, long Repairs,
    long QueuedBytes, long BytesSent, long BytesReceived, long RoundTrip, long ClockOffset);
