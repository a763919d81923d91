using Proxy.Edge.Replication;

namespace Proxy.Cluster.Peers.Codec;

/// <summary>Which version of a blob somebody has.</summary>
/// <param name="Expiry">Milliseconds since 1970.</param>
internal readonly record struct BlobVersion(string Name, Stamp Stamp, NodeTag Origin, long Expiry)
{
    /// <summary>The same order on every node, as of entries.</summary>
    public bool IsNewerThan(in BlobVersion other) =>
        Stamp != other.Stamp ? Stamp.Value > other.Stamp.Value : Origin.Value > other.Origin.Value;

    internal static BlobVersion Read(ref WireReader reader) => new(
        reader.Text(PeerWire.MaxTextBytes), new Stamp(reader.UInt64()), new NodeTag(reader.UInt32()), reader.Int64());

    internal void Write(ref WireWriter writer)
    {
        writer.Text(Name);
        writer.UInt64(Stamp.Value);
        writer.UInt32(Origin.Value);
        writer.Int64(Expiry);
    }
}

internal static class BlobFrames
{
    private const int VersionBytes = 1 + PeerWire.MaxTextBytes + 20;

    public static FrameBuffer EncodeIndex(IReadOnlyCollection<BlobVersion> versions)
    {
        var writer = new WireWriter(FrameType.BlobIndex, 2 + (VersionBytes * versions.Count));
        writer.UInt16(checked((ushort)versions.Count));
        foreach (BlobVersion version in versions)
        {
            version.Write(ref writer);
        }

        return writer.End();
    }

    public static BlobVersion[]? DecodeIndex(ReadOnlySpan<byte> payload)
    {
        var reader = new WireReader(payload);
        int count = reader.UInt16();
        if (count > PeerWire.MaxBlobs)
        {
            return null;
        }

        var versions = new BlobVersion[count];
        for (int i = 0; i < count && !reader.Failed; i++)
        {
            versions[i] = BlobVersion.Read(ref reader);
        }

        return reader.Complete ? versions : null;
    }

    /// <param name="content">Null says that it was removed.</param>
    public static FrameBuffer Encode(BlobVersion version, byte[]? content)
    {
        var writer = new WireWriter(FrameType.Blob, VersionBytes + 1 + (content?.Length ?? 0));
        version.Write(ref writer);
        writer.Byte(content is null ? (byte)0 : (byte)1);
        writer.Bytes(content);
        return writer.End();
    }

    public static bool TryDecode(ReadOnlySpan<byte> payload, out BlobVersion version, out byte[]? content)
    {
        var reader = new WireReader(payload);
        version = BlobVersion.Read(ref reader);
        byte kind = reader.Byte();
        content = null;
        if (reader.Failed || kind > 1 || reader.Left > (kind == 0 ? 0 : PeerWire.MaxBlobBytes))
        {
            return false;
        }

        content = kind == 0 ? null : reader.Rest().ToArray();
        return version.Name.Length > 0;
    }
}
