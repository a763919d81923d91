using Proxy.Tests.Cluster.Membership;

namespace Proxy.Tests.Cluster.Singletons;

/// <summary>Three nodes and two singletons under seeded trouble: cut nodes, kills and restarts, elections, silence,
/// lost answers.</summary>
public sealed class SingletonSimulationTests
{
    private const int Seeds = 2_000;

    private static readonly string[] Names = ["a", "b", "c"];
    private static readonly string[] Singletons = ["s", "t"];

    [Fact]
    public void At_most_one_holds_and_in_the_end_one_does()
    {
        int first = int.TryParse(Environment.GetEnvironmentVariable("PROXY_SEED"), out int seed) ? seed : 1;
        int count = first == 1 ? Seeds : 1;
        for (int i = 0; i < count; i++)
        {
            Run(first + i);
        }
    }

    [Fact]
    public void The_same_seed_runs_the_same()
    {
        Assert.Equal(Run(7), Run(7));
        Assert.NotEqual(Run(7), Run(8));
    }

    private static ulong Run(int seed)
    {
        using var cluster = new SimCluster(seed);
        var resource = new SimResource(cluster.Sim.Time);
        var random = new Random(seed);
        SimClusterNode[] nodes = [.. Names.Select(name => Start(cluster, resource, name))];
        cluster.Run(3);
        for (int step = 0; step < 6; step++)
        {
            Trouble(cluster, resource, nodes, random);
            cluster.Run(random.NextDouble() * 6);
        }

        cluster.Engine.Answer();
        for (int i = 0; i < nodes.Length; i++)
        {
            nodes[i].Engine.LoseNextAnswer = false;
            if (nodes[i].IsDead)
            {
                nodes[i] = Start(cluster, resource, Names[i]);
            }

            nodes[i].Engine.Heal();
        }

        cluster.Run(20);
        string replay = $"replay with PROXY_SEED={seed}\n{cluster.Sim.Tail}";
        Assert.True(resource.Violations.Count == 0, $"{string.Join('\n', resource.Violations)}\n{replay}");
        foreach (string singleton in Singletons)
        {
            Assert.True(resource.Holders(singleton).Count() == 1, $"{singleton} runs not once; {replay}");
        }

        Assert.All(nodes, node => Assert.True(node.Text() == "a Up, b Up, c Up", $"{node.Text()}; {replay}"));
        return cluster.Sim.TraceHash;
    }

    private static void Trouble(SimCluster cluster, SimResource resource, SimClusterNode[] nodes, Random random)
    {
        int at = random.Next(nodes.Length);
        SimClusterNode node = nodes[at];
        switch (random.Next(8))
        {
            case 0:
                node.Engine.Cut();
                break;
            case 1:
                node.Engine.Heal();
                break;
            case 2 when !node.IsDead:
                node.Kill();
                break;
            case 3 when node.IsDead:
                nodes[at] = Start(cluster, resource, Names[at]);
                break;
            case 4:
                cluster.Engine.Elect(TimeSpan.FromSeconds(random.NextDouble() * 4));
                break;
            case 5:
                cluster.Engine.FallSilent("silent");
                break;
            case 6:
                cluster.Engine.Answer();
                break;
            default:
                node.Engine.LoseNextAnswer = true;
                break;
        }
    }

    private static SimClusterNode Start(SimCluster cluster, SimResource resource, string name)
    {
        SimClusterNode node = cluster.Start(name);
        node.Take([.. Singletons.Select(singleton => resource.Singleton(singleton, name))]);
        return node;
    }
}
