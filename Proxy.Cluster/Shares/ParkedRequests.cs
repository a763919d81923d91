using Proxy.Edge.Limits;

namespace Proxy.Cluster.Shares;

/// <summary>Requests of one key that wait for its owner, and how much to ask for.</summary>
internal sealed class ParkedRequests(RateLimiter limiter, ulong key)
{
    private const int MaxBatch = 10_000;

    private int _batch;
    private long _lastGrant = long.MinValue;

    public RateLimiter Limiter { get; } = limiter;

    public ulong Key { get; } = key;

    public Queue<ILimitAnswer> Waiting { get; } = new();

    /// <summary>Who was asked; null = nobody, then nobody waits.</summary>
    public string? Asked { get; private set; }

    public long AskedAt { get; private set; }

    public uint Serial { get; private set; }

    /// <summary>How many waited when the question was sent.</summary>
    public int Demand { get; private set; }

    public ShareMessage.RateAsk Ask(string owner, uint serial, long now)
    {
        int unused = Limiter.CollectUnused(Key, now);
        // Ask for more when the last lease was used up while it was good, and for less when some of it was not used.
        LeaseWasted(unused);
        _batch = unused > 0 ? _batch
            : _lastGrant > now - Limiter.LeaseLength ? Math.Min((_batch * 2) + 1, MaxBatch)
            : _batch / 2;
        (Asked, AskedAt, Serial, Demand) = (owner, now, serial, Waiting.Count);
        return new ShareMessage.RateAsk(Limiter.Id, Key, serial, Demand, _batch, unused);
    }

    public void LeaseWasted(int unused) => _batch = Math.Max(0, _batch - unused);

    public void Answered(long now)
    {
        Asked = null;
        _lastGrant = now;
    }
}
