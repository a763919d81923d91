using Proxy.Actors.Pools;
using Proxy.Cluster.Health;

namespace Proxy.Tests.Cluster.Health;

public sealed class HealthSupervisionTests
{
    [Fact]
    public void All_nodes_hear_the_verdict_of_the_one_supervisor()
    {
        using var health = new SimHealth(1, "a", "b", "c");

        health.Run(15);

        foreach (string node in new[] { "a", "b", "c" })
        {
            Assert.True(health.Fresh(node, "m1")?.Up);
            Assert.True(health.Fresh(node, "m2")?.Up);
        }
    }

    [Fact]
    public void The_number_of_checks_does_not_grow_with_the_number_of_nodes()
    {
        using var health = new SimHealth(1, "a", "b", "c", "d", "e", "f", "g");
        health.Run(10);
        health.Probes.Clear();

        health.Run(60);

        Assert.InRange(health.Probes.Count(static probe => probe.EndsWith("m1", StringComparison.Ordinal)), 25, 36);
    }

    [Fact]
    public void A_dead_member_is_ejected_everywhere_and_comes_back_everywhere()
    {
        using var health = new SimHealth(1, "a", "b", "c");
        health.Run(15);

        health.Broken.UnionWith(["a m1", "b m1", "c m1"]);
        health.Run(10);
        Assert.All("abc", node => Assert.False(health.Fresh($"{node}", "m1")?.Up));
        Assert.All("abc", node => Assert.True(health.Fresh($"{node}", "m2")?.Up));
        Assert.Contains("3 of 3 nodes: refused", health.Fresh("a", "m1")?.Reason);
        health.Broken.Clear();
        health.Run(10);

        Assert.All("abc", node => Assert.True(health.Fresh($"{node}", "m1")?.Up));
    }

    [Fact]
    public void Only_the_node_that_cannot_reach_a_member_goes_around_it()
    {
        using var health = new SimHealth(1, "a", "b", "c");
        health.Run(15);

        health.Broken.Add("b m1");
        health.Run(15);

        Assert.True(health.Fresh("a", "m1")?.Up);
        Assert.True(health.Fresh("c", "m1")?.Up);
        Assert.Equal("not reached from this node alone: refused", health.Fresh("b", "m1")?.Reason);
        Assert.False(health.Fresh("b", "m1")?.Up);
        health.Broken.Clear();
        health.Run(15);
        Assert.True(health.Fresh("b", "m1")?.Up);
    }

    [Fact]
    public void A_killed_supervisor_is_followed_by_another_one_within_the_freshness_of_its_verdicts_or_little_more()
    {
        using var health = new SimHealth(1, "a", "b", "c");
        health.Run(15);
        string first = health.Supervisor();

        health.Nodes.First(node => node.View.Self.Name == first).Kill();
        health.Run(12);

        string second = health.Supervisor();
        Assert.NotEqual(first, second);
        Assert.All(
            new[] { "a", "b", "c" }.Where(node => node != first), node => Assert.True(health.Fresh(node, "m1")?.Up));
    }

    [Fact]
    public void A_node_that_hears_nothing_has_no_fresh_verdict_and_a_node_alone_gets_none()
    {
        using var health = new SimHealth(1, "a", "b", "c");
        health.Run(15);
        string lonely = new[] { "a", "b", "c" }.First(node => node != health.Supervisor());

        health.Lonely.Add(lonely);
        health.Run(10);
        Assert.Null(health.Fresh(lonely, "m1"));
        Assert.All(
            new[] { "a", "b", "c" }.Where(node => node != lonely), node => Assert.True(health.Fresh(node, "m1")?.Up));

        using var alone = new SimHealth(1, "a");
        alone.Run(30);
        Assert.Empty(alone.Judged);
        Assert.Empty(alone.Probes);
    }

    [Fact]
    public void What_a_deposed_supervisor_still_says_is_refused()
    {
        using var health = new SimHealth(1, "a", "b", "c");
        health.Run(15);
        var lie = new HealthMessage.Verdicts(
            "app", 1, 1_000_000, TimeSpan.FromSeconds(10), [new MemberVerdict("m1", false, "a zombie says so", [])]);

        health.Tell("a", "b", lie);
        health.Run(0.01);

        Judgement? judgement = health.Fresh("b", "m1");
        Assert.True(judgement?.Up);
    }

    [Fact]
    public void A_supervisor_that_hears_nothing_yet_does_not_ask_for_the_same_moment_again()
    {
        var machine = new SupervisorMachine(SimHealth.Plan, token: 1, static () => 0.5);
        TimeSpan now = TimeSpan.FromSeconds(100);
        SupervisorEffects effects = machine.Observe(["a", "b"], now);
        for (int i = 0; i < 20; i++)
        {
            Assert.True(effects.Wake > now, $"wakes at {effects.Wake} in step {i}");
            now = effects.Wake.Value;
            effects = machine.Tick(now);
        }
    }

    [Fact]
    public void Seeds_of_trouble_end_in_agreement()
    {
        for (int seed = 1; seed <= 100; seed++)
        {
            using var health = new SimHealth(seed, "a", "b", "c");
            var random = new Random(seed);
            health.Run(5);
            for (int i = 0; i < 10; i++)
            {
                string node = "abc"[random.Next(3)].ToString();
                string member = random.Next(2) == 0 ? "m1" : "m2";
                _ = random.Next(4) switch
                {
                    0 => health.Broken.Add($"{node} {member}"),
                    1 => health.Broken.Remove($"{node} {member}"),
                    2 => health.Lonely.Add(node),
                    _ => health.Lonely.Remove(node),
                };
                health.Run(random.NextDouble() * 4);
            }

            health.Broken.Clear();
            health.Lonely.Clear();
            health.Broken.UnionWith(["a m2", "b m2", "c m2"]);
            health.Run(30);

            Assert.All("abc", node => Assert.True(health.Fresh($"{node}", "m1")?.Up, $"seed {seed}, {node}"));
            Assert.All("abc", node => Assert.True(
                health.Fresh($"{node}", "m2") is { Up: false }, $"seed {seed}, {node}"));
        }
    }
}
