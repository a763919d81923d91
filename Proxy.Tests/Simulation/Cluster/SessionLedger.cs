using Proxy.Edge.Replication;

namespace Proxy.Tests.Simulation.Cluster;

/// <summary>Clients with sessions: each was given a member by one node. Once another node knows it too, it is kept:
/// a node that knew it knows it as long as its process lives, and while one of those lives the cluster does.</summary>
internal sealed class SessionLedger
{
    private const int Most = 40;

    private readonly List<Session> _sessions = [];
    private int _number;

    /// <summary>Sessions that must be known everywhere after some quiet.</summary>
    public int Kept => _sessions.Count(static session => session.IsKept);

    public void Step(ClusterWorld world)
    {
        SimulatedNode[] nodes = [.. world.Nodes.Values];
        for (int i = world.Random.Next(3); i > 0 && _sessions.Count < Most; i--)
        {
            SimulatedNode node = nodes[world.Random.Next(nodes.Length)];
            string id = $"session-{_number++}";
            var session = new Session(
                id, node.Sessions.KeyOf(id),
                SimulatedSessions.Members[world.Random.Next(SimulatedSessions.Members.Length)]);
            node.Sessions.Learn(session.Key, session.Member);
            session.Holders.Add(node.Process);
            _sessions.Add(session);
        }
    }

    /// <summary>To be called before the process ends: what only it knew may go with it.</summary>
    public void Dies(SimulatedNode node)
    {
        foreach (Session session in _sessions)
        {
            session.Holders.Remove(node.Process);
        }

        _sessions.RemoveAll(static session => session.Holders.Count == 0);
    }

    public void Check(ClusterWorld world)
    {
        foreach (SimulatedNode node in world.Nodes.Values)
        {
            foreach (Session session in _sessions)
            {
                string? found = node.Sessions.Find(session.Key);
                if (found == session.Member)
                {
                    session.IsKept |= session.Holders.Add(node.Process);
                }
                else if (found is not null || session.Holders.Contains(node.Process))
                {
                    world.Invariants.Violations.Add(
                        $"{world.Now}: {node.Process} finds {session.Id} at {found ?? "no member"}, it is at {session.Member}");
                }
            }
        }
    }

    /// <summary>After quiet time.</summary>
    public IEnumerable<string> Lost(ClusterWorld world) =>
        from session in _sessions
        where session.IsKept
        from node in world.Nodes.Values
        where node.Sessions.Find(session.Key) != session.Member
        select $"{session.Id} is lost on {node.Process}";

    private sealed class Session(string id, EntryKey key, string member)
    {
        public string Id => id;

        public EntryKey Key => key;

        public string Member => member;

        public bool IsKept { get; set; }

        /// <summary>Living processes that were seen to know it.</summary>
        public HashSet<string> Holders { get; } = [];
    }
}
