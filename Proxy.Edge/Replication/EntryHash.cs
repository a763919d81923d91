using System.Buffers.Binary;
using System.Numerics;

namespace Proxy.Edge.Replication;

/// <summary>SipHash-2-4 with 128 bits of output (Aumasson and Bernstein), keyed with a secret of the cluster: who does
/// not know it cannot make two sessions share an entry. Thread-safe, allocates nothing.</summary>
public sealed class EntryHash
{
    public const int KeyBytes = 16;

    private readonly ulong _key0;
    private readonly ulong _key1;

    /// <param name="key">The same on every node of the cluster.</param>
    public EntryHash(ReadOnlySpan<byte> key)
    {
        if (key.Length != KeyBytes)
        {
            throw new ArgumentException($"the key has {KeyBytes} bytes", nameof(key));
        }

        _key0 = BinaryPrimitives.ReadUInt64LittleEndian(key);
        _key1 = BinaryPrimitives.ReadUInt64LittleEndian(key[8..]);
    }

    /// <summary>The key of <paramref name="key"/> in a table of its own; <paramref name="table"/> is any number both
    /// sides agree on, such as <see cref="Of(ReadOnlySpan{byte})"/>'s half of the route's name.</summary>
    public EntryKey Of(ulong table, ReadOnlySpan<byte> key) => Hash(table, key);

    public EntryKey Of(ReadOnlySpan<byte> key) => Hash(0, key);

    private EntryKey Hash(ulong table, ReadOnlySpan<byte> bytes)
    {
        var state = new Sip(_key0, _key1);
        int length = bytes.Length;
        if (table != 0)
        {
            state.Take(table);
            length += 8;
        }

        while (bytes.Length >= 8)
        {
            state.Take(BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }

        ulong last = (ulong)length << 56;
        for (int i = 0; i < bytes.Length; i++)
        {
            last |= (ulong)bytes[i] << (8 * i);
        }

        state.Take(last);
        return state.End();
    }

    private ref struct Sip(ulong key0, ulong key1)
    {
        private ulong _v0 = key0 ^ 0x736F6D6570736575UL;
        private ulong _v1 = key1 ^ 0x646F72616E646F6DUL ^ 0xEE;
        private ulong _v2 = key0 ^ 0x6C7967656E657261UL;
        private ulong _v3 = key1 ^ 0x7465646279746573UL;

        public void Take(ulong word)
        {
            _v3 ^= word;
            Round();
            Round();
            _v0 ^= word;
        }

        public EntryKey End()
        {
            _v2 ^= 0xEE;
            ulong high = Finish();
            _v1 ^= 0xDD;
            return new EntryKey(high, Finish());
        }

        private ulong Finish()
        {
            for (int i = 0; i < 4; i++)
            {
                Round();
            }

            return _v0 ^ _v1 ^ _v2 ^ _v3;
        }

        private void Round()
        {
            unchecked
            {
                _v0 += _v1;
                _v1 = BitOperations.RotateLeft(_v1, 13) ^ _v0;
                _v0 = BitOperations.RotateLeft(_v0, 32);
                _v2 += _v3;
                _v3 = BitOperations.RotateLeft(_v3, 16) ^ _v2;
                _v0 += _v3;
                _v3 = BitOperations.RotateLeft(_v3, 21) ^ _v0;
                _v2 += _v1;
                _v1 = BitOperations.RotateLeft(_v1, 17) ^ _v2;
                _v2 = BitOperations.RotateLeft(_v2, 32);
            }
        }
    }
}
