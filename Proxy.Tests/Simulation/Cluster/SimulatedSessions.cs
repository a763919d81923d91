using System.Text;
using Proxy.Edge.Affinity;
using Proxy.Edge.Replication;
using Proxy.Edge.Topology;
using Proxy.Tests.Cluster.Peers;

namespace Proxy.Tests.Simulation.Cluster;

/// <summary>What a node remembers of the sessions of one pool.</summary>
internal sealed class SimulatedSessions
{
    public static readonly string[] Members = ["m1", "m2", "m3"];

    private readonly SimNode _mesh;
    private readonly MemberState[] _members =
        [.. Members.Select(static name => new MemberState(new MemberId("app", name), $"http://{name}", 1))];

    private readonly LearnedBonds _bonds;

    public SimulatedSessions(SimNode mesh)
    {
        _mesh = mesh;
        _bonds = new LearnedBonds(
            mesh.Entries, new EntryHash(new byte[16]), "app", "session",
            [.. _members.Select(static member => new AffinityRoute(member.Id.Name, member))], TimeSpan.FromHours(2));
    }

    public void Learn(EntryKey session, string member)
    {
        _bonds.Learn(session, _members[Array.IndexOf(Members, member)], confirmed: true, _mesh.Wall);
        _mesh.PumpSoon();
    }

    /// <summary>The member's name; null = this node does not know the session.</summary>
    public string? Find(EntryKey session) => _bonds.Find(session, _mesh.Wall)?.Id.Name;

    /// <summary>The same on every node.</summary>
    public EntryKey KeyOf(string session) => _bonds.KeyOf(Encoding.UTF8.GetBytes(session));
}
