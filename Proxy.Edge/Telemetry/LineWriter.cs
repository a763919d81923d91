using System.Buffers;
using System.Text;

namespace Proxy.Edge.Telemetry;

/// <summary>Puts the pieces of one log line into a span. Once something did not fit, <see cref="IsFull"/> stays set
/// and the line is worthless. Client bytes go through <see cref="Text"/> or <see cref="JsonString"/>, which let
/// nothing end the line or the quoted string they stand in.</summary>
internal ref struct LineWriter(Span<byte> destination, int fieldLimit)
{
    private static readonly SearchValues<byte> Special = SearchValues.Create(SpecialBytes());
    private readonly Span<byte> _destination = destination;

    // Bytes of one field that are shown; the rest becomes "...".
    private readonly int _fieldLimit = fieldLimit;

    public int Length { get; private set; }

    public bool IsFull { get; private set; }

    public void Literal(scoped ReadOnlySpan<byte> bytes)
    {
        if (bytes.TryCopyTo(_destination[Length..]))
        {
            Length += bytes.Length;
        }
        else
        {
            IsFull = true;
        }
    }

    public void Number(long value)
    {
        if (value.TryFormat(_destination[Length..], out int written))
        {
            Length += written;
        }
        else
        {
            IsFull = true;
        }
    }

    /// <summary>Exactly six digits: the microseconds of a time stamp.</summary>
    public void SixDigits(int value)
    {
        if (value.TryFormat(_destination[Length..], out int written, "D6"))
        {
            Length += written;
        }
        else
        {
            IsFull = true;
        }
    }

    /// <summary>As Apache escapes: \" \\ \n \r \t \b \v, any other byte outside printable ASCII as \xhh.</summary>
    public void Text(scoped ReadOnlySpan<byte> bytes)
    {
        bool cut = bytes.Length > _fieldLimit;
        bytes = cut ? bytes[.._fieldLimit] : bytes;
        while (!IsFull)
        {
            int special = bytes.IndexOfAny(Special);
            if (special < 0)
            {
                Literal(bytes);
                break;
            }

            Literal(bytes[..special]);
            EscapeText(bytes[special]);
            bytes = bytes[(special + 1)..];
        }

        if (cut)
        {
            Literal("..."u8);
        }
    }

    /// <summary>A JSON string with its quotes. Valid UTF-8 stays; bytes that are not UTF-8 appear as the character of
    /// that number (what a client sending Latin-1 meant); controls of both ASCII and Latin-1 and the Unicode line
    /// ends are escaped, so that no reader sees a second line.</summary>
    public void JsonString(scoped ReadOnlySpan<byte> bytes)
    {
        bool cut = bytes.Length > _fieldLimit;
        Span<byte> room = _destination[Length..];
        if (!cut && bytes.Length + 2 <= room.Length && bytes.IndexOfAny(Special) < 0)
        {
            room[0] = room[bytes.Length + 1] = (byte)'"';
            bytes.CopyTo(room[1..]);
            Length += bytes.Length + 2;
            return;
        }

        Literal("\""u8);
        bytes = cut ? bytes[.._fieldLimit] : bytes;
        while (!IsFull)
        {
            int special = bytes.IndexOfAny(Special);
            if (special < 0)
            {
                Literal(bytes);
                break;
            }

            Literal(bytes[..special]);
            bytes = bytes[special..];
            bytes = bytes[EscapeJson(bytes)..];
        }

        if (cut)
        {
            Literal("..."u8);
        }

        Literal("\""u8);
    }

    private static byte[] SpecialBytes()
    {
        var bytes = new List<byte> { (byte)'"', (byte)'\\' };
        for (int i = 0; i < 256; i++)
        {
            if (i < 0x20 || i >= 0x7F)
            {
                bytes.Add((byte)i);
            }
        }

        return [.. bytes];
    }

    private static byte HexDigit(int value) => (byte)(value < 10 ? '0' + value : 'a' + value - 10);

    private void EscapeText(byte value)
    {
        byte letter = value switch
        {
            (byte)'"' or (byte)'\\' => value,
            (byte)'\n' => (byte)'n',
            (byte)'\r' => (byte)'r',
            (byte)'\t' => (byte)'t',
            (byte)'\b' => (byte)'b',
            (byte)'\v' => (byte)'v',
            _ => 0,
        };
        if (letter != 0)
        {
            Literal([(byte)'\\', letter]);
        }
        else
        {
            Literal("\\x"u8);
            Hex(value);
        }
    }

    // Returns how many bytes it consumed.
    private int EscapeJson(scoped ReadOnlySpan<byte> bytes)
    {
        byte first = bytes[0];
        if (first is (byte)'"' or (byte)'\\')
        {
            Literal([(byte)'\\', first]);
            return 1;
        }

        if (first < 0x80)
        {
            EscapeUnicode(first);
            return 1;
        }

        if (Rune.DecodeFromUtf8(bytes, out Rune rune, out int consumed) != OperationStatus.Done)
        {
            EscapeUnicode(first);
            return 1;
        }

        if (rune.Value is < 0xA0 or 0x2028 or 0x2029)
        {
            EscapeUnicode(rune.Value);
        }
        else
        {
            Literal(bytes[..consumed]);
        }

        return consumed;
    }

    private void EscapeUnicode(int value)
    {
        Literal("\\u"u8);
        Hex(value >> 8);
        Hex(value & 0xFF);
    }

    // Two digits.
    private void Hex(int value) => Literal([HexDigit(value >> 4), HexDigit(value & 15)]);
}
