using Proxy.Edge.Http;

namespace Proxy.Edge.Http2.Hpack;

/// <summary>Writes header blocks (RFC 7541 §6). Names from the static table, values as they are: coding or remembering
/// them would cost more time than the bytes are worth behind a proxy, and what is never remembered cannot be guessed by
/// watching sizes (§7.1). Each method returns the position behind what it wrote, or -1 when it does not fit.</summary>
internal static class HpackEncoder
{
    private const int StatusName = 8;

    private static readonly byte[] NameIndex = MakeNameIndex();

    public static int WriteStatus(Span<byte> into, int at, int status)
    {
        if (at + 8 > into.Length)
        {
            return -1;
        }

        int known = status switch { 200 => 8, 204 => 9, 206 => 10, 304 => 11, 400 => 12, 404 => 13, 500 => 14, _ => 0 };
        if (known != 0)
        {
            into[at] = (byte)(0x80 | known);
            return at + 1;
        }

        into[at++] = StatusName;
        into[at++] = 3;
        into[at++] = (byte)('0' + (status / 100));
        into[at++] = (byte)('0' + (status / 10 % 10));
        into[at++] = (byte)('0' + (status % 10));
        return at;
    }

    /// <summary>A field whose name was recognised, or is <see cref="HeaderId.Other"/>. The name is put into lower
    /// case.</summary>
    public static int WriteField(
        Span<byte> into, int at, HeaderId id, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        // The longest forms of three integers, and the strings.
        if (at + name.Length + value.Length + 18 > into.Length)
        {
            return -1;
        }

        int index = NameIndex[(int)id];
        // "Never indexed" for what is secret, so that nobody behind us remembers it either (§7.1.3).
        byte form = (byte)(id is HeaderId.SetCookie or HeaderId.Cookie or HeaderId.Authorization ? 0x10 : 0x00);
        if (index != 0)
        {
            at = WriteInteger(into, at, form, 4, index);
        }
        else
        {
            into[at++] = form;
            at = WriteInteger(into, at, 0, 7, name.Length);
            ToLower(name, into[at..]);
            at += name.Length;
        }

        at = WriteInteger(into, at, 0, 7, value.Length);
        value.CopyTo(into[at..]);
        return at + value.Length;
    }

    /// <summary>A pseudo-field or another one by its index in the static table.</summary>
    public static int WriteIndexedName(Span<byte> into, int at, int nameIndex, ReadOnlySpan<byte> value)
    {
        if (at + value.Length + 12 > into.Length)
        {
            return -1;
        }

        at = WriteInteger(into, at, 0, 4, nameIndex);
        at = WriteInteger(into, at, 0, 7, value.Length);
        value.CopyTo(into[at..]);
        return at + value.Length;
    }

    public static int WriteIndexed(Span<byte> into, int at, int index)
    {
        if (at + 1 > into.Length)
        {
            return -1;
        }

        into[at] = (byte)(0x80 | index);
        return at + 1;
    }

    private static int WriteInteger(Span<byte> into, int at, byte form, int prefix, int value)
    {
        int mask = (1 << prefix) - 1;
        if (value < mask)
        {
            into[at] = (byte)(form | value);
            return at + 1;
        }

        into[at++] = (byte)(form | mask);
        value -= mask;
        while (value >= 128)
        {
            into[at++] = (byte)(0x80 | (value & 0x7F));
            value >>= 7;
        }

        into[at] = (byte)value;
        return at + 1;
    }

    private static void ToLower(ReadOnlySpan<byte> name, Span<byte> into) =>
        System.Text.Ascii.ToLower(name, into, out _);

    private static byte[] MakeNameIndex()
    {
        var indexes = new byte[64];
        foreach (HeaderId id in Enum.GetValues<HeaderId>())
        {
            string name = System.Text.Encoding.ASCII.GetString(HeaderNames.Text(id)).ToLowerInvariant();
            indexes[(int)id] = (byte)(name.Length == 0 ? 0 : StaticTable.Find(name));
        }

        return indexes;
    }
}
