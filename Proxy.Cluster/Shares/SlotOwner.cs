namespace Proxy.Cluster.Shares;

/// <summary>The owner's side of one member's slots: what each node may hold, so that all together never hold more than
/// there are. A share is raised only by what is free for sure; it is lowered by asking, and what was taken away is free
/// when the node has said so. Pure; times in nanoseconds.</summary>
internal sealed class SlotOwner(ulong member, long now)
{
    /// <summary>A new owner waits so long for nodes to say what they hold.</summary>
    private const long Grace = 1_000_000_000;

    /// <summary>What a node held that is gone; by then it has noticed that it is cut off, or it is dead.</summary>
    private const long GoneTime = 2_000_000_000;

    /// <summary>How often the order changes in which nodes get what does not divide evenly.</summary>
    private const long TurnTime = 100_000_000;

    private readonly Dictionary<string, Holding> _holdings = new(StringComparer.Ordinal);

    /// <summary>A node tells; the answers are for whoever's share changed, and always for that node.</summary>
    public IEnumerable<(string Node, ShareMessage.SlotGrant Grant)> Report(
        string node, ShareMessage.SlotReport report, int limit, IReadOnlyList<string> live, long at)
    {
        if (!_holdings.TryGetValue(node, out Holding? holding))
        {
            _holdings[node] = holding = new Holding { Target = report.Holds, Granted = report.Holds };
        }

        holding.Hear(report);
        holding.LastHeard = at;
        holding.Tell = true;
        Rebalance(limit, live, at);
        foreach ((string name, Holding told) in _holdings.Where(static pair => pair.Value.Tell))
        {
            told.Tell = false;
            yield return (name, new ShareMessage.SlotGrant(member, told.Serial, told.Target));
        }
    }

    private void Rebalance(int limit, IReadOnlyList<string> live, long at)
    {
        foreach (string gone in _holdings
            .Where(pair => !live.Contains(pair.Key) && at - pair.Value.LastHeard > GoneTime)
            .Select(static pair => pair.Key).ToArray())
        {
            _holdings.Remove(gone);
        }

        // Nodes that have not reported may hold anything, at first; later they go by their fraction.
        int unheard = live.Count(node => !_holdings.ContainsKey(node));
        if (unheard > 0 && at - now < Grace)
        {
            return;
        }

        int free = limit - (unheard * Math.Max(1, limit / live.Count)) - _holdings.Values.Sum(static h => h.Granted);
        string[] nodes = [.. live.Where(_holdings.ContainsKey)];
        int[] wants = [.. nodes.Select(node => _holdings[node].Want)];
        bool settled = nodes.All(node => _holdings[node].Target >= _holdings[node].Want) && free < nodes.Length;
        if (settled && free >= 0)
        {
            return;
        }

        int[] shares = SlotAllotment.Divide(limit, wants, (int)(at / TurnTime % nodes.Length));
        Lower(nodes, shares);
        Raise(nodes, shares, free);
    }

    private void Lower(string[] nodes, int[] shares)
    {
        for (int i = 0; i < nodes.Length; i++)
        {
            Holding holding = _holdings[nodes[i]];
            if (shares[i] < holding.Target)
            {
                holding.Change(shares[i]);
            }
        }
    }

    private void Raise(string[] nodes, int[] shares, int free)
    {
        for (int i = 0; i < nodes.Length; i++)
        {
            Holding holding = _holdings[nodes[i]];
            int share = Math.Min(shares[i], holding.Granted + free);
            if (share > holding.Target)
            {
                free -= Math.Max(0, share - holding.Granted);
                holding.Granted = Math.Max(holding.Granted, share);
                holding.Change(share);
            }
        }
    }

    private sealed class Holding
    {
        /// <summary>What the node shall go by.</summary>
        public int Target { get; set; }

        /// <summary>The most it can hold, whatever of what was sent has arrived.</summary>
        public int Granted { get; set; }

        public uint Serial { get; private set; } = 1;

        public int Want { get; private set; }

        public long LastHeard { get; set; }

        public bool Tell { get; set; }

        /// <summary>The last serial the node has gone by for sure.</summary>
        private uint Acknowledged { get; set; }

        public void Hear(ShareMessage.SlotReport report)
        {
            if (report.Serial == Serial)
            {
                Granted = Math.Max(Target, report.Holds);
                Acknowledged = Serial;
            }
            else if (report.Serial == 0 || (int)(report.Serial - Acknowledged) >= 0)
            {
                Granted = Math.Max(Granted, report.Holds);
            }
            else
            {
                // Overtaken by a later report; what it held has been given to others since.
                return;
            }

            Want = report.Want;
        }

        public void Change(int target)
        {
            Target = target;
            Serial++;
            Tell = true;
        }
    }
}
