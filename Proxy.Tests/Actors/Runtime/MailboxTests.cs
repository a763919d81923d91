using Proxy.Actors.Runtime;
using static Proxy.Tests.Actors.Runtime.ScriptedActor;

namespace Proxy.Tests.Actors.Runtime;

public sealed class MailboxTests
{
    private readonly SimulatedSystem _world = new();

    [Fact]
    public void Messages_of_one_sender_are_handled_in_order()
    {
        var actor = _world.Spawn("a");
        var expected = new List<string> { "a: start" };
        for (var i = 0; i < 200; i++)
        {
            actor.Tell(Note($"{i}"));
            expected.Add($"a: {i}");
        }

        _world.Sim.RunUntilIdle();

        Assert.Equal(expected, _world.Journal);
    }

    [Theory]
    [InlineData(MailboxOverflow.RejectNewest, TellResult.Dropped, "0,1,2")]
    [InlineData(MailboxOverflow.DropOldest, TellResult.Accepted, "1,2,3")]
    [InlineData(MailboxOverflow.DropNewest, TellResult.Accepted, "0,1,3")]
    public void A_full_mailbox_follows_its_policy(MailboxOverflow policy, TellResult expected, string handled)
    {
        var actor = _world.Spawn("a", props => props with { Mailbox = new MailboxOptions(3, policy) });
        _world.Journal.Clear();
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(TellResult.Accepted, actor.Tell(Note($"{i}")));
        }

        Assert.Equal(expected, actor.Tell(Note("3")));
        _world.Sim.RunUntilIdle();

        Assert.Equal(handled.Split(',').Select(i => $"a: {i}"), _world.Journal);
        Assert.Equal([$"overflow /user/a {policy} 1"], _world.Reports);
    }

    [Fact]
    public void A_full_mailbox_with_the_policy_Fail_fails_the_actor_once_and_not_the_sender()
    {
        var actor = _world.Spawn("a", props => props with
        {
            Mailbox = new MailboxOptions(2, MailboxOverflow.Fail),
            Supervision = Supervise.Stop,
        });

        var results = Enumerable.Range(0, 5).Select(i => actor.Tell(Note($"{i}"))).ToList();
        _world.Sim.RunUntilIdle();

        Assert.Equal(3, results.Count(result => result == TellResult.Dropped));
        Assert.Equal("a: stop", _world.Journal[^1]);
        Assert.Single(_world.Reports, report => report.StartsWith("failed", StringComparison.Ordinal));
        Assert.Contains("stopped /user/a Failed", _world.Reports);
    }

    [Fact]
    public void A_full_mailbox_cannot_hide_a_stop()
    {
        var actor = _world.Spawn("a", props => props with { Mailbox = new MailboxOptions(3) });
        _world.Journal.Clear();
        for (var i = 0; i < 4; i++)
        {
            actor.Tell(Note("never"));
        }

        _world.System.Stop(actor);
        _world.Sim.RunUntilIdle();

        Assert.Equal(["a: stop"], _world.Journal);
        Assert.Equal(3, _world.System.DeadLetters.Count);
    }

    [Fact]
    public void What_is_told_to_the_dead_is_a_dead_letter()
    {
        var actor = _world.Spawn("a");
        _world.Do(actor, me => me.Here.StopSelf());

        Assert.Equal(TellResult.Dead, actor.Tell(Note("late")));
        Assert.Equal(1, _world.System.DeadLetters.Count);
        Assert.Contains("dead /user/a 0", _world.Reports);
    }

    [Fact]
    public void A_flood_of_dead_letters_is_counted_but_reported_ten_times_per_second()
    {
        var actor = _world.Spawn("a");
        _world.Do(actor, me => me.Here.StopSelf());
        _world.Reports.Clear();

        for (var i = 0; i < 100; i++)
        {
            actor.Tell(Note("late"));
        }

        Assert.Equal(10, _world.Reports.Count);
        _world.Sim.Advance(TimeSpan.FromSeconds(1));
        actor.Tell(Note("late"));

        Assert.Equal("dead /user/a 90", _world.Reports[^1]);
        Assert.Equal(101, _world.System.DeadLetters.Count);
    }

    [Fact]
    public void After_StopSelf_no_further_message_is_handled()
    {
        var actor = _world.Spawn("a");
        actor.Tell(me => me.Here.StopSelf());
        actor.Tell(Note("never"));

        _world.Sim.RunUntilIdle();

        Assert.Equal(["a: start", "a: stop"], _world.Journal);
    }

    [Fact]
    public void Accepted_messages_that_will_never_be_handled_are_told_so()
    {
        var lost = new List<string>();
        var actor = _world.System.Spawn(
            new Props<LostNotice>(context => new StopsAtFirst(context))
            {
                Mailbox = new MailboxOptions(2, MailboxOverflow.DropOldest),
            },
            "a");

        for (var i = 0; i < 3; i++)
        {
            actor.Tell(new LostNotice($"{i}", lost));
        }

        Assert.Equal(["0"], lost);
        _world.Sim.RunUntilIdle();

        Assert.Equal(["0", "2"], lost);
    }

    private sealed class LostNotice(string name, List<string> lost) : IUndeliverable
    {
        public void Undelivered(Exception reason) => lost.Add(name);
    }

    private sealed class StopsAtFirst(IActorContext<LostNotice> context) : Actor<LostNotice>(context)
    {
        protected internal override void Receive(LostNotice message) => Context.StopSelf();
    }
}
