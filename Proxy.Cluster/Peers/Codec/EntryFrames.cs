using System.Runtime.InteropServices;
using Proxy.Edge.Replication;

namespace Proxy.Cluster.Peers.Codec;

/// <summary>Entries of one table:
/// <code>
///  0       1        4        8            16
///  +-------+--------+--------+------------+----------------------
///  | table | 0 0 0  | count  | sequence   | count × 40 bytes
///  +-------+--------+--------+------------+----------------------
/// </code>
/// The sequence is that of the first entry in its writer's journal; 0 in snapshots and repairs.</summary>
internal static class EntryFrames
{
    public static FrameBuffer Encode(
        FrameType type, byte table, long sequence, ReadOnlySpan<ReplicatedEntry> entries)
    {
        // The processors this runs on are little-endian, as the protocol is.
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(entries);
        var writer = new WireWriter(type, PeerWire.EntriesPrefixBytes + bytes.Length);
        writer.UInt32(table);
        writer.UInt32((uint)entries.Length);
        writer.Int64(sequence);
        writer.Bytes(bytes);
        return writer.End();
    }

    /// <summary>The entries lie where the payload lies.</summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> payload, out byte table, out long sequence, out ReadOnlySpan<ReplicatedEntry> entries)
    {
        var reader = new WireReader(payload);
        uint tag = reader.UInt32();
        uint count = reader.UInt32();
        sequence = reader.Int64();
        table = (byte)tag;
        entries = default;
        if (reader.Failed || tag > byte.MaxValue || sequence < 0 || count > PeerWire.MaxEntries
            || reader.Left != count * ReplicatedEntry.Bytes)
        {
            return false;
        }

        entries = MemoryMarshal.Cast<byte, ReplicatedEntry>(reader.Rest());
        return true;
    }

    /// <summary>An acknowledgement or the end of a snapshot.</summary>
    public static FrameBuffer EncodeCursor(FrameType type, TableCursor cursor)
    {
        var writer = new WireWriter(type, 9);
        writer.Byte(cursor.Table);
        writer.Int64(cursor.Cursor);
        return writer.End();
    }

    public static bool TryDecodeCursor(ReadOnlySpan<byte> payload, out TableCursor cursor)
    {
        var reader = new WireReader(payload);
        cursor = new TableCursor(reader.Byte(), reader.Int64());
        return reader.Complete && cursor.Cursor >= 0;
    }
}
