namespace Proxy.Edge.Tls;

/// <summary>Counts the records in a stream of bytes by their headers. A value inside its owner.</summary>
internal struct RecordCounter
{
    private int _header;
    private int _left;

    /// <summary>Records that have begun.</summary>
    public ulong Count { get; private set; }

    /// <summary>The last record was seen to its end.</summary>
    public readonly bool IsBetween => _header == 0 && _left == 0;

    public void Feed(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_header == 0 && _left > 0)
            {
                int take = Math.Min(_left, bytes.Length);
                _left -= take;
                bytes = bytes[take..];
                continue;
            }

            // Type, two bytes of version, two of length.
            _left = _header < 4 ? bytes[0] : (_left << 8) | bytes[0];
            Count += _header == 0 ? 1UL : 0;
            _header = _header == 4 ? 0 : _header + 1;
            bytes = bytes[1..];
        }
    }
}
