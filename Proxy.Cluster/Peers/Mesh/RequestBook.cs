namespace Proxy.Cluster.Peers.Mesh;

/// <summary>Questions that wait for an answer. Each ends exactly once: answered, failed, too late, or its connection
/// gone. Under the mesh's lock.</summary>
internal sealed class RequestBook(int capacity)
{
    private readonly Dictionary<uint, Waiting> _waiting = [];
    private uint _last;

    /// <summary>0 when too many wait.</summary>
    public uint Add(long request, long connection, long deadline)
    {
        if (_waiting.Count >= capacity)
        {
            return 0;
        }

        do
        {
            _last++;
        }
        while (_last == 0 || _waiting.ContainsKey(_last));

        _waiting[_last] = new Waiting(request, connection, deadline);
        return _last;
    }

    /// <summary>False when nobody waits any more, or the answer comes from somebody who was not asked.</summary>
    public bool TryTake(uint correlation, long connection, out long request)
    {
        bool found = _waiting.TryGetValue(correlation, out Waiting waiting) && waiting.Connection == connection;
        request = waiting.Request;
        return found && _waiting.Remove(correlation);
    }

    public List<long> TakeExpired(long now) => TakeWhere(waiting => waiting.Deadline <= now);

    public List<long> TakeOf(long connection) => TakeWhere(waiting => waiting.Connection == connection);

    private List<long> TakeWhere(Func<Waiting, bool> condition)
    {
        if (_waiting.Count == 0)
        {
            return [];
        }

        List<long> taken = [];
        foreach ((uint correlation, Waiting waiting) in _waiting)
        {
            if (condition(waiting))
            {
                taken.Add(waiting.Request);
                _waiting.Remove(correlation);
            }
        }

        return taken;
    }

    private readonly record struct Waiting(long Request, long Connection, long Deadline);
}
