namespace Proxy.Edge.Http2.Messages;

/// <summary>How much of what a block may hold is left, counted as SETTINGS_MAX_HEADER_LIST_SIZE is: every field by its
/// name, its value and 32 bytes for what keeping it costs (RFC 9113 §6.5.2).</summary>
internal struct FieldBudget(int size, int fields)
{
    private int _size = size;
    private int _fields = fields;

    /// <summary>False when the field is one too many, or too large. Ask no more then.</summary>
    public bool Takes(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        _size -= name.Length + value.Length + 32;
        return _size >= 0 && --_fields >= 0;
    }
}
