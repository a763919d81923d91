using System.Numerics;
using Proxy.Cluster.Vrrp.Machine;

namespace Proxy.Cluster.Vrrp.Guard;

/// <summary>All virtual routers of the guard: feeds the machines and carries out what they want through the port, over
/// a whole group in the order of <see cref="VrrpEffects"/>. Allocates only when the set of routers changes.</summary>
internal sealed class GuardCore(IGuardPort port)
{
    private GuardedRouter[] _routers = [];
    private GuardedRouter[][] _members = [];
    private VrrpGroup[] _groups = [];
    private VrrpEffects[] _effects = [];

    public ReadOnlySpan<GuardedRouter> Routers => _routers;

    public long NextTimer
    {
        get
        {
            long next = long.MaxValue;
            foreach (VrrpGroup group in _groups)
            {
                next = Math.Min(next, group.NextTimer);
            }

            return next;
        }
    }

    /// <summary>Replaces the set. Routers that stay keep their state; those that go must have been shut down before,
    /// and new ones are started by the caller afterwards.</summary>
    public void Replace(IReadOnlyList<GuardedRouter> routers, long now)
    {
        _routers = [.. routers];
        _members =
        [
            .. _routers
                .GroupBy(static router => router.Settings.Group == 0 ? -1 - router.Settings.Id : router.Settings.Group)
                .Select(static group => group.ToArray()),
        ];
        _groups = [.. _members.Select(static members => new VrrpGroup([.. members.Select(static r => r.Machine)]))];
        _effects = new VrrpEffects[_routers.Length];
        for (int group = 0; group < _groups.Length; group++)
        {
            for (int member = 0; member < _members[group].Length; member++)
            {
                _members[group][member].GroupIndex = group;
                _members[group][member].MemberIndex = member;
            }

            Span<VrrpEffects> effects = Effects(group);
            _groups[group].ShareFaults(now, effects);
            Perform(group, effects, VrrpInputKind.Fault);
        }
    }

    public GuardedRouter? Find(ushort id)
    {
        foreach (GuardedRouter router in _routers)
        {
            if (router.Settings.Id == id)
            {
                return router;
            }
        }

        return null;
    }

    public void Feed(GuardedRouter router, in VrrpInput input, long now)
    {
        Span<VrrpEffects> effects = Effects(router.GroupIndex);
        _groups[router.GroupIndex].Handle(router.MemberIndex, input, now, effects);
        Perform(router.GroupIndex, effects, input.Kind);
    }

    /// <summary>Feeds every member of the router's group.</summary>
    public void FeedGroup(GuardedRouter router, in VrrpInput input, long now)
    {
        Span<VrrpEffects> effects = Effects(router.GroupIndex);
        _groups[router.GroupIndex].HandleAll(input, now, effects);
        Perform(router.GroupIndex, effects, input.Kind);
    }

    public void FeedAll(in VrrpInput input, long now)
    {
        for (int group = 0; group < _groups.Length; group++)
        {
            Span<VrrpEffects> effects = Effects(group);
            _groups[group].HandleAll(input, now, effects);
            Perform(group, effects, input.Kind);
        }
    }

    /// <summary>Fires what is due.</summary>
    public void Tick(long now)
    {
        for (int group = 0; group < _groups.Length; group++)
        {
            if (_groups[group].NextTimer <= now)
            {
                Span<VrrpEffects> effects = Effects(group);
                _groups[group].HandleAll(VrrpInput.Tick, now, effects);
                Perform(group, effects, VrrpInputKind.Tick);
            }
        }
    }

    private Span<VrrpEffects> Effects(int group)
    {
        Span<VrrpEffects> effects = _effects.AsSpan(0, _members[group].Length);
        effects.Clear();
        return effects;
    }

    private void Perform(int group, ReadOnlySpan<VrrpEffects> effects, VrrpInputKind cause)
    {
        VrrpEffects all = VrrpEffects.None;
        foreach (VrrpEffects each in effects)
        {
            all |= each;
        }

        while (all != VrrpEffects.None)
        {
            var step = (VrrpEffects)(1 << BitOperations.TrailingZeroCount((uint)all));
            all &= ~step;
            for (int member = 0; member < effects.Length; member++)
            {
                if ((effects[member] & step) != 0)
                {
                    Perform(_members[group][member], step, cause);
                }
            }
        }

        foreach (GuardedRouter router in _members[group])
        {
            // Another master is no change of our state, but the node shows it.
            if (router.Machine.Master != router.ReportedMaster)
            {
                port.Report(router, cause);
                router.ReportedMaster = router.Machine.Master;
            }
        }
    }

    private void Perform(GuardedRouter router, VrrpEffects step, VrrpInputKind cause)
    {
        switch (step)
        {
            case VrrpEffects.SendAdvert:
                port.SendAdvert(router, router.Machine.Priority);
                break;
            case VrrpEffects.SendProbe:
                port.SendAdvert(router, 1);
                break;
            case VrrpEffects.SendResign:
                port.SendAdvert(router, 0);
                break;
            // In a group one member can get and lose the addresses in one step: what it holds in the end counts.
            case VrrpEffects.AddAddresses when router.Machine.HoldsAddresses:
                port.AddAddresses(router);
                break;
            case VrrpEffects.RemoveAddresses when !router.Machine.HoldsAddresses:
                port.RemoveAddresses(router);
                break;
            case VrrpEffects.Announce when router.Machine.HoldsAddresses:
                router.Announced++;
                port.Announce(router);
                break;
            case VrrpEffects.StateChanged:
                router.ReportedMaster = router.Machine.Master;
                router.Takeovers += router.Machine.State == VrrpState.Master ? 1u : 0u;
                port.Report(router, cause);
                break;
        }
    }
}
