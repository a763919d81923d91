using System.Text;
using Proxy.Cluster.Acme;
using Proxy.Cluster.Peers.Blobs;
using Proxy.Cluster.Peers.Codec;
using Proxy.Cluster.Peers.Shared;
using Proxy.Edge.Relay;
using Proxy.Edge.Replication;
using Proxy.Edge.Tls;

namespace Proxy.Tests.Cluster.Peers.Shared;

public sealed class SharedAcmeTests
{
    private static readonly ChallengeAnswer Http = new("shop.test", "http-01", "token", "token.thumbprint");

    [Fact]
    public void Every_edge_answers_what_one_node_was_asked()
    {
        Node a = Create("a", "one cluster");
        Node b = Create("b", "one cluster");

        a.Acme.Shown(Http);
        Give(a, b);
        Assert.Equal("token.thumbprint", b.Asked("/.well-known/acme-challenge/token"));
        a.Acme.Hidden(Http);
        Give(a, b);
        Assert.Null(b.Asked("/.well-known/acme-challenge/token"));
    }

    [Fact]
    public void A_handshake_for_a_challenge_is_answered_by_every_edge()
    {
        Node a = Create("a", "one cluster");
        Node b = Create("b", "one cluster");
        ChallengeAnswer challenge = Http with { Type = "tls-alpn-01" };

        a.Acme.Shown(challenge);
        Give(a, b);
        Assert.NotNull(b.Desk.Tls.Find("shop.test"));
        a.Acme.Hidden(challenge);
        Give(a, b);

        Assert.Null(b.Desk.Tls.Find("shop.test"));
    }

    [Fact]
    public void Certificates_reach_those_with_the_same_secret_only()
    {
        Node a = Create("a", "one cluster");
        Node b = Create("b", "one cluster");
        Node stranger = Create("c", "another cluster");

        a.Acme.Issued("certificate-1", "key and chain"u8.ToArray());
        a.Acme.Shown(Http);
        List<FrameBuffer> frames = a.Blobs.TakeUnsent();
        Take(frames, b);
        Take(frames, stranger);

        Assert.Equal("key and chain"u8.ToArray(), b.Acme.Find("certificate-1"));
        Assert.Null(b.Acme.Find("certificate-2"));
        Assert.Null(stranger.Acme.Find("certificate-1"));
        Assert.Null(stranger.Asked("/.well-known/acme-challenge/token"));
        Assert.DoesNotContain("chain", Encoding.ASCII.GetString(frames[0].Written), StringComparison.Ordinal);
    }

    private static void Give(Node from, Node to) => Take(from.Blobs.TakeUnsent(), to);

    private static void Take(List<FrameBuffer> frames, Node to)
    {
        long wall = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (FrameBuffer frame in frames)
        {
            Assert.True(BlobFrames.TryDecode(
                frame.Written[PeerWire.HeaderBytes..], out BlobVersion version, out byte[]? content));
            Assert.True(to.Blobs.Apply(version, content, wall));
            to.Blobs.Notify(version.Name, wall);
        }
    }

    private static Node Create(string name, string secret)
    {
        var blobs = new BlobReplica(NodeTag.Of(name), new HybridClock(TimeSpan.FromSeconds(5)), new WriteSignal());
        var desk = new ChallengeDesk(new HttpChallenges(), new TlsChallenges());
        var acme = new SharedAcme(
            blobs, new BlobSeal(ClusterSecret.OfName(secret)), TimeProvider.System, static () => true);
        acme.Start(desk);
        return new Node(blobs, acme, desk);
    }

    private sealed record Node(BlobReplica Blobs, SharedAcme Acme, ChallengeDesk Desk)
    {
        public string? Asked(string path) =>
            Desk.Http.Find(Encoding.ASCII.GetBytes(path)) is { } answer ? Encoding.ASCII.GetString(answer) : null;
    }
}
