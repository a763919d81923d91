using Proxy.Edge.Limits;

namespace Proxy.Cluster.Shares;

/// <summary>Rate limits of the whole cluster on one node: asks the owners of keys for requests that wait here, and
/// answers other nodes about keys this node owns. Nobody waits longer than <see cref="Patience"/>: then, and as long as
/// the owner stays silent, this node admits an equal part of the limit by itself. Pure but for the limiters it is
/// given, which the loops use too. Times in nanoseconds on this node's clock; nodes exchange spans only, so their
/// clocks need not agree.</summary>
internal sealed class RateShareMachine
{
    /// <summary>How long an owner may take to answer. A network of one site takes a millisecond; the rest is for
    /// pauses of its process.</summary>
    public const long Patience = 25_000_000;

    /// <summary>How often a silent owner is tried.</summary>
    public const long PingInterval = 200_000_000;

    /// <summary>A refusal is believed for so long at most: the owner may be another one by then.</summary>
    private const long MaxRefusal = 1_000_000_000;

    /// <summary>Requests that wait for one key; more are refused.</summary>
    private const int MaxWaiting = 10_000;

    /// <summary>Keys with a memory of their use; idle ones go when there are more.</summary>
    private const int MaxKeys = 50_000;

    private readonly NodeRing _ring;
    private readonly Dictionary<(ulong Limit, ulong Key), ParkedRequests> _parked = [];
    private readonly Queue<(ParkedRequests Parked, uint Serial)> _asked = new();
    private readonly Queue<(ParkedRequests Parked, long Until)> _leases = new();
    private readonly List<RateShareEffect> _effects = [];
    private Dictionary<ulong, RateLimiter> _limiters = [];
    private uint _serial;
    private long _nextPing;
    private int _asking;

    public RateShareMachine(string self) => _ring = new NodeRing(self);

    /// <summary>Whether <see cref="Tick"/> has anything to do, some times per <see cref="Patience"/>.</summary>
    public bool NeedsTicks => _asking > 0 || _leases.Count > 0 || _ring.Silent.Count > 0;

    /// <summary>Questions sent, and questions that were not answered in time.</summary>
    public long Asks { get; private set; }

    public long Unanswered { get; private set; }

    /// <summary>What became of the last call; taken once.</summary>
    public IReadOnlyList<RateShareEffect> TakeEffects()
    {
        RateShareEffect[] effects = [.. _effects];
        _effects.Clear();
        return effects;
    }

    /// <summary>The limits of the running configuration.</summary>
    public void SetLimits(IEnumerable<RateLimiter> limiters) =>
        _limiters = limiters.DistinctBy(static limiter => limiter.Id).ToDictionary(static limiter => limiter.Id);

    /// <summary>The nodes that are there; whoever waits for one that is not is asked about anew.</summary>
    public void SetNodes(IEnumerable<string> nodes, LimitShares shares, long now)
    {
        if (!_ring.Set(nodes))
        {
            return;
        }

        shares.Owners = _ring.Owners;
        foreach (ParkedRequests parked in _parked.Values.Where(static parked => parked.Asked is not null).ToArray())
        {
            if (parked.Asked != _ring.OwnerOf(parked.Key))
            {
                Settle(parked, now);
                Judge(parked, now);
            }
        }
    }

    /// <summary>A request waits. It is answered now or in time.</summary>
    public void Ask(RateLimiter limiter, ulong key, ILimitAnswer answer, long now)
    {
        if (_parked.TryGetValue((limiter.Id, key), out ParkedRequests? parked) && parked.Limiter != limiter)
        {
            // The limit has just been changed: those who wait for the old one go by what this node knows of it.
            if (parked.Asked is not null)
            {
                Settle(parked, now);
            }

            AnswerAll(parked, old => old.TakeFraction(key, now));
            parked = null;
        }

        if (parked is null)
        {
            Forget();
            _parked[(limiter.Id, key)] = parked = new ParkedRequests(limiter, key);
        }

        if (parked.Waiting.Count >= MaxWaiting)
        {
            _effects.Add(new RateShareEffect.Answer(answer, LimitVerdict.Refused(Patience)));
            return;
        }

        parked.Waiting.Enqueue(answer);
        if (parked.Asked is null)
        {
            Judge(parked, now);
        }
    }

    public void Receive(string node, ShareMessage message, LimitShares shares, long now)
    {
        if (_ring.MarkSilent(node, silent: false))
        {
            shares.Owners = _ring.Owners;
        }

        switch (message)
        {
            case ShareMessage.RateAsk ask:
                // Whether this node still is the owner does not matter: whoever asks believes it.
                LimitLease lease = _limiters.TryGetValue(ask.Limit, out RateLimiter? limiter)
                    ? limiter.Lease(ask.Key, ask.Demand, ask.Extra, ask.Unused, now)
                    : new LimitLease(-1, 0, 0);
                _effects.Add(new RateShareEffect.Send(
                    node,
                    new ShareMessage.RateGrant(ask.Limit, ask.Key, ask.Serial, lease.Count, lease.Wait, lease.Next)));
                break;
            case ShareMessage.RateGrant grant:
                if (_parked.TryGetValue((grant.Limit, grant.Key), out ParkedRequests? parked)
                    && parked.Asked == node && parked.Serial == grant.Serial)
                {
                    Granted(parked, grant, now);
                }

                break;
            case ShareMessage.RateReturn unused:
                _limiters.GetValueOrDefault(unused.Limit)?.Return(unused.Key, unused.Unused, now);
                break;
            case ShareMessage.Ping:
                _effects.Add(new RateShareEffect.Send(node, new ShareMessage.Pong()));
                break;
        }
    }

    /// <summary>Gives up on owners that did not answer, gives back what was not used, and tries silent nodes.</summary>
    public void Tick(LimitShares shares, long now)
    {
        while (_asked.TryPeek(out (ParkedRequests Parked, uint Serial) oldest)
            && (oldest.Parked.Serial != oldest.Serial || oldest.Parked.Asked is null
                || now - oldest.Parked.AskedAt >= Patience))
        {
            ParkedRequests parked = _asked.Dequeue().Parked;
            if (parked.Serial == oldest.Serial && parked.Asked is { } owner)
            {
                Unanswered++;
                Settle(parked, now);
                if (_ring.MarkSilent(owner, silent: true))
                {
                    shares.Owners = _ring.Owners;
                }

                AnswerAll(parked, limiter => limiter.TakeFraction(parked.Key, now));
            }
        }

        while (_leases.TryPeek(out (ParkedRequests Parked, long Until) lease) && lease.Until <= now)
        {
            ParkedRequests parked = _leases.Dequeue().Parked;
            if (parked.Limiter.CollectUnused(parked.Key, now) is > 0 and int unused)
            {
                parked.LeaseWasted(unused);
                _effects.Add(new RateShareEffect.Send(
                    _ring.OwnerOf(parked.Key), new ShareMessage.RateReturn(parked.Limiter.Id, parked.Key, unused)));
            }
        }

        if (now >= _nextPing && _ring.Silent.Count > 0)
        {
            _nextPing = now + PingInterval;
            _effects.AddRange(
                _ring.Silent.Select(static node => new RateShareEffect.Send(node, new ShareMessage.Ping())));
        }
    }

    private void Granted(ParkedRequests parked, ShareMessage.RateGrant grant, long now)
    {
        RateLimiter limiter = parked.Limiter;
        int demand = parked.Demand;
        Settle(parked, now);
        if (grant.Count < 0)
        {
            AnswerAll(parked, limiter => limiter.TakeFraction(parked.Key, now));
            return;
        }

        int used = 0;
        long wait = 0;
        while (used < grant.Count && parked.Waiting.Count > 0)
        {
            wait = Math.Max(0, grant.Wait - ((grant.Count - 1 - used) * limiter.Rule.Interval));
            if (wait > Math.Max(limiter.Patience, RateLimiter.Turn))
            {
                break;
            }

            used++;
            // A limit without patience has none for the timers of loops either, which are coarser than this.
            Answer(parked, LimitVerdict.Admitted(limiter.Patience > 0 ? wait : 0));
        }

        int left = grant.Count - used;
        if (left > 0)
        {
            wait = Math.Max(0, grant.Wait - ((left - 1) * limiter.Rule.Interval));
            limiter.Keep(parked.Key, left, wait, now);
            _leases.Enqueue((parked, now + wait + limiter.LeaseLength));
        }
        else if (grant.Count == 0)
        {
            limiter.Refuse(parked.Key, Math.Min(grant.Next, MaxRefusal), now);
        }

        for (demand -= used; demand > 0 && parked.Waiting.Count > 0; demand--)
        {
            Answer(parked, LimitVerdict.Refused(left > 0 ? wait : grant.Next));
        }

        Judge(parked, now);
    }

    /// <summary>Answers those who wait as far as this node can by itself, and asks about the rest.</summary>
    private void Judge(ParkedRequests parked, long now)
    {
        while (parked.Waiting.Count > 0)
        {
            LimitVerdict verdict = parked.Limiter.Take(parked.Key, now);
            if (verdict.Outcome == LimitOutcome.Unknown)
            {
                string owner = _ring.OwnerOf(parked.Key);
                _effects.Add(new RateShareEffect.Send(owner, parked.Ask(owner, ++_serial, now)));
                _asked.Enqueue((parked, _serial));
                _asking++;
                Asks++;
                return;
            }

            Answer(parked, verdict);
        }
    }

    private void Settle(ParkedRequests parked, long now)
    {
        parked.Answered(now);
        _asking--;
    }

    private void AnswerAll(ParkedRequests parked, Func<RateLimiter, LimitVerdict> judge)
    {
        while (parked.Waiting.Count > 0)
        {
            Answer(parked, judge(parked.Limiter));
        }
    }

    private void Answer(ParkedRequests parked, LimitVerdict verdict) =>
        _effects.Add(new RateShareEffect.Answer(parked.Waiting.Dequeue(), verdict));

    private void Forget()
    {
        if (_parked.Count < MaxKeys)
        {
            return;
        }

        foreach ((ulong Limit, ulong Key) idle in
            _parked.Where(static pair => pair.Value.Asked is null).Select(static pair => pair.Key).ToArray())
        {
            _parked.Remove(idle);
        }
    }
}
