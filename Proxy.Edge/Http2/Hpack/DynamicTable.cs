namespace Proxy.Edge.Http2.Hpack;

/// <summary>The fields both sides of a connection remember (RFC 7541 §2.3.2), newest first. Owns memory only once
/// something was added.</summary>
internal struct DynamicTable
{
    /// <summary>What a field costs besides its bytes (§4.1).</summary>
    private const int Overhead = 32;

    private Entry[]? _entries;
    private byte[]? _bytes;
    private int _newest;
    private int _end;
    private int _start;

    public int Count { get; private set; }

    /// <summary>Size of all fields with their overhead.</summary>
    public int Size { get; private set; }

    public int MaxSize { get; private set; }

    public void Resize(int maxSize)
    {
        MaxSize = maxSize;
        Evict(0);
    }

    /// <param name="index">0 = the newest.</param>
    public readonly ReadOnlySpan<byte> Name(int index)
    {
        ref Entry entry = ref _entries![(_newest - index) & (_entries.Length - 1)];
        return _bytes.AsSpan(entry.Start, entry.NameLength);
    }

    public readonly ReadOnlySpan<byte> Value(int index)
    {
        ref Entry entry = ref _entries![(_newest - index) & (_entries.Length - 1)];
        return _bytes.AsSpan(entry.Start + entry.NameLength, entry.ValueLength);
    }

    /// <summary>Adds a field, making room by forgetting the oldest; one larger than the table empties it
    /// (§4.4).</summary>
    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        int length = name.Length + value.Length;
        if (length + Overhead > MaxSize)
        {
            Evict(MaxSize + 1);
            return;
        }

        // The name may lie in this table, so it is copied before anything is forgotten or moved.
        Span<byte> copy = length <= 512 ? stackalloc byte[512] : new byte[length];
        name.CopyTo(copy);
        value.CopyTo(copy[name.Length..]);
        Evict(length + Overhead);
        Reserve(length);
        copy[..length].CopyTo(_bytes.AsSpan(_end));
        _newest = (_newest + 1) & (_entries!.Length - 1);
        _entries[_newest] = new Entry { Start = _end, NameLength = name.Length, ValueLength = value.Length };
        _end += length;
        Count++;
        Size += length + Overhead;
    }

    private void Evict(int needed)
    {
        while (Count > 0 && Size + needed > MaxSize)
        {
            ref Entry oldest = ref _entries![(_newest - Count + 1) & (_entries.Length - 1)];
            Size -= oldest.NameLength + oldest.ValueLength + Overhead;
            _start = oldest.Start + oldest.NameLength + oldest.ValueLength;
            Count--;
        }

        if (Count == 0)
        {
            _start = _end = 0;
        }
    }

    private void Reserve(int length)
    {
        if (_entries is null)
        {
            _entries = new Entry[16];
            _bytes = new byte[Math.Min(512, MaxSize)];
        }

        if (Count == _entries.Length)
        {
            GrowEntries();
        }

        if (_end + length <= _bytes!.Length)
        {
            return;
        }

        int live = _end - _start;
        byte[] target = live + length > _bytes.Length / 2
            ? new byte[Math.Max(_bytes.Length * 2, (live + length) * 2)]
            : _bytes;
        Buffer.BlockCopy(_bytes, _start, target, 0, live);
        for (int i = 0; i < Count; i++)
        {
            _entries[(_newest - i) & (_entries.Length - 1)].Start -= _start;
        }

        _bytes = target;
        _start = 0;
        _end = live;
    }

    private void GrowEntries()
    {
        var larger = new Entry[_entries!.Length * 2];
        for (int i = 0; i < Count; i++)
        {
            larger[Count - 1 - i] = _entries[(_newest - i) & (_entries.Length - 1)];
        }

        _newest = Count - 1;
        _entries = larger;
    }

    private struct Entry
    {
        public int Start;
        public int NameLength;
        public int ValueLength;
    }
}
