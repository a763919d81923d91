using System.Runtime.CompilerServices;

namespace Proxy.Edge.Http;

/// <summary>How the end of a message body is found (RFC 9112 §6.3).</summary>
public enum BodyKind : byte
{
    None,
    Length,
    Chunked,

    /// <summary>Until the connection ends; responses only.</summary>
    UntilClose,
}

/// <summary>A parsed head. It owns no bytes: all offsets point into <see cref="Buffer"/>, which belongs to whoever read
/// it, so a head is valid only until that buffer is reused. One instance is reused for every message of a loop; it is
/// not thread-safe.</summary>
public abstract class MessageHead
{
    private readonly HeaderField[] _fields;

    protected MessageHead(int maxFields) => _fields = new HeaderField[maxFields];

    /// <summary>The buffer that holds the head.</summary>
    public byte[] Buffer { get; set; } = [];

    /// <summary>Offset of the first byte of the start line.</summary>
    public int Start { get; set; }

    /// <summary>Offset of the first field line (just past the start line's CRLF).</summary>
    public int FieldsStart { get; set; }

    /// <summary>Offset just past the blank line that ends the head.</summary>
    public int End { get; set; }

    /// <summary>Length of the whole head in bytes, blank line included.</summary>
    public int Length => End - Start;

    public int FieldCount { get; set; }

    /// <summary>Field slots; only the first <see cref="FieldCount"/> are meaningful.</summary>
    public HeaderField[] Fields => _fields;

    /// <summary>Bit n is set when a field with <see cref="HeaderId"/> n occurs at least once.</summary>
    public ulong Present { get; set; }

    /// <summary>True for HTTP/1.0, false for HTTP/1.1.</summary>
    public bool IsHttp10 { get; set; }

    /// <summary>Connection: close was present.</summary>
    public bool HasClose { get; set; }

    /// <summary>Connection: keep-alive was present.</summary>
    public bool HasKeepAlive { get; set; }

    /// <summary>Connection: upgrade together with an Upgrade field.</summary>
    public bool HasUpgrade { get; set; }

    public BodyKind Body { get; set; }

    /// <summary>Body length in bytes when <see cref="Body"/> is <see cref="BodyKind.Length"/>; otherwise 0.</summary>
    public long ContentLength { get; set; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Has(HeaderId id) => (Present & (1UL << (int)id)) != 0;

    /// <summary>Index of the first field with this id, or -1.</summary>
    public int IndexOf(HeaderId id)
    {
        if (!Has(id))
        {
            return -1;
        }

        for (int i = 0; i < FieldCount; i++)
        {
            if (_fields[i].Id == id)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Index of the first field with this name (any case) at or after <paramref name="from"/>, or
    /// -1.</summary>
    public int IndexOf(ReadOnlySpan<byte> name, int from = 0)
    {
        for (int i = from; i < FieldCount; i++)
        {
            if (_fields[i].NameLength == name.Length && System.Text.Ascii.EqualsIgnoreCase(Name(i), name))
            {
                return i;
            }
        }

        return -1;
    }

    public ReadOnlySpan<byte> Name(int index) => Buffer.AsSpan(_fields[index].LineStart, _fields[index].NameLength);

    public ReadOnlySpan<byte> Value(int index) => Buffer.AsSpan(_fields[index].ValueStart, _fields[index].ValueLength);

    /// <summary>Value of the first field with this id, or an empty span.</summary>
    public ReadOnlySpan<byte> Value(HeaderId id)
    {
        int index = IndexOf(id);
        return index < 0 ? default : Value(index);
    }

    /// <summary>Forgets the previous message. The field slots keep their memory.</summary>
    public virtual void Reset()
    {
        FieldCount = 0;
        Present = 0;
        IsHttp10 = HasClose = HasKeepAlive = HasUpgrade = false;
        Body = BodyKind.None;
        ContentLength = 0;
    }
}
