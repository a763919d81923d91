using Proxy.Actors.Runtime;
using static Proxy.Tests.Actors.Runtime.ScriptedActor;

namespace Proxy.Tests.Actors.Runtime;

public sealed class ActorTimersTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly SimulatedSystem _world = new();
    private readonly IRef<Script> _actor;

    public ActorTimersTests()
    {
        _actor = _world.Spawn("a");
        _world.Journal.Clear();
    }

    [Fact]
    public void A_single_timer_fires_once_when_due()
    {
        _world.Do(_actor, me => me.Here.StartTimer("t", Note("tick"), Second));
        _world.Sim.Advance(Second - TimeSpan.FromTicks(1));
        Assert.Empty(_world.Journal);

        _world.Sim.Advance(TimeSpan.FromTicks(1));
        _world.Sim.Advance(10 * Second);

        Assert.Equal(["a: tick"], _world.Journal);
    }

    [Fact]
    public void A_periodic_timer_fires_until_it_is_cancelled()
    {
        ITimerHandle? timer = null;
        _world.Do(_actor, me => timer = me.Here.StartTimer("t", Note("tick"), Second, 2 * Second));
        _world.Sim.Advance(5 * Second);
        Assert.True(timer!.IsActive);
        Assert.Equal(3, _world.Journal.Count);

        _world.Do(_actor, _ => timer.Cancel());
        _world.Sim.Advance(10 * Second);

        Assert.False(timer.IsActive);
        Assert.Equal(3, _world.Journal.Count);
    }

    [Fact]
    public void The_same_key_replaces_the_timer()
    {
        _world.Do(_actor, me =>
        {
            me.Here.StartTimer("t", Note("old"), Second);
            me.Here.StartTimer("t", Note("new"), 2 * Second);
            me.Here.StartTimer("u", Note("other"), Second);
        });
        _world.Sim.Advance(5 * Second);

        Assert.Equal(["a: other", "a: new"], _world.Journal);
    }

    [Fact]
    public void A_fire_on_its_way_is_void_after_a_cancel_or_a_replacement()
    {
        _world.Do(_actor, me =>
        {
            me.Here.StartTimer("t", Note("stale"), Second);
            me.Here.StartTimer("u", Note("stale"), Second);
        });
        _actor.Tell(me =>
        {
            _world.Sim.Clock.Advance(Second); // both fires are queued behind this message
            me.Here.CancelTimer("t");
            me.Here.StartTimer("u", Note("fresh"), Second);
        });
        _world.Sim.Advance(5 * Second);

        Assert.Equal(["a: fresh"], _world.Journal);
    }

    [Fact]
    public void A_restart_cancels_timers()
    {
        _world.Do(_actor, me => me.Here.StartTimer("t", Note("never"), Second, Second));
        _world.Do(_actor, Throw("x"));
        _world.Sim.Advance(10 * Second);

        Assert.Equal(["a: stop", "a: start"], _world.Journal);
        Assert.Equal(0, _world.Sim.Clock.ArmedTimers);
    }

    [Fact]
    public void A_slow_actor_has_at_most_one_tick_of_a_periodic_timer_waiting()
    {
        _world.Do(_actor, me => me.Here.StartTimer("t", Note("tick"), Second, Second));
        _world.Do(_actor, _ => _world.Sim.Clock.Advance(20 * Second));

        Assert.Equal(["a: tick"], _world.Journal);
    }

    [Fact]
    public void A_timer_does_not_need_room_in_the_mailbox()
    {
        var full = _world.Spawn("f", props => props with { Mailbox = new MailboxOptions(1) });
        _world.Do(full, me => me.Here.StartTimer("t", Note("tick"), Second));
        full.Tell(Note("waiting"));
        _world.Sim.Clock.Advance(Second);
        _world.Sim.RunUntilIdle();

        Assert.Equal(["f: start", "f: tick", "f: waiting"], _world.Journal);
    }
}
