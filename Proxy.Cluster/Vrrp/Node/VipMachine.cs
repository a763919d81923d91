using System.Numerics;
using Proxy.Actors.Config;
using Proxy.Cluster.Vrrp.Guard;
using Proxy.Cluster.Vrrp.Machine;
using Proxy.Cluster.Vrrp.Packets;

namespace Proxy.Cluster.Vrrp.Node;

/// <summary>The node's policy for its virtual routers, pure: what the guard must know of faults and weights, what the
/// peers hear and what their fate tells the guard, what management shows. The guard decides who is master; nothing
/// here is needed for that, so a node without peers or engine works as well.</summary>
internal sealed class VipMachine
{
    private static readonly TimeSpan Settled = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(2);

    private readonly List<Router> _routers = [];
    private readonly Dictionary<string, IReadOnlyList<VipClaim>> _peers = new(StringComparer.Ordinal);
    private readonly List<VipEffect> _effects = [];
    private VipInput.Condition _condition = new(false, true, new HashSet<string>());
    private bool _isConnected;
    private bool _isLeaving;
    private GuardReady _guard;

    public VipReport Report => new(
        [.. _routers.Select(router => router.View with { Owner = OwnerOf(router) })],
        _isConnected ? _guard.ProcessId : 0,
        _isConnected && _guard.IsRealTime);

    /// <summary>The node that would be master next if this one were not there; empty when there is none among the
    /// peers.</summary>
    public string NextOwner(string vip) => Find(vip) is { } router
        ? _peers.SelectMany(static peer => peer.Value, static (peer, claim) => (peer.Key, Claim: claim))
            .Where(each => each.Claim.IsSameRouter(router.Claim) && each.Claim.State == VrrpState.Backup)
            .OrderByDescending(static each => each.Claim.Priority).ThenBy(
                static each => each.Key, StringComparer.Ordinal)
            .Select(static each => each.Key).FirstOrDefault("")
        : "";

    public VipView? ViewOf(string vip) => Find(vip)?.View;

    /// <summary>Our router that a peer's claim is about.</summary>
    public VipView? ViewOf(VipClaim claim) => _routers.Find(router => router.Claim.IsSameRouter(claim))?.View;

    /// <summary>A router and the others of its sync group, always in the same order.</summary>
    public IReadOnlyList<VipView> MembersOf(VipView view) => view.Plan.Config.SyncGroup is { Length: > 0 } group
        ? [.. _routers.Where(router => router.View.Plan.Config.SyncGroup == group).Select(static router => router.View)]
        : [view];

    public IReadOnlyList<VipEffect> Handle(VipInput input, DateTimeOffset now)
    {
        _effects.Clear();
        switch (input)
        {
            case VipInput.Configure configure:
                Configure(configure.Vips, now);
                break;
            case VipInput.GuardConnected:
                _isConnected = true;
                TellGuardAll();
                break;
            case VipInput.GuardGone:
                _isConnected = false;
                foreach (Router router in _routers)
                {
                    // What it left behind is not known, so nothing is claimed.
                    Change(router, router.View with { State = VrrpState.Initialize, Master = NetAddress.None }, now);
                }

                TellPeers();
                break;
            case VipInput.FromGuard from:
                OnGuard(from.Event, now);
                break;
            case VipInput.Condition condition:
                _condition = condition;
                Judge();
                AskForOwn(now);
                break;
            case VipInput.Checked check when Find(check.Vip) is { } router:
                router.IsGood = check.IsGood;
                Judge();
                break;
            case VipInput.PeerSaid said:
                OnPeerSaid(said.Node, said.Claims);
                break;
            case VipInput.PeerLost lost:
                OnPeerLost(lost.Node, lost.IsBroken);
                break;
            case VipInput.PeerFound found:
                OnPeerFound(found.Node);
                break;
            case VipInput.Remind:
                TellPeers();
                break;
            case VipInput.Leave leave:
                _isLeaving = leave.IsLeaving;
                Judge();
                break;
        }

        return _effects;
    }

    private Router? Find(string name) => _routers.Find(router => router.View.Plan.Config.Name == name);

    private void Configure(IReadOnlyList<PlannedVip> vips, DateTimeOffset now)
    {
        Router[] before = [.. _routers];
        bool isSame = before.Select(static router => router.View.Plan).SequenceEqual(vips);
        if (isSame)
        {
            return;
        }

        _routers.Clear();
        foreach (PlannedVip vip in vips)
        {
            Router? old = Array.Find(before, router => router.Id == vip.Id);
            VipView view = old is not null ? old.View with { Plan = vip } : new VipView(
                vip, VrrpState.Initialize, vip.Settings.Policy.Priority, 0, NetAddress.None, "", now, null);
            _routers.Add(new Router(view) { IsGood = old?.IsGood });
        }

        TellGuardAll();
        TellPeers();
    }

    /// <summary>Everything from the start: routers, and before they begin to work what is wrong with them.</summary>
    private void TellGuardAll()
    {
        if (!_isConnected)
        {
            return;
        }

        _effects.Add(new VipEffect.Hello());
        foreach (Router router in _routers)
        {
            _effects.Add(new VipEffect.Settings(router.View.Plan.Settings));
            router.Faults = 0;
            router.Weight = 0;
        }

        Judge();
        _effects.Add(new VipEffect.Commit());
    }

    /// <summary>Tells the guard what has changed about faults and weights.</summary>
    private void Judge()
    {
        if (!_isConnected)
        {
            return;
        }

        foreach (Router router in _routers)
        {
            uint faults = FaultsOf(router);
            for (uint left = faults ^ router.Faults; left != 0; left &= left - 1)
            {
                var track = (VrrpTrack)BitOperations.TrailingZeroCount(left);
                _effects.Add(new VipEffect.Fault(router.Id, track, (faults >> (int)track & 1) != 0));
            }

            router.Faults = faults;
            int weight = WeightOf(router);
            if (weight != router.Weight)
            {
                router.Weight = weight;
                _effects.Add(new VipEffect.Weight(router.Id, VrrpTrack.Check, weight));
            }
        }
    }

    /// <summary>Taking it by force would cut the owner's connections; it hands over when asked. The guard takes it by
    /// itself when that does not happen within <see cref="VipPlan.AskFirst"/>.</summary>
    private void AskForOwn(DateTimeOffset now)
    {
        foreach (Router router in _routers)
        {
            VipConfig config = router.View.Plan.Config;
            TimeSpan wait = TimeSpan.FromMicroseconds(router.View.Plan.Settings.Policy.PreemptDelay) - VipPlan.AskFirst;
            if (router.View.State != VrrpState.Backup || !config.Preempt
                || MembersOf(router.View)[0].Plan != router.View.Plan
                || now - router.View.Since < wait + Settled || now - router.AskedAt < AskAgain)
            {
                continue;
            }

            string owner = OwnerOf(router);
            bool isLower = owner.Length > 0 && _peers[owner].Any(claim =>
                claim.IsSameRouter(router.Claim) && claim.Priority < router.View.Priority);
            if (isLower)
            {
                router.AskedAt = now;
                _effects.Add(new VipEffect.Ask(router.View, owner));
            }
        }
    }

    private uint FaultsOf(Router router)
    {
        VipTrackConfig track = router.View.Plan.Config.Track;
        bool isUnhealthy = _condition.IsStuck || (track.Ready && !_condition.IsReady)
            || track.Pools.Any(_condition.EmptyPools.Contains);
        bool isBad = track.Check is { Command.Count: > 0, Weight: 0 } && router.IsGood == false;
        return Bit(VrrpTrack.Health, isUnhealthy)
            | Bit(VrrpTrack.Check, isBad)
            | Bit(VrrpTrack.Majority, track.Majority && !_condition.HasMajority)
            | Bit(VrrpTrack.Operator, _isLeaving);

        static uint Bit(VrrpTrack track, bool isSet) => isSet ? 1u << (int)track : 0;
    }

    /// <summary>Below 0 it is taken off while the check fails, above 0 it is added while it passes; nothing before the
    /// first result.</summary>
    private static int WeightOf(Router router)
    {
        VipCheckConfig check = router.View.Plan.Config.Track.Check;
        bool counts = check.Command.Count > 0 && router.IsGood == (check.Weight > 0);
        return counts ? check.Weight : 0;
    }

    private void OnGuard(GuardEvent happened, DateTimeOffset now)
    {
        switch (happened)
        {
            case GuardEvent.Ready ready:
                _guard = ready.Value;
                break;
            case GuardEvent.Router { Value: var report } when _routers.Find(r => r.Id == report.Id) is { } router:
                Change(
                    router,
                    router.View with
                    {
                        State = report.State,
                        Priority = report.Priority,
                        Faults = report.Faults,
                        Master = report.Master,
                    },
                    now,
                    report.Cause);
                TellPeers();
                break;
            case GuardEvent.Counters { Value: var counters }
                when _routers.Find(r => r.Id == counters.Id) is { } router:
                router.View = router.View with { Counters = counters };
                break;
            case GuardEvent.Refusal { Value: var refusal }:
                _effects.Add(new VipEffect.Warn(NameOf(refusal.Id), refusal.Reason == VrrpRefusal.None
                    ? $"{refusal.Source} advertises other addresses than are configured here"
                    : $"advert of {refusal.Source} dropped: {refusal.Reason} ({refusal.Count} so far)"));
                break;
            case GuardEvent.Problem problem:
                _effects.Add(new VipEffect.Warn(NameOf(problem.Id), problem.Text));
                break;
        }
    }

    private void Change(Router router, VipView next, DateTimeOffset now, VrrpInputKind cause = VrrpInputKind.Tick)
    {
        bool isOther = next.State != router.View.State;
        router.View = isOther ? next with { Since = now } : next;
        if (isOther)
        {
            _effects.Add(new VipEffect.Changed(router.View, cause));
        }
    }

    private string NameOf(ushort id) =>
        _routers.Find(router => router.Id == id)?.View.Plan.Config.Name ?? "";

    private void TellPeers() => _effects.Add(new VipEffect.Tell([.. _routers.Select(static r => r.Claim)]));

    private void OnPeerSaid(string node, IReadOnlyList<VipClaim> claims)
    {
        IReadOnlyList<VipClaim> before = _peers.GetValueOrDefault(node) ?? [];
        _peers[node] = claims;
        foreach (VipClaim old in before.Where(static claim => claim.State == VrrpState.Master))
        {
            // Who is backup now has heard another master, or has said in an advert that it resigns: should this node
            // not have heard that master yet, it must not be told that there is none.
            bool isCovered = claims.Any(claim =>
                claim.IsSameRouter(old) && claim.State is VrrpState.Master or VrrpState.Backup);
            if (!isCovered)
            {
                Hint(old, PeerHint.Resigned);
            }
        }
    }

    private void OnPeerLost(string node, bool isBroken)
    {
        if (_peers.Remove(node, out IReadOnlyList<VipClaim>? claims) && isBroken)
        {
            foreach (VipClaim claim in claims.Where(static claim => claim.State == VrrpState.Master))
            {
                Hint(claim, PeerHint.Died);
            }
        }
    }

    private void OnPeerFound(string node)
    {
        _peers[node] = [];
        TellPeers();
        foreach (Router router in _routers.Where(static router => router.View.State == VrrpState.Master))
        {
            // It may have had it too while nobody heard of the other.
            _effects.Add(new VipEffect.Hint(router.Id, PeerHint.Appeared, NetAddress.None));
        }
    }

    private void Hint(VipClaim claim, PeerHint kind)
    {
        if (_routers.Find(router => router.Claim.IsSameRouter(claim)) is { } router && !claim.Source.IsNone)
        {
            _effects.Add(new VipEffect.Hint(router.Id, kind, claim.Source));
        }
    }

    /// <summary>The node that says it has it and that the adverts come from; empty rather than stale.</summary>
    private string OwnerOf(Router router)
    {
        if (router.View.State == VrrpState.Master)
        {
            return "self";
        }

        NetAddress master = router.View.Master;
        return master.IsNone ? "" : _peers
            .Where(peer => peer.Value.Any(claim =>
                claim.IsSameRouter(router.Claim) && claim.State == VrrpState.Master && claim.Source == master))
            .Select(static peer => peer.Key).FirstOrDefault("");
    }

    private sealed class Router(VipView view)
    {
        public VipView View { get; set; } = view;

        public ushort Id => View.Plan.Id;

        /// <summary>Of the operator's check; null before its first result.</summary>
        public bool? IsGood { get; set; }

        /// <summary>As the guard was told last.</summary>
        public uint Faults { get; set; }

        public int Weight { get; set; }

        public DateTimeOffset AskedAt { get; set; }

        public VipClaim Claim => new(
            View.Plan.Settings.Rules.Family,
            View.Plan.Settings.Rules.RouterId,
            View.Plan.Settings.Rules.Addresses[0],
            View.State,
            View.Priority,
            View.State == VrrpState.Master ? View.Master : NetAddress.None);
    }
}
