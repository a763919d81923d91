namespace Proxy.Edge.Http2.Hpack;

/// <summary>Decodes header blocks (RFC 7541). A block must be decoded whole even when nobody wants its fields: the
/// table changes with it. A value inside its session; never copied once used.</summary>
internal struct HpackDecoder
{
    /// <summary>Longest string; a field this long is over any limit of a head, so nothing of value is lost.</summary>
    public const int MaxString = 64 * 1024;

    private readonly int _limit;
    private DynamicTable _table;

    /// <param name="tableBytes">What our SETTINGS allow the peer's encoder.</param>
    public HpackDecoder(int tableBytes)
    {
        _limit = tableBytes;
        _table.Resize(tableBytes);
    }

    /// <summary>False when the block is wrong: COMPRESSION_ERROR, the connection cannot go on.</summary>
    /// <param name="scratch">At least twice <see cref="MaxString"/> for decoded strings.</param>
    public bool Decode<TSink>(ReadOnlySpan<byte> block, byte[] scratch, TSink sink)
        where TSink : class, IFieldSink
    {
        bool fieldSeen = false;
        while (!block.IsEmpty)
        {
            byte first = block[0];
            if ((first & 0xE0) == 0x20)
            {
                // A size update stands only at the start of a block (§4.2).
                if (fieldSeen || !TryInteger(ref block, 5, out int size) || size > _limit)
                {
                    return false;
                }

                _table.Resize(size);
                continue;
            }

            fieldSeen = true;
            if ((first & 0x80) != 0)
            {
                if (!TryInteger(ref block, 7, out int index) || !TryField(index, out var name, out var value))
                {
                    return false;
                }

                sink.OnField(name, value);
            }
            else if (!Literal(ref block, (first & 0x40) != 0, scratch, sink))
            {
                return false;
            }
        }

        return true;
    }

    private bool Literal<TSink>(scoped ref ReadOnlySpan<byte> block, bool indexed, byte[] scratch, TSink sink)
        where TSink : class, IFieldSink
    {
        if (!TryInteger(ref block, indexed ? 6 : 4, out int index))
        {
            return false;
        }

        ReadOnlySpan<byte> name;
        if (index == 0)
        {
            if (!TryString(ref block, scratch.AsSpan(0, MaxString), out name))
            {
                return false;
            }
        }
        else if (!TryField(index, out name, out _))
        {
            return false;
        }

        if (!TryString(ref block, scratch.AsSpan(MaxString), out ReadOnlySpan<byte> value))
        {
            return false;
        }

        sink.OnField(name, value);
        if (indexed)
        {
            _table.Add(name, value);
        }

        return true;
    }

    private readonly bool TryField(int index, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        if (index is > 0 and <= StaticTable.Count)
        {
            name = StaticTable.Name(index);
            value = StaticTable.Value(index);
            return true;
        }

        index -= StaticTable.Count + 1;
        if (index < 0 || index >= _table.Count)
        {
            name = value = default;
            return false;
        }

        name = _table.Name(index);
        value = _table.Value(index);
        return true;
    }

    // §5.1; four bytes of continuation make 2^28, far above any sensible number here.
    private static bool TryInteger(scoped ref ReadOnlySpan<byte> block, int prefix, out int value)
    {
        int mask = (1 << prefix) - 1;
        value = block.IsEmpty ? 0 : block[0] & mask;
        if (block.IsEmpty || value < mask)
        {
            bool there = !block.IsEmpty;
            block = there ? block[1..] : block;
            return there;
        }

        for (int i = 1, shift = 0; i < block.Length && shift <= 21; i++, shift += 7)
        {
            value += (block[i] & 0x7F) << shift;
            if ((block[i] & 0x80) == 0)
            {
                block = block[(i + 1)..];
                return true;
            }
        }

        return false;
    }

    private static bool TryString(scoped ref ReadOnlySpan<byte> block, Span<byte> into, out ReadOnlySpan<byte> text)
    {
        text = default;
        bool coded = !block.IsEmpty && (block[0] & 0x80) != 0;
        if (!TryInteger(ref block, 7, out int length) || length > block.Length)
        {
            return false;
        }

        ReadOnlySpan<byte> bytes = block[..length];
        block = block[length..];
        if (!coded)
        {
            text = bytes;
            return true;
        }

        int decoded = Huffman.Decode(bytes, into);
        if (decoded < 0)
        {
            return false;
        }

        text = into[..decoded];
        return true;
    }
}
