using Proxy.Actors.Runtime;
using static Proxy.Tests.Actors.Runtime.ScriptedActor;

namespace Proxy.Tests.Actors.Runtime;

public sealed class DeathWatchTests
{
    private readonly SimulatedSystem _world = new();
    private readonly IRef<Script> _watcher;
    private readonly IRef<Script> _actor;

    public DeathWatchTests()
    {
        _watcher = _world.Spawn("w");
        _actor = _world.Spawn("a", props => props with { Supervision = Supervise.Stop });
    }

    [Fact]
    public void A_watcher_hears_of_a_stop_once_with_its_reason()
    {
        _world.Do(_watcher, me =>
        {
            me.Here.Watch(_actor);
            me.Here.Watch(_actor);
        });
        _world.Do(_actor, Throw("x"));

        Assert.Equal(["w: gone a Failed"], Notices());
    }

    [Fact]
    public void Watching_a_dead_actor_notifies_at_once()
    {
        _world.Do(_actor, me => me.Here.StopSelf());
        _world.Do(_watcher, me => me.Here.Watch(_actor));

        Assert.Equal(["w: gone a Stopped"], Notices());
    }

    [Fact]
    public void After_Unwatch_nothing_arrives_even_when_the_notice_was_on_its_way()
    {
        _world.Do(_watcher, me => me.Here.Watch(_actor));
        _world.Do(_watcher, me =>
        {
            ((ICell)_actor).Post(new StopSignal(TerminationReason.Stopped));
            ((IRunnable)_actor).Execute();
            me.Here.Unwatch(_actor);
        });

        Assert.Empty(Notices());
    }

    [Fact]
    public void A_restart_is_no_termination()
    {
        var restarting = _world.Spawn("r");
        _world.Do(_watcher, me => me.Here.Watch(restarting));
        _world.Do(restarting, Throw("x"));
        _world.Sim.Advance(TimeSpan.FromSeconds(1));

        Assert.Empty(Notices());
    }

    [Fact]
    public void A_new_incarnation_does_not_hear_what_the_old_one_watched()
    {
        _world.Do(_watcher, me => me.Here.Watch(_actor));
        _world.Do(_watcher, Throw("x"));
        _world.Do(_actor, me => me.Here.StopSelf());
        _world.Sim.Advance(TimeSpan.FromSeconds(1));

        Assert.Empty(Notices());
    }

    [Fact]
    public void A_parent_that_watches_its_child_can_reuse_the_name_in_the_notice()
    {
        var respawned = false;
        var props = new Props<int>(context => new Respawner(context, () => respawned = true));
        var parent = _world.System.Spawn(props, "p");
        _world.Sim.RunUntilIdle();
        parent.Tell(1);
        _world.Sim.RunUntilIdle();

        Assert.True(respawned);
    }

    [Fact]
    public void An_actor_cannot_watch_itself()
    {
        _world.Do(_watcher, me => Assert.Throws<ArgumentException>(() => me.Here.Watch(me.Here.Self)));
        Assert.Empty(_world.Reports);
    }

    private IEnumerable<string> Notices()
    {
        return _world.Journal.Where(line => line.Contains(": gone", StringComparison.Ordinal));
    }

    private sealed class Respawner(IActorContext<int> context, Action respawned) : Actor<int>(context)
    {
        private IRef<Script>? _child;

        protected internal override void PreStart()
        {
            _child = Context.Spawn(ScriptedActor.Props([]), "c");
            Context.Watch(_child);
        }

        protected internal override void Receive(int message) => Context.Stop(_child!);

        protected internal override void OnTerminated(Terminated terminated)
        {
            Context.Spawn(ScriptedActor.Props([]), "c");
            respawned();
        }
    }
}
