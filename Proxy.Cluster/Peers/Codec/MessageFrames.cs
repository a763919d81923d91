namespace Proxy.Cluster.Peers.Codec;

internal enum MessageKind : byte
{
    /// <summary>Nobody waits for an answer.</summary>
    Tell = 0,
    Request = 1,
    Reply = 2,

    /// <summary>Nobody listens on that channel, or it could not answer.</summary>
    Failure = 3,
}

/// <summary>A message between two parts of the product on two nodes.</summary>
/// <param name="Correlation">Chosen by who asks, repeated by who answers; 0 when nobody waits.</param>
internal sealed record WireMessage(MessageKind Kind, uint Correlation, string Channel, byte[] Content)
{
    public FrameBuffer Encode()
    {
        var writer = new WireWriter(FrameType.Message, 6 + PeerWire.MaxNameBytes + Content.Length);
        writer.Byte((byte)Kind);
        writer.UInt32(Correlation);
        writer.Text(Channel);
        writer.Bytes(Content);
        return writer.End();
    }

    public static WireMessage? Decode(ReadOnlySpan<byte> payload)
    {
        var reader = new WireReader(payload);
        var kind = (MessageKind)reader.Byte();
        uint correlation = reader.UInt32();
        string channel = reader.Text(PeerWire.MaxNameBytes);
        return reader.Failed || kind > MessageKind.Failure || reader.Left > PeerWire.MaxMessageBytes
            ? null
            : new WireMessage(kind, correlation, channel, reader.Rest().ToArray());
    }
}

/// <param name="Token">The sender's own clock, given back in the answer.</param>
/// <param name="Wall">The sender's wall clock, milliseconds since 1970.</param>
internal readonly record struct Ping(long Token, long Wall)
{
    public FrameBuffer Encode(FrameType type)
    {
        var writer = new WireWriter(type, 16);
        writer.Int64(Token);
        writer.Int64(Wall);
        return writer.End();
    }

    public static bool TryDecode(ReadOnlySpan<byte> payload, out Ping ping)
    {
        var reader = new WireReader(payload);
        ping = new Ping(reader.Int64(), reader.Int64());
        return reader.Complete;
    }
}
