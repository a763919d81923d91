namespace Proxy.Cluster.Vrrp.Machine;

/// <summary>Instances that change state together (a sync group; a single instance is a group of one). All members must
/// have the same priority and policy, or two routers would pull the members apart again. Pure, allocates nothing.
/// </summary>
internal sealed class VrrpGroup(VrrpMachine[] members)
{
    public VrrpMachine[] Members => members;

    public long NextTimer
    {
        get
        {
            long next = long.MaxValue;
            foreach (VrrpMachine member in members)
            {
                next = Math.Min(next, member.NextTimer);
            }

            return next;
        }
    }

    /// <summary>Feeds one member and lets the others follow. What each has to do is added to its entry of
    /// <paramref name="effects"/>, which is as long as <see cref="Members"/>.</summary>
    public void Handle(int member, in VrrpInput input, long now, Span<VrrpEffects> effects)
    {
        if (members.Length == 1)
        {
            effects[0] |= members[0].Handle(input, now);
            return;
        }

        if (input.Kind == VrrpInputKind.Fault)
        {
            HandleFault(member, input, now, effects);
            return;
        }

        VrrpState before = members[member].State;
        effects[member] |= members[member].Handle(input, now);
        switch (before, members[member].State)
        {
            case (VrrpState.Backup, VrrpState.Master):
                Others(member, VrrpInput.TakeOver, now, effects);
                break;
            case (VrrpState.Master, VrrpState.Backup):
                Others(
                    member, input.Kind == VrrpInputKind.Resign ? VrrpInput.Resign : VrrpInput.Yield, now, effects);
                break;
        }
    }

    /// <summary>Feeds all members: time, faults of the whole node, weights, shutdown.</summary>
    public void HandleAll(in VrrpInput input, long now, Span<VrrpEffects> effects)
    {
        for (int i = 0; i < members.Length; i++)
        {
            Handle(i, input, now, effects);
        }
    }

    /// <summary>Makes every member know of the others' faults; for a group that was put together anew.</summary>
    public void ShareFaults(long now, Span<VrrpEffects> effects)
    {
        for (int i = 0; i < members.Length; i++)
        {
            FollowFaultsOfOthers(i, now, effects);
        }
    }

    private void Others(int member, in VrrpInput input, long now, Span<VrrpEffects> effects)
    {
        for (int i = 0; i < members.Length; i++)
        {
            if (i != member)
            {
                effects[i] |= members[i].Handle(input, now);
            }
        }
    }

    /// <summary>One member's fault is everybody's, until the last real one has gone.</summary>
    private void HandleFault(int member, in VrrpInput input, long now, Span<VrrpEffects> effects)
    {
        // First, or a member whose own fault clears would begin an election that the others cannot follow.
        FollowFaultsOfOthers(member, now, effects);
        effects[member] |= members[member].Handle(input, now);
        ShareFaults(now, effects);
    }

    private void FollowFaultsOfOthers(int member, long now, Span<VrrpEffects> effects)
    {
        const uint Group = 1u << (int)VrrpTrack.Group;
        bool isFaulty = false;
        for (int i = 0; i < members.Length; i++)
        {
            isFaulty |= i != member && (members[i].Faults & ~Group) != 0;
        }

        if (isFaulty != ((members[member].Faults & Group) != 0))
        {
            effects[member] |= members[member].Handle(VrrpInput.Fault(VrrpTrack.Group, isFaulty), now);
        }
    }
}
