using System.Text;
using Proxy.Edge.Http;
using Proxy.Edge.Replication;
using Proxy.Edge.Routing;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Limits;

/// <summary>The live side of a route's rate limit; outlives revisions as long as the route's limit stays the same.
/// Exact over all loops of a node. In a cluster each key has an owner, whose clock alone decides; other nodes admit
/// what the owner leased to them. Any thread; times in nanoseconds on this node's clock.</summary>
public sealed class RateLimiter
{
    /// <summary>How far ahead an owner gives to a node that asks while the allowance is used up, so that nodes take
    /// turns instead of the nearest one taking all.</summary>
    public const long Turn = 5_000_000;

    /// <summary>A lease ends after this or after one interval of the rate. What is used late moves from one window into
    /// the next; at usual rates that is one request.</summary>
    private const long LeaseTime = 10_000_000;

    /// <summary>Leftovers older than this are not given back: that would only raise a later peak.</summary>
    private const long UnusedTime = 1_000_000_000;

    private readonly LimitTable _table;
    private readonly LimitKeyReader _key;
    private readonly LimitShares _shares;
    private RateRule _fraction;
    private int _fractionOf = 1;
    private long _refused;
    private long _delayed;
    private long _asked;
    private long _fractions;

    /// <param name="name">Names the limit on all nodes, and to clients.</param>
    /// <param name="patience">How long a request may be held back to keep to the rate; zero = it is refused.</param>
    /// <param name="capacity">Keys remembered at once.</param>
    public RateLimiter(
        string name, RateRule rule, LimitKey key, TimeSpan patience, int capacity, EntryHash hash, LimitShares shares)
    {
        Id = hash.Of(Encoding.UTF8.GetBytes(name)).Low;
        (Rule, _fraction) = (rule, rule);
        Patience = patience.Ticks * TimeSpan.NanosecondsPerTick;
        Fields = new LimitFields(name, rule);
        _table = new LimitTable(key.Kind == LimitKeyKind.Global ? 1 : capacity);
        _key = new LimitKeyReader(key, hash, Id);
        _shares = shares;
    }

    public ulong Id { get; }

    public RateRule Rule { get; }

    public long Patience { get; }

    /// <summary>What a refused client is told.</summary>
    public LimitFields Fields { get; }

    /// <summary>Nodes that share the limit.</summary>
    public int Nodes => _shares.Owners.Count;

    public long Refused => Volatile.Read(ref _refused);

    public long Delayed => Volatile.Read(ref _delayed);

    /// <summary>Requests that waited for another node's answer.</summary>
    public long Asked => Volatile.Read(ref _asked);

    /// <summary>Requests judged by this node's part of the limit, because the key's owner did not answer.</summary>
    public long ByFraction => Volatile.Read(ref _fractions);

    /// <summary>How long leased requests may be used.</summary>
    public long LeaseLength => Math.Max(LeaseTime, Rule.Interval);

    public ulong KeyOf(RequestHead head, NormalizedPath path, ClientAddress client) =>
        _key.Read(head, path, client);

    /// <summary>Judges one request. Nothing is taken unless it is admitted.</summary>
    public LimitVerdict Take(ulong key, long now)
    {
        LimitOwners owners = _shares.Owners;
        int owner = owners.OwnerOf(key);
        if (owner == owners.Self)
        {
            return _table.Do(key, now, new In(this, now, owners.Count), TakeOwn);
        }

        return owners.IsSilent(owner)
            ? TakeFraction(key, now)
            : _table.Do(key, now, new In(this, now, owners.Count), TakeLeased);
    }

    /// <summary>Asks the key's owner on behalf of a request.</summary>
    /// <returns>Null when the answer comes later.</returns>
    public LimitVerdict? Ask(ulong key, long now, ILimitAnswer answer)
    {
        Interlocked.Increment(ref _asked);
        return _shares.Desk.TryAsk(this, key, answer) ? null : TakeFraction(key, now);
    }

    /// <summary>Judges one request when the key's owner does not answer: by an equal part of the limit.</summary>
    public LimitVerdict TakeFraction(ulong key, long now)
    {
        Interlocked.Increment(ref _fractions);
        return _table.Do(key, now, new In(this, now, _shares.Owners.Count), TakeFraction);
    }

    /// <summary>Counts what became of a request; once for each, and only for what is out of the ordinary.</summary>
    public void Count(LimitVerdict verdict)
    {
        if (verdict.Outcome == LimitOutcome.Refused)
        {
            Interlocked.Increment(ref _refused);
        }
        else if (verdict.Wait > 0)
        {
            Interlocked.Increment(ref _delayed);
        }
    }

    /// <summary>On the owner: gives a node what it may admit.</summary>
    /// <param name="demand">Requests that wait there, at least 1.</param>
    /// <param name="extra">What it would like beyond; granted while the allowance is far from used up.</param>
    /// <param name="unused">What it got before and did not use.</param>
    public LimitLease Lease(ulong key, int demand, int extra, int unused, long now) =>
        _table.Do(
            key,
            now,
            (Wish: new Wish(demand, extra, unused), In: new In(this, now, _shares.Owners.Count)),
            static (ref LimitEntry entry, (Wish Wish, In In) i) => i.In.Limiter.Lease(ref entry, i.Wish, i.In));

    /// <summary>On the owner: takes back what another node got and did not use.</summary>
    public void Return(ulong key, int unused, long now) =>
        _table.Do(key, now, (Rule, unused), static (ref LimitEntry entry, (RateRule Rule, int Unused) back) =>
        {
            Gcra.Return(ref entry.Full, back.Rule, back.Unused);
            return true;
        });

    /// <summary>On another node: what is left of a lease after those who waited were served.</summary>
    /// <param name="wait">Before the first of them may be used.</param>
    public void Keep(ulong key, int count, long wait, long now) =>
        _table.Do(
            key,
            now,
            (Count: count, From: now + wait, Until: now + wait + LeaseLength),
            static (ref LimitEntry entry, (int Count, long From, long Until) lease) =>
            {
                (entry.Leased, entry.From, entry.Until) = lease;
                return true;
            });

    /// <summary>On another node: the owner has nothing to give for so long.</summary>
    public void Refuse(ulong key, long wait, long now) =>
        _table.Do(key, now, now + wait, static (ref LimitEntry entry, long until) =>
        {
            entry.RefusedUntil = until;
            return true;
        });

    /// <summary>On another node: takes what is left of a lease that ran out, to be given back.</summary>
    public int CollectUnused(ulong key, long now) =>
        _table.Do(key, now, now, Unused);

    private static LimitVerdict TakeOwn(ref LimitEntry entry, In i)
    {
        // What was set aside for this node's own clients while others were asking.
        if (entry.Leased > 0 && entry.From <= i.Now && i.Now < entry.Until)
        {
            entry.Leased--;
            return LimitVerdict.Admitted();
        }

        RateLimiter limiter = i.Limiter;
        Gcra.Return(ref entry.Full, limiter.Rule, Unused(ref entry, i.Now));
        if (Gcra.TryTake(ref entry.Full, i.Now, limiter.Rule, 1, limiter.Patience, out long wait))
        {
            return LimitVerdict.Admitted(wait);
        }

        entry.OwnerWaits = i.Nodes > 1;
        return LimitVerdict.Refused(wait - limiter.Patience);
    }

    private static LimitVerdict TakeLeased(ref LimitEntry entry, In i)
    {
        if (entry.Leased > 0 && i.Now < entry.Until)
        {
            long wait = Math.Max(0, entry.From - i.Now);
            if (wait > i.Limiter.Patience)
            {
                return LimitVerdict.Refused(wait);
            }

            entry.Leased--;
            return LimitVerdict.Admitted(wait);
        }

        return i.Now < entry.RefusedUntil
            ? LimitVerdict.Refused(entry.RefusedUntil - i.Now)
            : new LimitVerdict(LimitOutcome.Unknown, 0);
    }

    private static LimitVerdict TakeFraction(ref LimitEntry entry, In i)
    {
        RateLimiter limiter = i.Limiter;
        return Gcra.TryTake(ref entry.Full, i.Now, limiter.Fraction(i.Nodes), 1, limiter.Patience, out long wait)
            ? LimitVerdict.Admitted(wait)
            : LimitVerdict.Refused(wait - limiter.Patience);
    }

    private LimitLease Lease(ref LimitEntry entry, Wish wish, In i)
    {
        (long now, int nodes) = (i.Now, i.Nodes);
        Gcra.Return(ref entry.Full, Rule, wish.Unused + Unused(ref entry, now));
        int level = Gcra.Level(entry.Full, now, Rule);
        int turn = (int)Math.Clamp(Math.Max(Patience, Turn) / Rule.Interval / nodes, 1, 1_000_000);
        if (level == 0 && entry.OwnerWaits && entry.Leased == 0)
        {
            entry.OwnerWaits = false;
            Gcra.TryTake(ref entry.Full, now, Rule, turn, long.MaxValue, out long mine);
            entry.Leased = turn;
            entry.From = now + Math.Max(0, mine - ((turn - 1) * Rule.Interval));
            entry.Until = now + mine + LeaseLength;
        }

        int count = (int)Math.Min(wish.Demand, (long)level + turn);
        long horizon = Math.Max(Patience, (nodes + 1) * turn * Rule.Interval);
        if (!Gcra.TryTake(ref entry.Full, now, Rule, count, horizon, out long wait))
        {
            return new LimitLease(0, 0, Math.Max(Rule.Interval, wait - horizon));
        }

        // What is handed out beyond the need shrinks with the allowance, down to nothing.
        int more = wait > 0 ? 0 : Math.Min(wish.Extra, Gcra.Level(entry.Full, now, Rule) / (2 * nodes));
        Gcra.TryTake(ref entry.Full, now, Rule, more, long.MaxValue, out _);
        long next = Math.Max(0, Math.Max(entry.Full, now) + Rule.Interval - Rule.Tolerance - now);
        return new LimitLease(count + more, wait, next);
    }

    /// <summary>Takes what is left of a lease that ran out. Old leftovers are forgotten.</summary>
    private static int Unused(ref LimitEntry entry, long now)
    {
        if (entry.Until > now)
        {
            return 0;
        }

        int unused = entry.Until > now - UnusedTime ? entry.Leased : 0;
        entry.Leased = 0;
        return unused;
    }

    // Two threads may both compute it; they come to the same.
    private RateRule Fraction(int nodes)
    {
        if (Volatile.Read(ref _fractionOf) != nodes)
        {
            Volatile.Write(ref _fraction, Rule.Fraction(nodes));
            Volatile.Write(ref _fractionOf, nodes);
        }

        return Volatile.Read(ref _fraction);
    }

    private readonly record struct In(RateLimiter Limiter, long Now, int Nodes);

    private readonly record struct Wish(int Demand, int Extra, int Unused);
}

/// <summary>What an owner gave a node.</summary>
/// <param name="Count">Requests it may admit; 0 = none.</param>
/// <param name="Wait">Before the last of them, nanoseconds from now; those before it come one interval apart.</param>
/// <param name="Next">When a further one could be given, nanoseconds from now.</param>
public readonly record struct LimitLease(int Count, long Wait, long Next);
