using Proxy.Cluster.Host;

namespace Proxy.Tests.Cluster.Host;

public sealed class PeerWatchTests
{
    private static readonly string[] All = ["a", "b", "c"];

    private readonly PeerWatch _watch = new("b");

    [Fact]
    public void Who_was_met_and_is_away_for_three_looks_is_silent_until_it_comes_back()
    {
        Assert.Null(_watch.Look(["a", "c"], All).Silent);
        Assert.Null(_watch.Look(["c"], All).Silent);
        Assert.Null(_watch.Look(["c"], All).Silent);
        Assert.Equal(["a"], _watch.Look(["c"], All).Silent!);
        Assert.Null(_watch.Look(["c"], All).Silent);
        Assert.Equal([], _watch.Look(["a", "c"], All).Silent!);
        Assert.Null(_watch.Look(["c"], All).Silent);
    }

    [Fact]
    public void Who_was_never_met_or_is_no_member_is_never_silent()
    {
        _watch.Look(["a"], All);
        for (int i = 0; i < 10; i++)
        {
            Assert.Null(_watch.Look([], ["b", "c"]).Silent);
        }
    }

    [Fact]
    public void Shares_are_for_members_that_cannot_be_reached_and_peers_that_are_no_members_too()
    {
        Assert.Equal(["a", "b", "c"], _watch.Look(["c"], ["b", "a"]).Nodes);
    }

    [Fact]
    public void Ticket_keys_are_offered_once_by_the_first_by_name_after_three_looks_with_peers()
    {
        string[] peers = ["c"];
        Assert.Equal(
            [false, false, true, false], Enumerable.Range(0, 4).Select(_ => _watch.Look(peers, All).OffersTickets));
        _watch.Look([], All);
        Assert.Equal(
            [false, false, true], Enumerable.Range(0, 3).Select(_ => _watch.Look(peers, All).OffersTickets));

        var second = new PeerWatch("d");
        Assert.DoesNotContain(true, Enumerable.Range(0, 4).Select(_ => second.Look(peers, All).OffersTickets));
    }
}
