using System.Runtime.InteropServices;
using Proxy.Edge.Replication;

namespace Proxy.Cluster.Peers.Codec;

/// <summary>Digests of neighbouring buckets, and which entries they are over (see
/// <see cref="ReplicaTable.Digest"/>).</summary>
internal readonly record struct DigestRange(
    byte Table, ushort FirstBucket, ushort Count, Stamp WrittenBefore, uint ExpiringAfter);

internal static class DigestFrames
{
    public static FrameBuffer Encode(DigestRange range, ReadOnlySpan<ulong> digests)
    {
        var writer = new WireWriter(FrameType.Digest, 20 + (8 * digests.Length));
        writer.UInt32(range.Table);
        writer.UInt16(range.FirstBucket);
        writer.UInt16(range.Count);
        writer.UInt64(range.WrittenBefore.Value);
        writer.UInt32(range.ExpiringAfter);
        writer.Bytes(MemoryMarshal.AsBytes(digests));
        return writer.End();
    }

    public static bool TryDecode(ReadOnlySpan<byte> payload, out DigestRange range, out ReadOnlySpan<ulong> digests)
    {
        var reader = new WireReader(payload);
        uint table = reader.UInt32();
        range = new DigestRange(
            (byte)table, reader.UInt16(), reader.UInt16(), new Stamp(reader.UInt64()), reader.UInt32());
        digests = default;
        if (reader.Failed || table > byte.MaxValue || range.Count == 0 || range.Count % ReplicaTable.BucketStep != 0
            || range.FirstBucket % ReplicaTable.BucketStep != 0
            || range.FirstBucket + range.Count > ReplicaTable.Buckets || reader.Left != range.Count * 8)
        {
            return false;
        }

        digests = MemoryMarshal.Cast<byte, ulong>(reader.Rest());
        return true;
    }

    public static FrameBuffer EncodeRequest(byte table, ReadOnlySpan<ushort> buckets)
    {
        var writer = new WireWriter(FrameType.BucketRequest, 1 + (2 * buckets.Length));
        writer.Byte(table);
        writer.Bytes(MemoryMarshal.AsBytes(buckets));
        return writer.End();
    }

    public static bool TryDecodeRequest(ReadOnlySpan<byte> payload, out byte table, out ReadOnlySpan<ushort> buckets)
    {
        var reader = new WireReader(payload);
        table = reader.Byte();
        buckets = default;
        if (reader.Failed || reader.Left % 2 != 0 || reader.Left > 2 * ReplicaTable.Buckets)
        {
            return false;
        }

        buckets = MemoryMarshal.Cast<byte, ushort>(reader.Rest());
        foreach (ushort bucket in buckets)
        {
            if (bucket >= ReplicaTable.Buckets)
            {
                return false;
            }
        }

        return true;
    }
}
