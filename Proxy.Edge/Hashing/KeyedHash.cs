using System.Buffers.Binary;
using System.Numerics;

namespace Proxy.Edge.Hashing;

/// <summary>SipHash-2-4 with a secret key: what clients send (addresses, session ids) becomes a number that nobody
/// without the key can steer into collisions or turn back. Immutable, any thread, no allocation.</summary>
/// <remarks>Nodes that share tables must use the same key, because they exchange only the numbers.</remarks>
public sealed class KeyedHash
{
    public const int KeyLength = 16;

    private readonly ulong _key0;
    private readonly ulong _key1;

    public KeyedHash(ReadOnlySpan<byte> key)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(key.Length, KeyLength, nameof(key));
        _key0 = BinaryPrimitives.ReadUInt64LittleEndian(key);
        _key1 = BinaryPrimitives.ReadUInt64LittleEndian(key[8..]);
    }

    /// <param name="domain">What the text is (pool, rule, kind of id): equal texts of two domains get numbers that have
    /// nothing to do with each other.</param>
    public UInt128 Hash128(ulong domain, ReadOnlySpan<byte> text)
    {
        State state = Start(wide: true, domain, text);
        state.V2 ^= 0xee;
        state.Rounds(4);
        ulong low = state.Value;
        state.V1 ^= 0xdd;
        state.Rounds(4);
        return new UInt128(state.Value, low);
    }

    public ulong Hash64(ulong domain, ReadOnlySpan<byte> text)
    {
        State state = Start(wide: false, domain, text);
        state.V2 ^= 0xff;
        state.Rounds(4);
        return state.Value;
    }

    // The domain is the first block of the message, so this is plain SipHash over eight bytes more.
    private State Start(bool wide, ulong domain, ReadOnlySpan<byte> text)
    {
        var state = new State
        {
            V0 = _key0 ^ 0x736f6d6570736575,
            V1 = _key1 ^ 0x646f72616e646f6d ^ (wide ? 0xeeUL : 0),
            V2 = _key0 ^ 0x6c7967656e657261,
            V3 = _key1 ^ 0x7465646279746573,
        };
        state.Absorb(domain);
        ulong last = (ulong)(text.Length + sizeof(ulong)) << 56;
        while (text.Length >= sizeof(ulong))
        {
            state.Absorb(BinaryPrimitives.ReadUInt64LittleEndian(text));
            text = text[sizeof(ulong)..];
        }

        for (int i = 0; i < text.Length; i++)
        {
            last |= (ulong)text[i] << (8 * i);
        }

        state.Absorb(last);
        return state;
    }

    private struct State
    {
        public ulong V0;
        public ulong V1;
        public ulong V2;
        public ulong V3;

        public readonly ulong Value => V0 ^ V1 ^ V2 ^ V3;

        public void Absorb(ulong block)
        {
            V3 ^= block;
            Rounds(2);
            V0 ^= block;
        }

        public void Rounds(int count)
        {
            for (int i = 0; i < count; i++)
            {
                V0 += V1;
                V1 = BitOperations.RotateLeft(V1, 13) ^ V0;
                V0 = BitOperations.RotateLeft(V0, 32);
                V2 += V3;
                V3 = BitOperations.RotateLeft(V3, 16) ^ V2;
                V0 += V3;
                V3 = BitOperations.RotateLeft(V3, 21) ^ V0;
                V2 += V1;
                V1 = BitOperations.RotateLeft(V1, 17) ^ V2;
                V2 = BitOperations.RotateLeft(V2, 32);
            }
        }
    }
}
