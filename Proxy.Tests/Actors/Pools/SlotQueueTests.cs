using Proxy.Actors.Config;
using Proxy.Actors.Pools;

namespace Proxy.Tests.Actors.Pools;

public sealed class SlotQueueTests
{
    private readonly PoolRig _rig = new();

    public SlotQueueTests()
    {
        PoolConfig pool = PoolRig.Pool("a b");
        _rig.Publish(pool with
        {
            Members = ConfigList.From(pool.Members.Select(static member => member with { MaxConnections = 1 })),
        });
    }

    [Fact]
    public void A_slot_given_back_goes_to_who_waited_longest()
    {
        Assert.True(_rig.State("a").TryTakeSlot(1));
        Assert.True(_rig.State("b").TryTakeSlot(1));
        Answer<SlotAnswer> first = _rig.Acquire();
        Answer<SlotAnswer> second = _rig.Acquire(only: "a");
        Answer<SlotAnswer> third = _rig.Acquire();
        Assert.False(first.IsGiven || second.IsGiven || third.IsGiven);
        Assert.Equal(3, _rig.Waiting());

        _rig.Release("b");
        Assert.Same(_rig.State("b"), first.Value.Member);
        _rig.Release("b");
        Assert.Same(_rig.State("b"), third.Value.Member);
        _rig.Release("a");
        Assert.Same(_rig.State("a"), second.Value.Member);

        // All slots are taken by those who waited.
        Assert.False(_rig.State("a").TryTakeSlot(1) || _rig.State("b").TryTakeSlot(1));
    }

    [Fact]
    public void A_slot_that_became_free_meanwhile_is_given_at_once()
    {
        Answer<SlotAnswer> answer = _rig.Acquire();

        Assert.Same(_rig.State("a"), answer.Value.Member);
        Assert.False(_rig.State("a").TryTakeSlot(1));
    }

    [Fact]
    public void Waiting_ends_at_the_deadline()
    {
        TakeAll();
        Answer<SlotAnswer> slow = _rig.Acquire(seconds: 9);
        Answer<SlotAnswer> quick = _rig.Acquire(seconds: 2);

        _rig.Run(2.1);
        Assert.Equal(SlotRefusal.TimedOut, quick.Value.Refusal);
        Assert.False(slow.IsGiven);
        _rig.Run(7);
        Assert.Equal(SlotRefusal.TimedOut, slow.Value.Refusal);
        Assert.False(_rig.CandidateList().Members.Length == 0);

        _rig.Release("a");
        Assert.True(_rig.State("a").TryTakeSlot(1));
    }

    [Fact]
    public void The_slot_of_who_gave_up_goes_to_the_next_and_is_free_in_the_end()
    {
        TakeAll();
        Answer<SlotAnswer> gone = _rig.Acquire(seconds: 60, patience: 1);
        Answer<SlotAnswer> next = _rig.Acquire(seconds: 60);
        Answer<SlotAnswer> alsoGone = _rig.Acquire(seconds: 60, patience: 1);
        _rig.Run(2);
        Assert.True(gone.IsGiven && alsoGone.IsGiven);

        _rig.Release("a");
        Assert.Same(_rig.State("a"), next.Value.Member);
        _rig.Release("b");

        Assert.Equal(0, _rig.Waiting());
        Assert.True(_rig.State("b").TryTakeSlot(1));
        Assert.False(_rig.State("b").TryTakeSlot(1));
    }

    [Fact]
    public void Who_waits_for_a_member_that_closes_is_told()
    {
        TakeAll();
        Answer<SlotAnswer> bound = _rig.Acquire(only: "a");
        Answer<SlotAnswer> free = _rig.Acquire();

        _rig.Order("a", "maint");

        Assert.Equal(SlotRefusal.MemberClosed, bound.Value.Refusal);
        Assert.False(free.IsGiven);
        Assert.Equal(SlotRefusal.MemberClosed, _rig.Acquire(only: "a").Value.Refusal);
        _rig.Order("b", "maint");
        Assert.Equal(SlotRefusal.MemberClosed, _rig.Acquire().Value.Refusal);

        // Its slot is still taken by a running exchange; a member that returns serves who waits when it has one.
        _rig.Release("a");
        Assert.False(free.IsGiven);
        _rig.Order("a", "ready");
        Assert.Same(_rig.State("a"), free.Value.Member);
    }

    [Fact]
    public void A_draining_member_serves_only_its_own()
    {
        TakeAll();
        Answer<SlotAnswer> free = _rig.Acquire();
        Answer<SlotAnswer> bound = _rig.Acquire(only: "a");
        _rig.Order("a", "drain");

        _rig.Release("a");

        Assert.Same(_rig.State("a"), bound.Value.Member);
        Assert.False(free.IsGiven);
    }

    private void TakeAll()
    {
        Assert.True(_rig.State("a").TryTakeSlot(1));
        Assert.True(_rig.State("b").TryTakeSlot(1));
    }
}
