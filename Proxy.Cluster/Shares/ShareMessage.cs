using System.Buffers.Binary;

namespace Proxy.Cluster.Shares;

/// <summary>What nodes say to each other about shares. The first byte is the kind, the rest little-endian numbers of
/// fixed size; kinds that a node does not know are ignored, so that a newer one may add some.</summary>
internal abstract record ShareMessage
{
    /// <summary>Requests wait for the owner of a key.</summary>
    /// <param name="Serial">Comes back with the answer.</param>
    public sealed record RateAsk(ulong Limit, ulong Key, uint Serial, int Demand, int Extra, int Unused) : ShareMessage;

    /// <param name="Count">Requests that may be admitted; -1 = the owner does not know the limit (yet).</param>
    /// <param name="Wait">Before the last of them, nanoseconds.</param>
    /// <param name="Next">When a further one could be given, nanoseconds.</param>
    public sealed record RateGrant(ulong Limit, ulong Key, uint Serial, int Count, long Wait, long Next) : ShareMessage;

    /// <summary>A lease ran out before it was used up.</summary>
    public sealed record RateReturn(ulong Limit, ulong Key, int Unused) : ShareMessage;

    /// <summary>What a node has of a member's slots, to their owner.</summary>
    /// <param name="Serial">Of the last <see cref="SlotGrant"/> of this owner that the node goes by; 0 = none.</param>
    /// <param name="Holds">Slots it uses or may still take.</param>
    /// <param name="Want">Slots it could use now.</param>
    public sealed record SlotReport(ulong Member, uint Serial, int Holds, int Want) : ShareMessage;

    /// <summary>How many slots of a member a node may take.</summary>
    public sealed record SlotGrant(ulong Member, uint Serial, int Share) : ShareMessage;

    /// <summary>Asks a node that did not answer whether it is there again.</summary>
    public sealed record Ping : ShareMessage;

    public sealed record Pong : ShareMessage;

    public byte[] Encode()
    {
        switch (this)
        {
            case RateAsk ask:
                return new Writer(1, 32).U64(ask.Limit).U64(ask.Key).U32(ask.Serial)
                    .I32(ask.Demand).I32(ask.Extra).I32(ask.Unused).Bytes;
            case RateGrant grant:
                return new Writer(2, 40).U64(grant.Limit).U64(grant.Key).U32(grant.Serial)
                    .I32(grant.Count).U64((ulong)grant.Wait).U64((ulong)grant.Next).Bytes;
            case RateReturn unused:
                return new Writer(5, 20).U64(unused.Limit).U64(unused.Key).I32(unused.Unused).Bytes;
            case SlotReport report:
                return new Writer(6, 20).U64(report.Member).U32(report.Serial)
                    .I32(report.Holds).I32(report.Want).Bytes;
            case SlotGrant grant:
                return new Writer(7, 16).U64(grant.Member).U32(grant.Serial).I32(grant.Share).Bytes;
            case Ping:
                return [3];
            default:
                return [4];
        }
    }

    /// <summary>Null for anything that is not a message this version knows, or holds numbers no node would
    /// send.</summary>
    public static ShareMessage? Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return null;
        }

        var rest = new Reader(bytes[1..]);
        ShareMessage? message = (bytes[0], bytes.Length) switch
        {
            (1, 33) => new RateAsk(rest.U64(), rest.U64(), rest.U32(), rest.I32(), rest.I32(), rest.I32()),
            (2, 41) => new RateGrant(
                rest.U64(), rest.U64(), rest.U32(), rest.I32(), (long)rest.U64(), (long)rest.U64()),
            (3, 1) => new Ping(),
            (4, 1) => new Pong(),
            (6, 21) => new SlotReport(rest.U64(), rest.U32(), rest.I32(), rest.I32()),
            (7, 17) => new SlotGrant(rest.U64(), rest.U32(), rest.I32()),
            (5, 21) => new RateReturn(rest.U64(), rest.U64(), rest.I32()),
            _ => null,
        };
        return message is null or RateAsk { Demand: < 1 } or RateAsk { Extra: < 0 } or RateAsk { Unused: < 0 }
            or RateGrant { Count: < -1 } or RateGrant { Wait: < 0 } or RateGrant { Next: < 0 }
            or RateReturn { Unused: < 1 }
            or SlotReport { Holds: < 0 } or SlotReport { Want: < 0 } or SlotGrant { Share: < 0 }
            ? null
            : message;
    }

    private ref struct Reader(ReadOnlySpan<byte> rest)
    {
        private ReadOnlySpan<byte> _rest = rest;

        public ulong U64()
        {
            ulong value = BinaryPrimitives.ReadUInt64LittleEndian(_rest);
            _rest = _rest[8..];
            return value;
        }

        public uint U32()
        {
            uint value = BinaryPrimitives.ReadUInt32LittleEndian(_rest);
            _rest = _rest[4..];
            return value;
        }

        public int I32() => (int)U32();
    }

    private sealed class Writer
    {
        private int _at = 1;

        public Writer(byte kind, int length)
        {
            Bytes = new byte[1 + length];
            Bytes[0] = kind;
        }

        public byte[] Bytes { get; }

        public Writer U64(ulong value)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(Bytes.AsSpan(_at), value);
            _at += 8;
            return this;
        }

        public Writer U32(uint value)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(Bytes.AsSpan(_at), value);
            _at += 4;
            return this;
        }

        public Writer I32(int value) => U32((uint)value);
    }
}
