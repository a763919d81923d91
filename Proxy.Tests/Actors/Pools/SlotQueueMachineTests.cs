using Proxy.Actors.Pools;
using Proxy.Edge.Topology;

namespace Proxy.Tests.Actors.Pools;

public sealed class SlotQueueMachineTests
{
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(100);

    private readonly MemberState _a = new(new MemberId("app", "a"), "", 1);
    private readonly MemberState _b = new(new MemberId("app", "b"), "", 1);

    [Fact]
    public void First_come_first_served_by_who_takes_the_member()
    {
        var queue = new SlotQueueMachine<int>(10);
        queue.TryEnqueue(1, _a, Late);
        queue.TryEnqueue(2, null, Late);
        queue.TryEnqueue(3, _b, Late);

        Assert.Equal(2, Next(queue, _b));
        Assert.Equal(3, Next(queue, _b));
        Assert.Equal(0, Next(queue, _b));
        Assert.Equal(1, Next(queue, _a));
        Assert.Equal(0, queue.Count);
    }

    [Fact]
    public void A_draining_member_serves_only_who_is_bound_to_it()
    {
        var queue = new SlotQueueMachine<int>(10);
        queue.TryEnqueue(1, null, Late);
        queue.TryEnqueue(2, _a, Late);

        Assert.True(queue.TryNext(_a, forAny: false, TimeSpan.Zero, out int ticket));
        Assert.Equal(2, ticket);
        Assert.False(queue.TryNext(_a, forAny: false, TimeSpan.Zero, out _));
    }

    [Fact]
    public void Who_waited_too_long_leaves_and_is_not_served()
    {
        var queue = new SlotQueueMachine<int>(10);
        queue.TryEnqueue(1, null, TimeSpan.FromSeconds(5));
        queue.TryEnqueue(2, null, TimeSpan.FromSeconds(3));
        Assert.Equal(TimeSpan.FromSeconds(3), queue.Wake);

        Assert.True(queue.TryNext(_a, true, TimeSpan.FromSeconds(5) - TimeSpan.FromTicks(1), out int served));
        Assert.Equal(1, served);
        Assert.False(queue.TryNext(_a, true, TimeSpan.FromSeconds(3), out _));
        Assert.Equal([2], queue.Expire(TimeSpan.FromSeconds(3)));
        Assert.Null(queue.Wake);
    }

    [Fact]
    public void A_full_queue_refuses()
    {
        var queue = new SlotQueueMachine<int>(1);

        Assert.True(queue.TryEnqueue(1, null, Late));
        Assert.False(queue.TryEnqueue(2, null, Late));
        Assert.Equal([1], queue.Clear());
    }

    [Fact]
    public void A_closed_member_lets_go_of_those_bound_to_it()
    {
        var queue = new SlotQueueMachine<int>(10);
        queue.TryEnqueue(1, _a, Late);
        queue.TryEnqueue(2, null, Late);
        queue.TryEnqueue(3, _a, Late);

        Assert.Equal([1, 3], queue.Unbind(_a));
        Assert.Equal(1, queue.Count);
    }

    private static int Next(SlotQueueMachine<int> queue, MemberState member) =>
        queue.TryNext(member, forAny: true, TimeSpan.Zero, out int ticket) ? ticket : 0;
}
