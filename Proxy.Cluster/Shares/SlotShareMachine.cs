namespace Proxy.Cluster.Shares;

/// <summary>max-connections of members for the whole cluster, on one node: tells the owner of each member what this
/// node uses and wants, goes by the share it is given, and divides the slots of members this node owns. A node that
/// hears nothing from an owner goes on with an equal part of the limit. Pure but for the members' states, which the
/// loops use too. Times in nanoseconds on this node's clock.</summary>
internal sealed class SlotShareMachine(string self)
{
    /// <summary>How often use is looked at.</summary>
    public const long Interval = 20_000_000;

    /// <summary>A node without news tells its owner all the same.</summary>
    private const long ReportTime = 250_000_000;

    /// <summary>A report without an answer is repeated after this.</summary>
    private const long RepeatTime = 60_000_000;

    /// <summary>An owner that has said nothing for so long does not count.</summary>
    private const long SilenceTime = 1_000_000_000;

    private readonly NodeRing _ring = new(self);
    private readonly List<SlotShareEffect> _effects = [];
    private readonly Dictionary<ulong, SlotOwner> _owned = [];
    private Dictionary<ulong, Part> _parts = [];

    /// <summary>Whether <see cref="Tick"/> has anything to do: not on a node that never was with others.</summary>
    public bool NeedsTicks => _parts.Values.Any(static part => part.Owner.Length > 0);

    /// <summary>What became of the last call; taken once.</summary>
    public IReadOnlyList<SlotShareEffect> TakeEffects()
    {
        SlotShareEffect[] effects = [.. _effects];
        _effects.Clear();
        return effects;
    }

    /// <summary>The members with a limit for the cluster in the running configuration.</summary>
    public void SetMembers(IEnumerable<SharedMember> members, long now)
    {
        var parts = new Dictionary<ulong, Part>();
        foreach (SharedMember member in members)
        {
            parts[member.Id] = _parts.Remove(member.Id, out Part? known) && known.Member.State == member.State
                ? known with { Member = member }
                : new Part(member, now);
        }

        foreach (Part gone in _parts.Values)
        {
            gone.Member.State.SlotShare = int.MaxValue;
            _owned.Remove(gone.Member.Id);
        }

        _parts = parts;
        foreach (Part part in parts.Values)
        {
            Join(part, now);
        }
    }

    public void SetNodes(IEnumerable<string> nodes, long now)
    {
        if (!_ring.Set(nodes))
        {
            return;
        }

        foreach (Part part in _parts.Values)
        {
            Join(part, now);
        }
    }

    /// <summary>Looks at what is used and tells the owners; every <see cref="Interval"/>.</summary>
    public void Tick(long now)
    {
        foreach (Part part in _parts.Values.Where(static part => part.Owner.Length > 0))
        {
            SharedMember member = part.Member;
            if (now - part.LastHeard > SilenceTime)
            {
                // Everybody who is cut off goes by the same fraction, so together they stay near the limit.
                part.Serial = 0;
                Apply(part, Math.Max(1, member.Limit / _ring.Nodes.Count));
            }

            (int use, int want) = (member.State.SlotsInUse, member.Want);
            bool news = want > part.Share || use > part.Share || want != part.LastWant || part.Unconfirmed;
            long pause = part.LastReport > part.LastHeard ? RepeatTime : ReportTime;
            if (news || now - part.LastReport >= pause)
            {
                Report(part, now);
            }
        }
    }

    public void Receive(string node, ShareMessage message, long now)
    {
        switch (message)
        {
            case ShareMessage.SlotReport report when _parts.TryGetValue(report.Member, out Part? part):
                OnReport(node, report, part.Member.Limit, now);
                break;
            case ShareMessage.SlotGrant grant when _parts.TryGetValue(grant.Member, out Part? part):
                OnGrant(node, grant, part, now);
                break;
        }
    }

    private void OnReport(string node, ShareMessage.SlotReport report, int limit, long now)
    {
        // Whoever reports takes this node for the owner; one that does not know better is told nothing.
        if (_ring.OwnerOf(report.Member) != self)
        {
            return;
        }

        if (!_owned.TryGetValue(report.Member, out SlotOwner? owner))
        {
            _owned[report.Member] = owner = new SlotOwner(report.Member, now);
        }

        foreach ((string to, ShareMessage.SlotGrant grant) in owner.Report(node, report, limit, _ring.Nodes, now))
        {
            if (to == self)
            {
                OnGrant(self, grant, _parts[grant.Member], now);
            }
            else
            {
                _effects.Add(new SlotShareEffect.Send(to, grant));
            }
        }
    }

    private void OnGrant(string node, ShareMessage.SlotGrant grant, Part part, long now)
    {
        // A share that was overtaken by a later one counts no more. Serials may wrap.
        if (node != part.Owner || (part.Serial != 0 && (int)(grant.Serial - part.Serial) < 0))
        {
            return;
        }

        part.LastHeard = now;
        part.Unconfirmed = part.Serial != grant.Serial;
        part.Serial = grant.Serial;
        Apply(part, grant.Share);
    }

    private void Report(Part part, long now)
    {
        SharedMember member = part.Member;
        part.LastReport = now;
        part.LastWant = member.Want;
        part.Unconfirmed = false;
        var report = new ShareMessage.SlotReport(
            member.Id, part.Serial, Math.Max(part.Share, member.State.SlotsInUse), part.LastWant);
        if (part.Owner == self)
        {
            OnReport(self, report, member.Limit, now);
        }
        else
        {
            _effects.Add(new SlotShareEffect.Send(part.Owner, report));
        }
    }

    /// <summary>Goes over to the owner among the nodes there are now.</summary>
    private void Join(Part part, long now)
    {
        string owner = _ring.OwnerOf(part.Member.Id);
        if (_ring.Nodes.Count == 1 && part.Owner is "")
        {
            return;
        }

        if (owner != self)
        {
            _owned.Remove(part.Member.Id);
        }

        if (part.Owner == owner)
        {
            return;
        }

        // Coming from being alone, nothing beyond what is in use may be taken until the owner has said so.
        if (part.Owner.Length == 0)
        {
            part.Share = part.Member.State.SlotShare = Math.Min(part.Share, part.Member.State.SlotsInUse);
        }

        (part.Owner, part.Serial, part.LastHeard) = (owner, 0, now);
        Report(part, now);
    }

    private void Apply(Part part, int share)
    {
        bool raised = share > part.Share;
        part.Share = share;
        part.Member.State.SlotShare = share;
        if (raised)
        {
            _effects.Add(new SlotShareEffect.Raised(part.Member));
        }
    }

    /// <summary>This node's side of a member.</summary>
    private sealed record Part(SharedMember Member, long Since)
    {
        /// <summary>Empty while the node is alone, then the whole limit is its own.</summary>
        public string Owner { get; set; } = "";

        public int Share { get; set; } = Member.Limit;

        public uint Serial { get; set; }

        /// <summary>A share was taken over that the owner has not heard of.</summary>
        public bool Unconfirmed { get; set; }

        public int LastWant { get; set; }

        public long LastHeard { get; set; } = Since;

        public long LastReport { get; set; }
    }
}
