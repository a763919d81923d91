namespace Proxy.Edge.Limits;

/// <summary>What is known about one key of a rate limit. Times in nanoseconds.</summary>
internal struct LimitEntry
{
    /// <summary>When the allowance is full again: of the whole cluster on the node that owns the key, of this node's
    /// fraction elsewhere. Past = an entry that says no more than none would.</summary>
    public long Full;

    /// <summary>Requests this node may admit without asking, from <see cref="From"/> to <see cref="Until"/>.</summary>
    public int Leased;

    public long From;

    public long Until;

    /// <summary>The owner had nothing to give before this time.</summary>
    public long RefusedUntil;

    /// <summary>The owner's own clients were refused while other nodes ask; the next thing to give is theirs.</summary>
    public bool OwnerWaits;

    public readonly bool IsIdle(long now) => Full <= now && Until <= now && RefusedUntil <= now;
}
