namespace Proxy.Edge.Http2;

/// <summary>Streams that we ended and the peer may not know of yet: what still comes for them is discarded, what comes
/// for any other closed stream is an error (RFC 9113 §5.1). A peer turns each of its places over once per round trip
/// at most, so twice their number is enough. A value inside its session.</summary>
internal struct RecentResets(int maxStreams)
{
    private int[]? _ids;
    private int _next;

    public void Add(int id)
    {
        _ids ??= new int[2 * maxStreams];
        _ids[_next] = id;
        _next = (_next + 1) % _ids.Length;
    }

    public readonly bool Contains(int id) => _ids.AsSpan().Contains(id);
}
