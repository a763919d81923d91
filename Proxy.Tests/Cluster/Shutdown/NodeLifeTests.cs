using Proxy.Cluster.Shutdown;

namespace Proxy.Tests.Cluster.Shutdown;

public sealed class NodeLifeTests
{
    private static readonly NodeLife Serving = NodeLife.Begin.Handle(new LifeInput.Started()).Next;

    [Fact]
    public void A_started_node_is_ready()
    {
        LifeStep step = NodeLife.Begin.Handle(new LifeInput.Started());

        Assert.Equal([new LifeEffect.TellReady(null)], step.Effects);
        Assert.Equal(NodePhase.Serving, step.Next.Phase);
    }

    [Fact]
    public void Draining_says_so_before_duties_and_clients_go()
    {
        LifeStep step = Serving.Handle(new LifeInput.Drain("test"));

        Assert.Equal(
            [
                new LifeEffect.Say("drain: test"), new LifeEffect.TellReady("draining: test"),
                new LifeEffect.GiveUpDuties(), new LifeEffect.SendClientsAway(),
            ],
            step.Effects);
    }

    [Fact]
    public void A_drain_taken_back_is_ready_last()
    {
        LifeStep step = Serving.Handle(new LifeInput.Drain("test")).Next.Handle(new LifeInput.Undrain());

        Assert.Equal(
            [
                new LifeEffect.WelcomeClients(), new LifeEffect.TakeDuties(), new LifeEffect.TellReady(null),
                new LifeEffect.Say("drain: taken back"),
            ],
            step.Effects);
        Assert.Equal(NodePhase.Serving, step.Next.Phase);
    }

    [Fact]
    public void A_drained_node_leaves_without_grace_and_a_serving_one_with_it()
    {
        var leave = new LifeInput.Leave("test");
        NodeLife draining = Serving.Handle(new LifeInput.Drain("test")).Next;

        Assert.Contains(new LifeEffect.RunPhases("test", WithGrace: true), Serving.Handle(leave).Effects);
        Assert.Contains(new LifeEffect.RunPhases("test", WithGrace: false), draining.Handle(leave).Effects);
    }

    /// <summary>The next process has the virtual addresses and singletons of this node, and says that it is ready
    /// over the same address.</summary>
    [Fact]
    public void A_node_that_handed_over_keeps_its_duties()
    {
        LifeStep step = Serving.Handle(new LifeInput.HandedOver(42));

        var run = Assert.IsType<LifeEffect.RunPhases>(Assert.Single(step.Effects));
        Assert.True(run is { WithGrace: false, KeepsDuties: true });
    }

    [Fact]
    public void What_is_true_already_is_no_refusal_and_has_no_effect()
    {
        NodeLife draining = Serving.Handle(new LifeInput.Drain("test")).Next;
        NodeLife leaving = Serving.Handle(new LifeInput.Leave("test")).Next;

        LifeStep[] steps =
        [
            Serving.Handle(new LifeInput.Undrain()), draining.Handle(new LifeInput.Drain("again")),
            leaving.Handle(new LifeInput.Leave("again")), Serving.Handle(new LifeInput.Hurry()),
        ];

        Assert.All(steps, static step => Assert.Null(step.Refusal));
        Assert.All(steps, static step => Assert.Empty(step.Effects));
    }

    /// <summary>Whatever happens in whatever order: leaving is for ever, the phases run once, and a node that is ready
    /// neither drains nor leaves.</summary>
    [Fact]
    public void Leaving_is_for_ever_whatever_is_asked()
    {
        for (int seed = 1; seed <= 500; seed++)
        {
            var random = new Random(seed);
            NodeLife life = NodeLife.Begin;
            int runs = 0;
            string? ready = "starting";
            for (int i = 0; i < 30; i++)
            {
                NodePhase before = life.Phase;
                LifeStep step = life.Handle(Draw(random));
                life = step.Next;
                runs += step.Effects.OfType<LifeEffect.RunPhases>().Count();
                ready = step.Effects.OfType<LifeEffect.TellReady>().LastOrDefault() is { } told ? told.Reason : ready;
                Assert.True(before != NodePhase.Leaving || life.Phase == NodePhase.Leaving, $"seed {seed}");
                bool isReady = ready is null;
                Assert.True(life.Phase == NodePhase.Leaving || isReady == (life.Phase == NodePhase.Serving));
                Assert.True(step.Refusal is null || step.Effects.Count == 0, $"seed {seed}");
            }

            Assert.True(runs == (life.Phase == NodePhase.Leaving ? 1 : 0), $"seed {seed}: {runs} runs");
        }
    }

    private static LifeInput Draw(Random random) => random.Next(12) switch
    {
        0 or 1 => new LifeInput.Started(),
        2 or 3 or 4 => new LifeInput.Drain("seeded"),
        5 or 6 or 7 => new LifeInput.Undrain(),
        8 => new LifeInput.Leave("seeded"),
        9 => new LifeInput.HandedOver(42),
        _ => new LifeInput.Hurry(),
    };
}
