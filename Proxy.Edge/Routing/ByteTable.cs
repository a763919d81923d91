using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Proxy.Edge.Routing;

/// <summary>Immutable hash table from byte strings to values, looked up by span. The keys come from the
/// configuration, so requests cannot make chains longer.</summary>
internal sealed class ByteTable<TValue>
    where TValue : class
{
    private const ulong CaseBits = 0x2020_2020_2020_2020;

    private readonly byte[]?[] _keys;
    private readonly TValue?[] _values;
    private readonly bool _ignoreCase;
    private readonly uint _mask;

    public ByteTable(IReadOnlyCollection<KeyValuePair<byte[], TValue>> entries, bool ignoreCase)
    {
        _ignoreCase = ignoreCase;
        uint size = BitOperations.RoundUpToPowerOf2((uint)Math.Max(4, entries.Count * 2));
        _mask = size - 1;
        _keys = new byte[size][];
        _values = new TValue[size];
        foreach ((byte[] key, TValue value) in entries)
        {
            uint slot = Hash(key) & _mask;
            while (_keys[slot] is not null)
            {
                slot = (slot + 1) & _mask;
            }

            _keys[slot] = key;
            _values[slot] = value;
        }
    }

    public TValue? Find(ReadOnlySpan<byte> key)
    {
        for (uint slot = Hash(key) & _mask; ; slot = (slot + 1) & _mask)
        {
            byte[]? candidate = _keys[slot];
            if (candidate is null)
            {
                return null;
            }

            if (candidate.Length == key.Length && Same(candidate, key))
            {
                return _values[slot];
            }
        }
    }

    private bool Same(ReadOnlySpan<byte> candidate, ReadOnlySpan<byte> key) =>
        candidate.SequenceEqual(key) || (_ignoreCase && Ascii.EqualsIgnoreCase(candidate, key));

    private uint Hash(ReadOnlySpan<byte> key)
    {
        ulong fold = _ignoreCase ? CaseBits : 0;
        ulong hash = (ulong)key.Length;
        while (key.Length >= 8)
        {
            hash = Mix(hash, BinaryPrimitives.ReadUInt64LittleEndian(key) | fold);
            key = key[8..];
        }

        ulong tail = 0;
        foreach (byte value in key)
        {
            tail = (tail << 8) | value;
        }

        hash = Mix(hash, tail | fold);
        return (uint)(hash >> 32);
    }

    private static ulong Mix(ulong hash, ulong word) =>
        unchecked((BitOperations.RotateLeft(hash, 23) ^ word) * 0x9E37_79B9_7F4A_7C15);
}
