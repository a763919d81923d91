using System.Collections.Immutable;
using Proxy.Cluster.Engine;
using Proxy.Cluster.Membership;
using Proxy.Cluster.Singletons;

namespace Proxy.Tests.Cluster.Singletons;

/// <summary>A planned hand-over, step by step: how often the engine is asked while nobody has the singleton.</summary>
public sealed class HandOverTests
{
    private const string Name = "s";

    private static readonly ClusterKeys Keys = new("test");
    private static readonly TimeSpan Now = TimeSpan.FromSeconds(100);
    private static readonly string First = Rendezvous.Order(Name, ["a", "b"])[0];
    private static readonly string Second = Rendezvous.Order(Name, ["a", "b"])[1];

    [Fact]
    public void Between_the_old_owner_and_the_next_is_one_write_and_no_read()
    {
        SingletonMachine old = Machine(First);
        SingletonMachine next = Machine(Second);
        Run(old, First);
        Tell(next, Owned(First, 10));

        var stop = (SingletonEffect.Stop)Assert.Single(Do(old, new SingletonInput.Resting(true)));
        var commit = (SingletonEffect.Commit)Assert.Single(Do(old, new SingletonInput.Stopped(stop.Name)));
        var put = (EngineWrite.Put)Assert.Single(commit.Transaction.Writes);

        Assert.Equal((Keys.Owner(Name), LeaseOf(Second)), (put.Key, put.Lease));
        Assert.Equal(Second, OwnerRecord.Read(put.Value)?.Node);
        // What the watch brings is all that the next one needs.
        var start = (SingletonEffect.Start)Assert.Single(Do(next, Owned(Second, 11)));
        Assert.Equal(new Revision(11), start.Term.Token);
        Assert.True(start.Term.IsValid(Now));
    }

    [Fact]
    public void The_old_owner_has_stopped_before_the_key_moves_and_cannot_write_after()
    {
        SingletonMachine old = Machine(First);
        SingletonTerm term = Run(old, First);

        Assert.IsType<SingletonEffect.Stop>(Assert.Single(Do(old, new SingletonInput.Resting(true))));
        var commit = (SingletonEffect.Commit)Assert.Single(Do(old, new SingletonInput.Stopped(Name)));

        Assert.False(term.IsValid(Now));
        Assert.True(Assert.Single(commit.Transaction.Compares).Holds(Item(First, 10)));
    }

    [Fact]
    public void When_the_lease_of_the_next_has_ended_the_key_is_given_up_at_once()
    {
        SingletonMachine old = Machine(First);
        Run(old, First);
        Do(old, new SingletonInput.Resting(true));
        Do(old, new SingletonInput.Stopped(Name));

        var again = (SingletonEffect.Commit)Assert.Single(
            Do(old, new SingletonInput.Committed(Name, EngineFault.Lost(LeaseOf(Second)))));
        Assert.Contains(again.Transaction.Writes, static write => write is EngineWrite.Delete);
        // Its own may have ended, too: that is no reason to ask for ever.
        Assert.Empty(Do(old, new SingletonInput.Committed(Name, EngineFault.Lost(LeaseOf(First)))));
    }

    [Fact]
    public void Who_gets_it_and_does_not_want_it_gives_it_up_instead_of_handing_it_back()
    {
        SingletonMachine resting = Machine(Second);
        Do(resting, new SingletonInput.Resting(true));
        SingletonMachine strange = Machine(Second);
        Do(strange, new SingletonInput.Configured([]));

        foreach (SingletonMachine machine in (SingletonMachine[])[resting, strange])
        {
            var commit = (SingletonEffect.Commit)Assert.Single(Do(machine, Owned(Second, 11)));
            Assert.Contains(
                commit.Transaction.Writes,
                static write => write is EngineWrite.Delete && write.Key == Keys.Owner(Name));
        }
    }

    [Fact]
    public void Who_handed_it_over_and_gets_it_back_begins_at_once()
    {
        SingletonMachine old = Machine(First);
        Run(old, First);
        Do(old, new SingletonInput.Resting(true));
        Do(old, new SingletonInput.Stopped(Name));
        Do(old, new SingletonInput.Committed(Name, new CommitOutcome(true, new Revision(11), [])));
        Tell(old, Owned(Second, 11));
        Tell(old, new SingletonInput.Resting(false));

        var start = (SingletonEffect.Start)Assert.Single(Do(old, Owned(First, 12)));

        Assert.Equal(new Revision(12), start.Term.Token);
    }

    [Fact]
    public void With_nobody_else_there_the_key_is_given_up()
    {
        SingletonMachine alone = Machine(First, First);
        Run(alone, First);
        Do(alone, new SingletonInput.Resting(true));

        var commit = (SingletonEffect.Commit)Assert.Single(Do(alone, new SingletonInput.Stopped(Name)));

        Assert.IsType<EngineWrite.Delete>(Assert.Single(commit.Transaction.Writes));
    }

    [Fact]
    public void The_rehearsal_comes_to_its_end() => Assert.True(HandOverRehearsal.Play());

    private static SingletonMachine Machine(string self, params string[] members)
    {
        var machine = new SingletonMachine(Keys);
        Do(machine, new SingletonInput.Configured([new SingletonPlace(Name, "")]));
        MembershipView view = new()
        {
            Cluster = "test", Self = Identity(self), Standing = ClusterStanding.Member,
            Members = [.. (members.Length == 0 ? ["a", "b"] : members).Select(Member)],
        };
        Do(machine, new SingletonInput.Membership(view, new Session(LeaseOf(self), Now + TimeSpan.FromSeconds(3))));
        return machine;
    }

    private static SingletonTerm Run(SingletonMachine machine, string self) =>
        ((SingletonEffect.Start)Assert.Single(Do(machine, Owned(self, 10)))).Term;

    private static void Tell(SingletonMachine machine, SingletonInput input) => Assert.Empty(Do(machine, input));

    private static IReadOnlyList<SingletonEffect> Do(SingletonMachine machine, SingletonInput input) =>
        machine.Handle(input, Now).Effects;

    private static SingletonInput.Feed Owned(string node, long revision) => new(
        new FeedSignal.Listed(new Listing([Item(node, revision)], new Revision(revision))));

    // Made by the first owner, so only the revision of the change tells one term from another.
    private static EngineItem Item(string node, long revision) => new(
        Keys.Owner(Name), new OwnerRecord(node, 1).Write(), new Revision(5), new Revision(revision), 2, LeaseOf(node));

    private static Member Member(string name) => new(
        $"proxy://test@{name}:7400", Identity(name), MemberStatus.Up, 1, ImmutableArray<string>.Empty, true, default)
    {
        Lease = LeaseOf(name),
    };

    private static NodeIdentity Identity(string name) =>
        new() { Name = name, Incarnation = 1, PeerAddress = $"{name}:7400" };

    private static LeaseId LeaseOf(string node) => new(node[0]);
}
