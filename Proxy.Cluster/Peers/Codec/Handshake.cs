using System.Text;

namespace Proxy.Cluster.Peers.Codec;

/// <summary>Who is calling, and what it speaks.</summary>
/// <param name="Incarnation">Larger after every start of the node: tells a node that came back from one that was never
/// away.</param>
/// <param name="Wall">Its wall clock, milliseconds since 1970.</param>
internal sealed record Hello(
    string Cluster, string Node, long Incarnation, ushort OldestVersion, ushort NewestVersion, long Wall)
{
    public FrameBuffer Encode()
    {
        var writer = new WireWriter(FrameType.Hello, 32 + (2 * PeerWire.MaxNameBytes));
        writer.UInt32(PeerWire.Magic);
        writer.UInt16(OldestVersion);
        writer.UInt16(NewestVersion);
        writer.Int64(Incarnation);
        writer.Int64(Wall);
        writer.Text(Cluster);
        writer.Text(Node);
        return writer.End();
    }

    /// <summary>Bytes that follow are for versions to come.</summary>
    public static Hello? Decode(ReadOnlySpan<byte> payload)
    {
        var reader = new WireReader(payload);
        if (reader.UInt32() != PeerWire.Magic)
        {
            return null;
        }

        ushort oldest = reader.UInt16();
        ushort newest = reader.UInt16();
        long incarnation = reader.Int64();
        long wall = reader.Int64();
        var hello = new Hello(
            reader.Text(PeerWire.MaxNameBytes), reader.Text(PeerWire.MaxNameBytes), incarnation, oldest, newest, wall);
        return !reader.Failed && hello.Node.Length > 0 && oldest <= newest && wall >= 0 ? hello : null;
    }
}

/// <summary>Where to go on with one table. Cursor -1: I have nothing, send a snapshot; -2: only what comes from now
/// on, I get the rest from somebody else.</summary>
internal readonly record struct TableCursor(byte Table, long Cursor)
{
    public const long Snapshot = -1;
    public const long TailOnly = -2;
}

/// <param name="Incarnation">Of the node the cursors are about: they mean nothing after it was started anew.</param>
internal sealed record Resume(long Incarnation, TableCursor[] Cursors)
{
    public FrameBuffer Encode()
    {
        var writer = new WireWriter(FrameType.Resume, 9 + (9 * Cursors.Length));
        writer.Int64(Incarnation);
        writer.Byte((byte)Cursors.Length);
        foreach (TableCursor cursor in Cursors)
        {
            writer.Byte(cursor.Table);
            writer.Int64(cursor.Cursor);
        }

        return writer.End();
    }

    public static Resume? Decode(ReadOnlySpan<byte> payload)
    {
        var reader = new WireReader(payload);
        long incarnation = reader.Int64();
        int count = reader.Byte();
        if (count > PeerWire.MaxTables)
        {
            return null;
        }

        var cursors = new TableCursor[count];
        for (int i = 0; i < count; i++)
        {
            cursors[i] = new TableCursor(reader.Byte(), reader.Int64());
        }

        return reader.Complete ? new Resume(incarnation, cursors) : null;
    }
}

/// <summary>Why a connection ends; numbers are part of the protocol.</summary>
internal enum GoodbyeReason : byte
{
    /// <summary>The node shuts down.</summary>
    Leaving = 1,

    /// <summary>There is another connection between the two.</summary>
    Duplicate = 2,

    /// <summary>A later start of the same node is connected.</summary>
    Superseded = 3,

    /// <summary>The node called itself.</summary>
    Self = 4,

    WrongCluster = 5,

    /// <summary>Another node has the name, or a name with the same tag.</summary>
    NameTaken = 6,

    /// <summary>No version both speak.</summary>
    Version = 7,

    /// <summary>The certificate is for another name.</summary>
    Identity = 8,

    /// <summary>Something arrived that the protocol does not allow.</summary>
    Protocol = 9,

    /// <summary>Silent for too long.</summary>
    Silent = 10,

    /// <summary>The node is not the one that was called.</summary>
    Unwanted = 11,
}

internal sealed record Goodbye(GoodbyeReason Reason, string Text)
{
    public FrameBuffer Encode()
    {
        var writer = new WireWriter(FrameType.Goodbye, 2 + PeerWire.MaxTextBytes);
        writer.Byte((byte)Reason);
        writer.Text(Shortened(Text));
        return writer.End();
    }

    public static Goodbye? Decode(ReadOnlySpan<byte> payload)
    {
        var reader = new WireReader(payload);
        var goodbye = new Goodbye((GoodbyeReason)reader.Byte(), reader.Text(PeerWire.MaxTextBytes));
        return reader.Complete ? goodbye : null;
    }

    private static string Shortened(string text)
    {
        while (Encoding.UTF8.GetByteCount(text) > PeerWire.MaxTextBytes)
        {
            text = text[..^1];
        }

        return text;
    }
}
