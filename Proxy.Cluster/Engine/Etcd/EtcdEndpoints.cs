namespace Proxy.Cluster.Engine.Etcd;

/// <summary>Which member is asked next. All stay with one that answers and leave one that does not. Any thread.
/// </summary>
internal sealed class EtcdEndpoints(IReadOnlyList<Uri> all)
{
    private readonly Lock _lock = new();
    private int _current;

    public int Count => all.Count;

    public Uri Current
    {
        get
        {
            lock (_lock)
            {
                return all[_current];
            }
        }
    }

    /// <summary>The one after <paramref name="endpoint"/>; the same when there is only one.</summary>
    public Uri After(Uri endpoint)
    {
        int at = IndexOf(endpoint);
        return all[(at + 1) % all.Count];
    }

    /// <summary>Only the first of many calls that failed there moves everybody on.</summary>
    public void Leave(Uri endpoint)
    {
        lock (_lock)
        {
            if (all[_current] == endpoint)
            {
                _current = (_current + 1) % all.Count;
            }
        }
    }

    private int IndexOf(Uri endpoint)
    {
        for (int i = 0; i < all.Count; i++)
        {
            if (all[i] == endpoint)
            {
                return i;
            }
        }

        throw new ArgumentException($"{endpoint} is none of ours", nameof(endpoint));
    }
}
