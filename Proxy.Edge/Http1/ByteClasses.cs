using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Proxy.Edge.Http;

namespace Proxy.Edge.Http1;

/// <summary>What each of 64 consecutive bytes is, one bit per byte, lowest bit first.</summary>
internal struct ByteClasses
{
    public ulong LineFeed;
    public ulong CarriageReturn;

    /// <summary>Controls that no head may contain: all but HTAB, CR and LF (RFC 9110 §5.5), and DEL.</summary>
    public ulong Control;

    /// <summary>Everything but token characters. The first one of a field line has to be the colon, which checks the
    /// name and finds its end at once.</summary>
    public ulong Delimiter;

    // Token characters by nibbles: entry l of the first table has bit h set when byte h*16+l is a token character; the
    // second table turns h into that bit, and into nothing for bytes from 128 on.
    private static readonly Vector128<byte> LowNibble = LowNibbleTable();
    private static readonly Vector128<byte> HighNibble =
        Vector128.Create((byte)1, 2, 4, 8, 16, 32, 64, 128, 0, 0, 0, 0, 0, 0, 0, 0);

    /// <summary>Classifies the 64 bytes at <paramref name="at"/>; all of them must be readable.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Read(ref byte at, out ByteClasses classes)
    {
        if (Vector512.IsHardwareAccelerated && Avx512BW.IsSupported)
        {
            Read512(ref at, out classes);
        }
        else if (Avx2.IsSupported)
        {
            Read256(ref at, out ByteClasses low);
            Read256(ref Unsafe.Add(ref at, 32), out ByteClasses high);
            Join(in low, in high, 32, out classes);
        }
        else
        {
            ReadPortable(ref at, out classes);
        }
    }

    /// <summary>The same for fewer than 64 readable bytes: they are copied, because the memory behind them may not be
    /// ours. The missing ones count as NUL, the caller masks them.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void ReadPartial(ReadOnlySpan<byte> bytes, out ByteClasses classes)
    {
        Span<byte> block = stackalloc byte[64];
        block.Clear();
        bytes.CopyTo(block);
        Read(ref MemoryMarshal.GetReference(block), out classes);
    }

    // Portable form of the same, for processors without AVX2.
    internal static void ReadPortable(ref byte at, out ByteClasses classes)
    {
        Read128(ref at, out ByteClasses a);
        Read128(ref Unsafe.Add(ref at, 16), out ByteClasses b);
        Read128(ref Unsafe.Add(ref at, 32), out ByteClasses c);
        Read128(ref Unsafe.Add(ref at, 48), out ByteClasses d);
        Join(in a, in b, 16, out ByteClasses low);
        Join(in c, in d, 16, out ByteClasses high);
        Join(in low, in high, 32, out classes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Read512(ref byte at, out ByteClasses classes)
    {
        Vector512<byte> bytes = Vector512.LoadUnsafe(ref at);
        Vector512<byte> high = Vector512.ShiftRightLogical(bytes.AsUInt16(), 4).AsByte() & Vector512.Create((byte)15);
        // The shuffle reads the low nibble of an index and gives 0 where its top bit is set: bytes from 128 on.
        Vector512<byte> token =
            Avx512BW.Shuffle(Spread512(LowNibble), bytes) & Avx512BW.Shuffle(Spread512(HighNibble), high);
        ulong tab = Vector512.Equals(bytes, Vector512.Create((byte)'\t')).ExtractMostSignificantBits();
        ulong low = Vector512.LessThan(bytes, Vector512.Create((byte)' ')).ExtractMostSignificantBits();
        ulong delete = Vector512.Equals(bytes, Vector512.Create((byte)0x7F)).ExtractMostSignificantBits();
        classes.LineFeed = Vector512.Equals(bytes, Vector512.Create((byte)'\n')).ExtractMostSignificantBits();
        classes.CarriageReturn = Vector512.Equals(bytes, Vector512.Create((byte)'\r')).ExtractMostSignificantBits();
        classes.Control = (low & ~(tab | classes.LineFeed | classes.CarriageReturn)) | delete;
        classes.Delimiter = Vector512.Equals(token, Vector512<byte>.Zero).ExtractMostSignificantBits();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Read256(ref byte at, out ByteClasses classes)
    {
        Vector256<byte> bytes = Vector256.LoadUnsafe(ref at);
        Vector256<byte> high = Vector256.ShiftRightLogical(bytes.AsUInt16(), 4).AsByte() & Vector256.Create((byte)15);
        Vector256<byte> token = Avx2.Shuffle(Vector256.Create(LowNibble, LowNibble), bytes)
            & Avx2.Shuffle(Vector256.Create(HighNibble, HighNibble), high);
        uint tab = Vector256.Equals(bytes, Vector256.Create((byte)'\t')).ExtractMostSignificantBits();
        uint low = Vector256.LessThan(bytes, Vector256.Create((byte)' ')).ExtractMostSignificantBits();
        uint delete = Vector256.Equals(bytes, Vector256.Create((byte)0x7F)).ExtractMostSignificantBits();
        classes.LineFeed = Vector256.Equals(bytes, Vector256.Create((byte)'\n')).ExtractMostSignificantBits();
        classes.CarriageReturn = Vector256.Equals(bytes, Vector256.Create((byte)'\r')).ExtractMostSignificantBits();
        classes.Control = (low & ~(tab | classes.LineFeed | classes.CarriageReturn)) | delete;
        classes.Delimiter = Vector256.Equals(token, Vector256<byte>.Zero).ExtractMostSignificantBits();
    }

    private static void Read128(ref byte at, out ByteClasses classes)
    {
        Vector128<byte> bytes = Vector128.LoadUnsafe(ref at);
        Vector128<byte> fifteen = Vector128.Create((byte)15);
        Vector128<byte> high = Vector128.ShiftRightLogical(bytes.AsUInt16(), 4).AsByte() & fifteen;
        Vector128<byte> token = Vector128.Shuffle(LowNibble, bytes & fifteen) & Vector128.Shuffle(HighNibble, high);
        uint tab = Vector128.Equals(bytes, Vector128.Create((byte)'\t')).ExtractMostSignificantBits();
        uint low = Vector128.LessThan(bytes, Vector128.Create((byte)' ')).ExtractMostSignificantBits();
        uint delete = Vector128.Equals(bytes, Vector128.Create((byte)0x7F)).ExtractMostSignificantBits();
        classes.LineFeed = Vector128.Equals(bytes, Vector128.Create((byte)'\n')).ExtractMostSignificantBits();
        classes.CarriageReturn = Vector128.Equals(bytes, Vector128.Create((byte)'\r')).ExtractMostSignificantBits();
        classes.Control = (low & ~(tab | classes.LineFeed | classes.CarriageReturn)) | delete;
        classes.Delimiter = Vector128.Equals(token, Vector128<byte>.Zero).ExtractMostSignificantBits();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Join(in ByteClasses low, in ByteClasses high, int shift, out ByteClasses joined)
    {
        joined.LineFeed = low.LineFeed | (high.LineFeed << shift);
        joined.CarriageReturn = low.CarriageReturn | (high.CarriageReturn << shift);
        joined.Control = low.Control | (high.Control << shift);
        joined.Delimiter = low.Delimiter | (high.Delimiter << shift);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> Spread512(Vector128<byte> table)
    {
        Vector256<byte> half = Vector256.Create(table, table);
        return Vector512.Create(half, half);
    }

    private static Vector128<byte> LowNibbleTable()
    {
        Span<byte> table = stackalloc byte[16];
        table.Clear();
        foreach (char character in HttpToken.Characters)
        {
            table[character & 15] |= (byte)(1 << (character >> 4));
        }

        return Vector128.Create<byte>(table);
    }
}
