using Proxy.Actors.Runtime;
using static Proxy.Tests.Actors.Runtime.ScriptedActor;

namespace Proxy.Tests.Actors.Runtime;

public sealed class SupervisionTests
{
    private static readonly Backoff Exact = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(8), Jitter: 0);

    private readonly SimulatedSystem _world = new();

    [Fact]
    public void Resume_drops_the_failed_message_and_keeps_the_state()
    {
        var actor = _world.Spawn("a", props => props with { Supervision = Supervise.Resume });
        actor.Tell(me => me.Here.Become(_ => me.Write("became")));
        actor.Tell(Throw("x"));
        _world.Sim.RunUntilIdle();
        Assert.Equal(["a: start", "a: became"], _world.Journal);

        var other = _world.Spawn("b", props => props with { Supervision = Supervise.Resume });
        other.Tell(Throw("x"));
        other.Tell(Note("next"));
        _world.Sim.RunUntilIdle();

        Assert.Equal(["b: start", "b: next"], _world.Journal[2..]);
    }

    [Fact]
    public void Restart_drops_the_failed_message_keeps_the_mailbox_and_waits()
    {
        var actor = Spawn("a", Exact);
        actor.Tell(Throw("x"));
        actor.Tell(Note("kept"));
        _world.Sim.Advance(TimeSpan.FromSeconds(1) - TimeSpan.FromTicks(1));
        Assert.Equal(["a: start", "a: stop"], _world.Journal);

        _world.Sim.Advance(TimeSpan.FromTicks(1));

        Assert.Equal(["a: start", "a: stop", "a: start", "a: kept"], _world.Journal);
        Assert.Equal(
            ["failed /user/a x Restart", "restarting /user/a 1", "restarted /user/a"],
            _world.Reports);
    }

    [Fact]
    public void The_wait_doubles_up_to_the_maximum()
    {
        var actor = Spawn("a", Exact with { ResetAfter = TimeSpan.FromHours(1) });
        for (var i = 0; i < 6; i++)
        {
            _world.Do(actor, Throw("x"));
            _world.Sim.Advance(TimeSpan.FromSeconds(10));
        }

        Assert.Equal([1, 2, 4, 8, 8, 8], _world.Delays.Select(delay => delay.TotalSeconds));
    }

    [Fact]
    public void The_wait_is_spread_by_the_jitter_to_both_sides()
    {
        var backoff = Exact with { Jitter = 0.2, ResetAfter = TimeSpan.FromTicks(1) };
        var actor = Spawn("a", backoff);
        for (var i = 0; i < 100; i++)
        {
            _world.Do(actor, Throw("x"));
            _world.Sim.Advance(TimeSpan.FromSeconds(2));
        }

        Assert.All(_world.Delays, delay => Assert.InRange(delay.TotalSeconds, 0.8, 1.2));
        Assert.Contains(_world.Delays, delay => delay.TotalSeconds < 0.9);
        Assert.Contains(_world.Delays, delay => delay.TotalSeconds > 1.1);
    }

    [Fact]
    public void A_healthy_time_forgets_earlier_restarts()
    {
        var actor = Spawn("a", Exact with { ResetAfter = TimeSpan.FromSeconds(30) });
        _world.Do(actor, Throw("x"));
        _world.Sim.Advance(TimeSpan.FromSeconds(1));
        _world.Do(actor, Throw("x"));
        _world.Sim.Advance(TimeSpan.FromSeconds(2 + 30));
        _world.Do(actor, Throw("x"));

        Assert.Equal([1, 2, 1], _world.Delays.Select(delay => delay.TotalSeconds));
    }

    [Fact]
    public void Too_many_restarts_in_a_row_stop_the_actor()
    {
        var watcher = _world.Spawn("w");
        var actor = Spawn("a", Exact with { MaxRestarts = 2 });
        _world.Do(watcher, me => me.Here.Watch(actor));
        for (var i = 0; i < 3; i++)
        {
            _world.Do(actor, Throw("x"));
            _world.Sim.Advance(TimeSpan.FromSeconds(4));
        }

        Assert.Equal(3, _world.Journal.Count(line => line == "a: stop"));
        Assert.Contains("w: gone a RestartsExhausted", _world.Journal);
        Assert.Equal(TellResult.Dead, actor.Tell(Note("x")));
    }

    [Fact]
    public void A_failing_factory_is_supervised_like_a_failing_message()
    {
        var attempts = 0;
        var props = new Props<Script>(context => attempts++ < 2
            ? throw new InvalidOperationException("no")
            : ScriptedActor.Props(_world.Journal).Factory(context))
        {
            Supervision = new Supervision(_ => Directive.Resume, Exact),
        };

        var actor = _world.System.Spawn(props, "a");
        actor.Tell(Note("kept"));
        _world.Sim.Advance(TimeSpan.FromSeconds(3));

        Assert.Equal(["a: start", "a: kept"], _world.Journal);
    }

    [Fact]
    public void An_actor_whose_PreStart_failed_still_runs_PostStop()
    {
        _world.Spawn("a", _ => ScriptedActor.Props(_world.Journal, _ => throw new InvalidOperationException("no")) with
        {
            Supervision = Supervise.Stop,
        });

        Assert.Equal(["a: start", "a: stop"], _world.Journal);
    }

    [Fact]
    public void A_failing_PostStop_is_reported_and_the_stop_goes_on()
    {
        var watcher = _world.Spawn("w");
        var actor = _world.Spawn(
            "a",
            _ => ScriptedActor.Props(_world.Journal, postStop: _ => throw new InvalidOperationException("oops")));
        _world.Do(watcher, me => me.Here.Watch(actor));
        _world.System.Stop(actor);
        _world.Sim.RunUntilIdle();

        Assert.Contains("failed /user/a oops Stop", _world.Reports);
        Assert.Contains("w: gone a Stopped", _world.Journal);
    }

    [Fact]
    public void A_decider_that_throws_stops_the_actor()
    {
        var actor = _world.Spawn("a", props => props with
        {
            Supervision = new Supervision(_ => throw new InvalidOperationException("decider"), Exact),
        });
        _world.Do(actor, Throw("x"));

        Assert.Contains("stopped /user/a Failed", _world.Reports);
    }

    [Fact]
    public void Children_stop_before_their_parent_restarts_or_stops()
    {
        var parent = Spawn("p", Exact);
        _world.Do(parent, me => me.Here.Spawn(ScriptedActor.Props(_world.Journal), "c"));
        _world.Do(parent, Throw("x"));
        Assert.Equal(["p: start", "p/c: start", "p/c: stop", "p: stop"], _world.Journal);

        _world.Sim.Advance(TimeSpan.FromSeconds(1));
        _world.Do(parent, me => me.Here.Spawn(ScriptedActor.Props(_world.Journal), "c"));
        _world.Journal.Clear();
        _world.System.Stop(parent);
        _world.Sim.RunUntilIdle();

        Assert.Equal(["p/c: stop", "p: stop"], _world.Journal);
        Assert.Contains("stopped /user/p/c ParentGone", _world.Reports);
    }

    [Fact]
    public void A_stop_during_the_back_off_ends_it()
    {
        var actor = Spawn("a", Exact);
        _world.Do(actor, Throw("x"));
        _world.System.Stop(actor);
        _world.Sim.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(["a: start", "a: stop"], _world.Journal);
        Assert.Contains("stopped /user/a Stopped", _world.Reports);
    }

    [Fact]
    public void An_escalated_failure_is_the_parents_failure_and_resumes_with_it()
    {
        var parent = _world.Spawn("p", props => props with { Supervision = Supervise.Resume });
        var child = SpawnEscalatingChild(parent);
        child.Tell(Throw("deep"));
        child.Tell(Note("after"));
        _world.Sim.RunUntilIdle();

        Assert.Equal(["p: start", "p/c: start", "p/c: after"], _world.Journal);
        Assert.Equal(["failed /user/p/c deep Escalate", "failed /user/p deep Resume"], _world.Reports);
    }

    [Fact]
    public void An_escalated_failure_that_restarts_the_parent_stops_the_child()
    {
        var parent = Spawn("p", Exact);
        var child = SpawnEscalatingChild(parent);
        child.Tell(Throw("deep"));
        child.Tell(Note("never"));
        _world.Sim.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(["p: start", "p/c: start", "p/c: stop", "p: stop", "p: start"], _world.Journal);
    }

    [Fact]
    public void A_suspended_actor_gets_its_timers_and_notices_when_it_resumes()
    {
        var other = _world.Spawn("o");
        var parent = _world.Spawn("p", props => props with { Supervision = Supervise.Resume });
        var child = SpawnEscalatingChild(parent);
        _world.Do(child, me =>
        {
            me.Here.Watch(other);
            me.Here.StartTimer("t", Note("tick"), TimeSpan.FromSeconds(1));
        });
        _world.Journal.Clear();

        child.Tell(Throw("deep"));
        Turn(child);
        _world.System.Stop(other);
        Turn(other);
        _world.Sim.Clock.Advance(TimeSpan.FromSeconds(1));
        Turn(child);
        Assert.Equal(["o: stop"], _world.Journal);
        _world.Sim.RunUntilIdle();

        Assert.Equal(["o: stop", "p/c: gone o Stopped", "p/c: tick"], _world.Journal);
    }

    [Fact]
    public void An_escalation_at_the_top_stops_the_actor()
    {
        var actor = _world.Spawn("a", props => props with { Supervision = Supervise.Escalate });
        _world.Do(actor, Throw("x"));

        Assert.Contains("stopped /user/a Failed", _world.Reports);
    }

    /// <summary>Turns of one actor out of order, while the others wait for the simulation to run.</summary>
    private static void Turn(IRef<Script> actor)
    {
        for (var i = 0; i < 4; i++)
        {
            ((IRunnable)actor).Execute();
        }
    }

    private IRef<Script> Spawn(string name, Backoff backoff)
    {
        return _world.Spawn(name, props => props with
        {
            Supervision = new Supervision(_ => Directive.Restart, backoff),
        });
    }

    private IRef<Script> SpawnEscalatingChild(IRef<Script> parent)
    {
        IRef<Script>? child = null;
        _world.Do(parent, me => child = me.Here.Spawn(
            ScriptedActor.Props(_world.Journal) with { Supervision = Supervise.Escalate }, "c"));
        return child!;
    }
}
