using System.Globalization;
using Proxy.Cluster.Revisions;
using Proxy.Tests.Cluster.Engine;
using Proxy.Tests.Cluster.Revisions;

namespace Proxy.Tests.Simulation.Cluster;

/// <summary>What goes wrong, and what operators do meanwhile. Each seed has its own mix: some know only one kind of
/// trouble, some all.</summary>
internal sealed class ClusterFaults
{
    private readonly ClusterWorld _world;
    private readonly SessionLedger _sessions;
    private readonly List<Action> _mix = [];
    private readonly List<Task<RevisionAnswer>> _asked = [];

    public ClusterFaults(ClusterWorld world, SessionLedger sessions)
    {
        (_world, _sessions) = (world, sessions);
        Action[][] kinds =
        [
            [Kill, Start, Start], [Leave], [CutEngine, HealEngine], [LoseAnswer], [Elect], [Silence, Answer], [Compact],
            [CutOneWay, HealNetwork], [Part, HealNetwork], [LosePackets, BreakLink], [BreakMember, MendMember],
        ];
        foreach (Action[] kind in kinds.Where(_ => Random.Next(2) == 0))
        {
            _mix.AddRange(kind);
        }

        _mix.Add(Start);
    }

    /// <summary>What operators asked for.</summary>
    public IReadOnlyList<Task<RevisionAnswer>> Asked => _asked;

    private Random Random => _world.Random;

    public void Step()
    {
        if (Random.Next(4) == 0)
        {
            _mix[Random.Next(_mix.Count)]();
        }

        if (Random.Next(8) == 0)
        {
            Commit();
        }

        foreach (SimulatedNode node in _world.Nodes.Values.Where(static node => node.HasLeft).ToList())
        {
            End(node, silent: false);
        }
    }

    /// <summary>Everything works again.</summary>
    public void End()
    {
        _world.Say("quiet");
        _world.Engine.Answer();
        _world.Peers.HealAll();
        _world.Peers.Loss = 0;
        foreach (SimulatedNode node in _world.Nodes.Values.Where(static node => node.Leaves).ToList())
        {
            End(node, silent: false);
        }

        foreach (SimulatedNode node in _world.Nodes.Values)
        {
            node.Cluster.Engine.LoseNextAnswer = false;
            node.Cluster.Engine.Heal();
        }

        foreach (string name in _world.Names.Where(name => !_world.Nodes.ContainsKey(name)))
        {
            _world.Start(name);
        }
    }

    private SimulatedNode Any() => _world.Nodes.Values.ElementAt(Random.Next(_world.Nodes.Count));

    private string AnyName() => _world.Names[Random.Next(_world.Names.Length)];

    private void Kill()
    {
        if (_world.Nodes.Count > 1)
        {
            End(Any(), silent: Random.Next(3) == 0);
        }
    }

    private void End(SimulatedNode node, bool silent)
    {
        _sessions.Dies(node);
        _world.Kill(node, silent);
    }

    private void Start()
    {
        string name = AnyName();
        if (!_world.Nodes.ContainsKey(name))
        {
            _world.Start(name);
        }
    }

    private void Leave()
    {
        SimulatedNode node = Any();
        if (_world.Nodes.Values.Count(static one => !one.Leaves) > 2 && !node.Leaves)
        {
            _world.Say($"{node.Process} is to leave");
            node.Leave();
        }
    }

    private void CutEngine() => OfEngine("is cut off from the engine", static link => link.Cut());

    private void HealEngine() => OfEngine("reaches the engine again", static link => link.Heal());

    private void LoseAnswer() => OfEngine("loses an answer", static link => link.LoseNextAnswer = true);

    private void OfEngine(string what, Action<SimEngineClient> change)
    {
        SimulatedNode node = Any();
        _world.Say($"{node.Process} {what}");
        change(node.Cluster.Engine);
    }

    private void Elect()
    {
        TimeSpan pause = TimeSpan.FromSeconds(Random.NextDouble() * 4);
        _world.Say($"the engine elects a leader for {pause.TotalSeconds:0.0} s");
        _world.Engine.Elect(pause);
    }

    private void Silence()
    {
        _world.Say("the engine is gone");
        _world.Engine.FallSilent("gone");
    }

    private void Answer()
    {
        _world.Say("the engine is back");
        _world.Engine.Answer();
    }

    private void Compact()
    {
        _world.Say("the engine forgets its history");
        _world.Engine.Compact(_world.Engine.Revision);
    }

    private void CutOneWay()
    {
        (string from, string to) = (AnyName(), AnyName());
        _world.Say($"nothing gets from {from} to {to}");
        _world.Peers.CutOneWay(Address(from), Address(to), true);
    }

    private void Part()
    {
        int side = 1 + Random.Next((1 << _world.Names.Length) - 2);
        for (int a = 0; a < _world.Names.Length; a++)
        {
            for (int b = 0; b < a; b++)
            {
                bool apart = ((side >> a) & 1) != ((side >> b) & 1);
                _world.Peers.Cut(Address(_world.Names[a]), Address(_world.Names[b]), apart);
            }
        }

        _world.Say($"the network parts {string.Join(' ', _world.Names.Where((_, i) => ((side >> i) & 1) != 0))}");
    }

    private void HealNetwork()
    {
        _world.Say("the network is whole");
        _world.Peers.HealAll();
    }

    private void LosePackets()
    {
        _world.Peers.Loss = Random.NextDouble() * 0.2;
        _world.Say($"the network loses {_world.Peers.Loss:0.00}");
    }

    private void BreakLink()
    {
        if (_world.Peers.Links.Count > 0)
        {
            _world.Say("a connection breaks");
            _world.Peers.Links[Random.Next(_world.Peers.Links.Count)].Break(silent: Random.Next(3) == 0);
        }
    }

    private void BreakMember()
    {
        _world.Say("m2 breaks");
        _world.Broken.Add("m2");
    }

    private void MendMember()
    {
        _world.Say("m2 works");
        _world.Broken.Remove("m2");
    }

    private void Commit()
    {
        SimulatedNode node = Any();
        RevisionRequest request = Random.Next(6) switch
        {
            0 => new RevisionRequest.Rollback(1 + Random.Next(5)) { Who = node.Name },
            1 => Setting() with { First = AnyName(), GoesOn = true },
            2 => Setting() with { Expected = node.Revisions.Store.View.Head?.Number ?? 0 },
            _ => Setting(),
        };
        _world.Say($"{node.Process} is asked to commit a {request.GetType().Name}");
        _asked.Add(node.Revisions.Send(request));
    }

    private RevisionRequest Setting() => RevisionNode.Setting(
        "pools.app.members.a.weight", Random.Next(1, 90).ToString(CultureInfo.InvariantCulture));

    private static string Address(string node) => $"{node}:7400";
}
