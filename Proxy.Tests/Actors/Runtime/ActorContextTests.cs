using Proxy.Actors.Runtime;
using static Proxy.Tests.Actors.Runtime.ScriptedActor;

namespace Proxy.Tests.Actors.Runtime;

public sealed class ActorContextTests
{
    private readonly SimulatedSystem _world = new();
    private readonly IRef<Script> _actor;

    public ActorContextTests()
    {
        _actor = _world.Spawn("a");
        _world.Journal.Clear();
    }

    [Fact]
    public void Children_have_paths_below_their_parent()
    {
        IRef? child = null;
        _world.Do(_actor, me => child = me.Here.Spawn(ScriptedActor.Props(_world.Journal), "pools"));

        Assert.Equal("/user/a/pools", child!.Path);
    }

    [Fact]
    public void Names_are_unique_among_siblings_until_the_holder_is_gone()
    {
        var props = ScriptedActor.Props(_world.Journal);
        IRef<Script>? child = null;
        _world.Do(_actor, me => child = me.Here.Spawn(props, "c"));
        _world.Do(_actor, me => Assert.Throws<InvalidOperationException>(() => me.Here.Spawn(props, "c")));
        _world.Do(_actor, me => me.Here.Stop(child!));
        _world.Do(_actor, me => me.Here.Spawn(props, "c"));

        Assert.Throws<InvalidOperationException>(() => _world.System.Spawn(props, "a"));
        Assert.Throws<ArgumentException>(() => _world.System.Spawn(props, "a/b"));
        Assert.DoesNotContain(_world.Reports, report => report.StartsWith("failed", StringComparison.Ordinal));
    }

    [Fact]
    public void Only_own_children_can_be_stopped()
    {
        var other = _world.Spawn("b");
        _world.Do(_actor, me => Assert.Throws<ArgumentException>(() => me.Here.Stop(other)));

        Assert.Equal(TellResult.Accepted, other.Tell(Note("alive")));
        Assert.Empty(_world.Reports);
    }

    [Fact]
    public void Become_holds_until_the_restart()
    {
        _world.Do(_actor, me => me.Here.Become(script =>
        {
            me.Write("other");
            script(me);
        }));
        _world.Do(_actor, Throw("x"));
        _world.Sim.Advance(TimeSpan.FromSeconds(1));
        _world.Do(_actor, Note("plain"));

        Assert.Equal(["a: other", "a: stop", "a: start", "a: plain"], _world.Journal);
    }

    [Fact]
    public void Unstashed_messages_come_before_the_mailbox_in_their_order()
    {
        _actor.Tell(me =>
        {
            me.Here.Stash(Note("1"));
            me.Here.Stash(Note("2"));
        });
        _actor.Tell(me => me.Here.UnstashAll());
        _actor.Tell(Note("3"));
        _world.Sim.RunUntilIdle();

        Assert.Equal(["a: 1", "a: 2", "a: 3"], _world.Journal);
    }

    [Fact]
    public void A_message_stashed_again_while_unstashing_stays_in_front()
    {
        _actor.Tell(me =>
        {
            me.Here.Stash(again => again.Here.Stash(Note("1")));
            me.Here.Stash(again => again.Here.UnstashAll());
            me.Here.Stash(Note("2"));
            me.Here.UnstashAll();
        });
        _world.Sim.RunUntilIdle();

        Assert.Equal(["a: 1", "a: 2"], _world.Journal);
    }

    [Fact]
    public void The_stash_is_bounded()
    {
        var small = _world.Spawn("s", props => props with { Mailbox = new MailboxOptions(StashCapacity: 2) });
        var results = new List<bool>();
        _world.Do(small, me => results.AddRange(Enumerable.Range(0, 3).Select(_ => me.Here.Stash(Note("x")))));

        Assert.Equal([true, true, false], results);
    }

    [Fact]
    public void A_restart_puts_the_stash_back_and_a_stop_makes_it_dead_letters()
    {
        _world.Do(_actor, me => me.Here.Stash(Note("stashed")));
        _world.Do(_actor, Throw("x"));
        _world.Sim.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("a: stashed", _world.Journal[^1]);

        _world.Do(_actor, me => me.Here.Stash(Note("stashed")));
        _world.System.Stop(_actor);
        _world.Sim.RunUntilIdle();

        Assert.Equal(1, _world.System.DeadLetters.Count);
    }

    [Fact]
    public void Piped_work_comes_back_as_a_message_in_the_actors_turn()
    {
        var work = new TaskCompletionSource<int>();
        _world.Do(_actor, me =>
        {
            me.Here.PipeToSelf(new ValueTask<int>(work.Task), result => Note($"got {result.Value}"));
            me.Here.PipeToSelf(new ValueTask<int>(7), result => Note($"got {result.Value}"));
            me.Write("asked");
        });
        work.SetResult(42);
        _world.Sim.RunUntilIdle();

        Assert.Equal(["a: asked", "a: got 7", "a: got 42"], _world.Journal);
    }

    [Fact]
    public void Failed_work_comes_back_as_its_exception()
    {
        _world.Do(_actor, me => me.Here.PipeToSelf(
            ValueTask.FromException<int>(new InvalidOperationException("io")),
            result => Note(result.Error!.Message)));

        Assert.Equal(["a: io"], _world.Journal);
    }

    [Fact]
    public void Work_of_a_previous_incarnation_is_dropped()
    {
        var work = new TaskCompletionSource<int>();
        _world.Do(_actor, me => me.Here.PipeToSelf(new ValueTask<int>(work.Task), result => Note("never")));
        _world.Do(_actor, Throw("x"));
        _world.Sim.Advance(TimeSpan.FromSeconds(1));
        work.SetResult(42);
        _world.Sim.RunUntilIdle();

        Assert.Equal(["a: stop", "a: start"], _world.Journal);
    }

    [Fact]
    public void The_context_of_an_ended_incarnation_starts_nothing()
    {
        var refused = 0;
        var actor = _world.Spawn("b", _ => ScriptedActor.Props([], postStop: me =>
        {
            Assert.Throws<InvalidOperationException>(() => me.Here.StartTimer("t", Note("x"), TimeSpan.Zero));
            Assert.Throws<InvalidOperationException>(() => me.Here.Spawn(ScriptedActor.Props([]), "c"));
            Assert.Throws<InvalidOperationException>(() => me.Here.Watch(_actor));
            refused++;
        }));
        _world.System.Stop(actor);
        _world.Sim.RunUntilIdle();

        Assert.Equal(1, refused);
    }
}
