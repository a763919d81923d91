using System.Buffers.Binary;
using System.Text;

namespace Proxy.Cluster.Peers.Codec;

/// <summary>Reads a payload. Reading past its end or a text that is none answers nothing and leaves
/// <see cref="Failed"/> set, so a frame is checked once, when all of it was read.</summary>
internal ref struct WireReader(ReadOnlySpan<byte> payload)
{
    private static readonly UTF8Encoding Strict = new(false, true);
    private ReadOnlySpan<byte> _left = payload;

    public bool Failed { get; private set; }

    /// <summary>Everything was there, and nothing else.</summary>
    public readonly bool Complete => !Failed && _left.IsEmpty;

    public readonly int Left => _left.Length;

    public byte Byte() => Take(1) is [var value] ? value : (byte)0;

    public ushort UInt16() =>
        Take(2) is { IsEmpty: false } two ? BinaryPrimitives.ReadUInt16LittleEndian(two) : (ushort)0;

    public uint UInt32() => Take(4) is { IsEmpty: false } four ? BinaryPrimitives.ReadUInt32LittleEndian(four) : 0;

    public long Int64() => (long)UInt64();

    public ulong UInt64() => Take(8) is { IsEmpty: false } eight ? BinaryPrimitives.ReadUInt64LittleEndian(eight) : 0;

    public ReadOnlySpan<byte> Rest() => Take(_left.Length);

    /// <summary>A byte of length and UTF-8 without control characters.</summary>
    public string Text(int maxBytes)
    {
        int length = Byte();
        if (length > maxBytes)
        {
            Failed = true;
            return string.Empty;
        }

        try
        {
            string text = Strict.GetString(Take(length));
            Failed |= text.Any(char.IsControl);
            return text;
        }
        catch (DecoderFallbackException)
        {
            Failed = true;
            return string.Empty;
        }
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (Failed || count > _left.Length)
        {
            Failed = true;
            return [];
        }

        ReadOnlySpan<byte> taken = _left[..count];
        _left = _left[count..];
        return taken;
    }
}
