using Proxy.Cluster.Peers.Blobs;
using Proxy.Cluster.Peers.Shared;
using Proxy.Edge.Replication;
using Proxy.Edge.Tls;

namespace Proxy.Tests.Cluster.Peers.Shared;

public sealed class SharedTicketKeysTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(12);
    private long _now = 1_800_000_000_000;

    [Fact]
    public void Keys_are_exchanged_once_per_interval_by_whoever_is_first()
    {
        Node a = Create("a", "one cluster");
        byte[] first = a.Keys.Export();
        a.Shared.Rotate();
        byte[] second = a.Keys.Export();
        _now += (long)Interval.TotalMilliseconds / 2 - 1;
        a.Shared.Rotate();

        Assert.NotEqual(first, second);
        Assert.Equal(second, a.Keys.Export());
        _now += 1;
        a.Shared.Rotate();
        Assert.NotEqual(second, a.Keys.Export());
    }

    [Fact]
    public void What_a_node_sealed_with_before_it_met_the_others_still_opens()
    {
        Node a = Create("a", "one cluster");
        Node b = Create("b", "one cluster");
        byte[] own = b.Keys.Export();
        a.Shared.Offer();

        Give(a, b);

        Assert.Equal([.. a.Keys.Export(), .. own], b.Keys.Export());
    }

    [Fact]
    public void Keys_under_another_secret_change_nothing_and_are_reported()
    {
        Node a = Create("a", "one cluster");
        Node b = Create("b", "another cluster");
        byte[] own = b.Keys.Export();
        a.Shared.Offer();

        Give(a, b);

        Assert.Equal(own, b.Keys.Export());
        Assert.Single(b.Troubles);
    }

    [Fact]
    public void A_seal_opens_only_what_it_sealed_under_that_name()
    {
        var seal = new BlobSeal(ClusterSecret.OfName("secret"));
        byte[] all = seal.Seal("name", [1, 2, 3]);

        Assert.Equal([1, 2, 3], seal.Open("name", all));
        Assert.Null(seal.Open("other", all));
        Assert.Null(seal.Open("name", all.AsSpan(0, 10)));
        all[^1] ^= 1;
        Assert.Null(seal.Open("name", all));
    }

    private void Give(Node from, Node to)
    {
        Assert.Single(from.Blobs.TakeUnsent());
        byte[] content = from.Blobs.Read(SharedTicketKeys.Name, _now)!;
        Assert.True(to.Blobs.Write(SharedTicketKeys.Name, content, TimeSpan.FromDays(1), _now));
        to.Blobs.Notify(SharedTicketKeys.Name, _now);
    }

    private Node Create(string name, string secret)
    {
        var blobs = new BlobReplica(NodeTag.Of(name), new HybridClock(TimeSpan.FromSeconds(5)), new WriteSignal());
        var keys = new TlsTicketKeys();
        List<string> troubles = [];
        var shared = new SharedTicketKeys(
            blobs, new BlobSeal(ClusterSecret.OfName(secret)), keys, () => Interval, () => _now, troubles.Add);
        shared.Start();
        return new Node(blobs, keys, shared, troubles);
    }

    private sealed record Node(BlobReplica Blobs, TlsTicketKeys Keys, SharedTicketKeys Shared, List<string> Troubles);
}
