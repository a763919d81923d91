using Proxy.Cluster.Engine;
using Proxy.Cluster.Membership;

namespace Proxy.Tests.Cluster.Membership;

/// <summary>What needs no engine: clocks, transitions, order of events.</summary>
public sealed class MembershipMachineTests
{
    private static readonly DateTimeOffset Noon = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly MembershipMachine _machine = new(
        new MembershipSettings { Cluster = "test", ClusterId = "id" }, SimCluster.Identity("me", 1), () => 2);

    private long _revision;

    [Fact]
    public void The_clock_of_another_node_that_is_off_is_told()
    {
        Put("ok", TimeSpan.FromSeconds(-2));
        Put("good", TimeSpan.FromSeconds(1));
        Put("late", TimeSpan.FromMinutes(-4));

        Assert.Equal("the clock of late is 4 min behind this node's: set it", Assert.Single(_machine.View.Problems));
        Put("late", TimeSpan.FromSeconds(1));
        Assert.Empty(_machine.View.Problems);
    }

    [Fact]
    public void This_nodes_clock_is_told_when_most_others_disagree_with_it()
    {
        Put("a", TimeSpan.FromMinutes(5));
        Put("b", TimeSpan.FromMinutes(5));
        Put("c", TimeSpan.Zero);

        Assert.StartsWith(
            "this node's clock is 5 min behind 2 of 3 other nodes", Assert.Single(_machine.View.Problems),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_broken_record_of_the_engine_is_as_if_it_were_not_there()
    {
        Feed(new EngineItem("test/node/members/x", "[1]"u8.ToArray(), default, default, 1, default));
        Feed(new EngineItem("test/node/members/y", "{"u8.ToArray(), default, default, 1, default));
        Feed(new EngineItem(
            "test/node/members/z", """{"name":"q","peer":"h:1"}"""u8.ToArray(), default, default, 1, default));
        Feed(new EngineItem("test/node/alive/x", "null"u8.ToArray(), default, default, 1, default));

        Assert.Empty(_machine.View.Members);
    }

    [Theory]
    [InlineData(MemberStatus.Joining, "Up Leaving Down Removed")]
    [InlineData(MemberStatus.Up, "Leaving Down Removed")]
    [InlineData(MemberStatus.Leaving, "Exiting Down Removed")]
    [InlineData(MemberStatus.Exiting, "Down Removed")]
    [InlineData(MemberStatus.Down, "Removed")]
    [InlineData(MemberStatus.Removed, "")]
    internal void Only_some_transitions_are_allowed(MemberStatus from, string to)
    {
        Assert.Equal(
            to, string.Join(' ', Enum.GetValues<MemberStatus>().Where(status => from.Allows(status))));
    }

    [Fact]
    public void A_record_reads_as_it_was_written()
    {
        NodeIdentity node = SimCluster.Identity("n", 77) with
        {
            Roles = ["edge", "db"], ManagementAddress = "h:8558", Protocols = new ProtocolRange(2, 5),
        };
        var record = new MemberRecord(node, MemberStatus.Leaving, 3);

        MemberRecord? read = MemberRecord.Read(record.Write());

        Assert.Equal(["edge", "db"], read!.Node.Roles);
        Assert.Equal(record with { Node = node with { Roles = default } },
            read with { Node = read.Node with { Roles = default } });
    }

    private void Put(string name, TimeSpan ahead) => Feed(new EngineItem(
        $"test/node/alive/{name}", new NodePulse(9, Noon + ahead, default, []).Write(), default, default, 1, default));

    private void Feed(EngineItem item)
    {
        if (_revision++ == 0)
        {
            Handle(new FeedSignal.Listed(new Listing([], new Revision(1))));
        }

        Handle(new FeedSignal.Changed(
            new Revision(_revision), [new EngineChange(ChangeKind.Put, item)]));
    }

    private void Handle(FeedSignal signal) =>
        _machine.Handle(new MembershipInput.Feed(signal), new NodeTime(TimeSpan.FromSeconds(_revision), Noon));
}
