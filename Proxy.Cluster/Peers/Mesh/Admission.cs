using Proxy.Cluster.Peers.Codec;
using Proxy.Cluster.Peers.Session;
using Proxy.Edge.Replication;

namespace Proxy.Cluster.Peers.Mesh;

/// <param name="IsTrouble">An operator has to do something about it.</param>
internal readonly record struct Refusal(GoodbyeReason Reason, string Text, bool IsTrouble);

/// <summary>Whether a node that says hello may stay. Both ends of a pair judge alike, so of two connections they keep
/// the same one.</summary>
internal static class Admission
{
    /// <param name="live">Sessions with other nodes, and perhaps one with this node.</param>
    /// <param name="expected">The name that was called; null when only the address was known.</param>
    public static Refusal? Judge(
        PeerIdentity self, MeshOptions options, PeerSession session, Hello hello, IEnumerable<PeerSession> live,
        string? expected)
    {
        if (hello.Cluster != self.Cluster)
        {
            return Trouble(GoodbyeReason.WrongCluster, $"it is of cluster {hello.Cluster}, this is {self.Cluster}");
        }

        if (hello.Node == self.Node)
        {
            return hello.Incarnation == self.Incarnation
                ? new Refusal(GoodbyeReason.Self, "that is this node", false)
                : Trouble(GoodbyeReason.NameTaken, $"two nodes are called {self.Node}");
        }

        if (hello.NewestVersion < options.OldestVersion || hello.OldestVersion > options.NewestVersion)
        {
            return Trouble(
                GoodbyeReason.Version,
                $"{hello.Node} speaks peer protocol {hello.OldestVersion} to {hello.NewestVersion}, this node "
                + $"{options.OldestVersion} to {options.NewestVersion}");
        }

        if (session.CertificateNames is { } names && !names.Contains(hello.Node, StringComparer.OrdinalIgnoreCase))
        {
            return Trouble(
                GoodbyeReason.Identity,
                $"it calls itself {hello.Node}, its certificate is for {string.Join(", ", names)}");
        }

        if (expected is not null && expected != hello.Node)
        {
            return Trouble(GoodbyeReason.Unwanted, $"{hello.Node} answers where {expected} should be");
        }

        NodeTag tag = NodeTag.Of(hello.Node);
        PeerSession? other = null;
        foreach (PeerSession known in live)
        {
            other = known.Peer!.Node == hello.Node ? known : other;
            if (known.Peer.Node != hello.Node && NodeTag.Of(known.Peer.Node) == tag)
            {
                return Trouble(GoodbyeReason.NameTaken, $"rename {hello.Node}: its tag is that of {known.Peer.Node}");
            }
        }

        return NodeTag.Of(self.Node) == tag
            ? Trouble(GoodbyeReason.NameTaken, $"rename {hello.Node}: its tag is that of {self.Node}")
            : other is null ? null : Against(self, session, hello, other);
    }

    private static Refusal? Against(PeerIdentity self, PeerSession session, Hello hello, PeerSession other)
    {
        if (hello.Incarnation != other.Peer!.Incarnation)
        {
            return hello.Incarnation > other.Peer.Incarnation
                ? null
                : new Refusal(GoodbyeReason.Superseded, "a later start of this node is connected", false);
        }

        // The connection that the smaller name opened stays; of two by one caller the later one, as the caller would
        // not have called again otherwise.
        bool selfIsFirst = string.CompareOrdinal(self.Node, hello.Node) < 0;
        bool stays = session.Dialed == other.Dialed || session.Dialed == selfIsFirst;
        return stays ? null : new Refusal(GoodbyeReason.Duplicate, "there is a connection already", false);
    }

    private static Refusal Trouble(GoodbyeReason reason, string text) => new(reason, text, true);
}
