using Proxy.Cluster.Engine;
using Proxy.Cluster.Membership;

namespace Proxy.Cluster.Singletons;

/// <summary>Plays a hand-over between two machines that nobody listens to, and writes and reads what goes through the
/// engine. The first of a process is translated to machine code while nobody owns the singleton otherwise, which takes
/// longer than the hand-over itself; and most processes see only one.</summary>
internal static class HandOverRehearsal
{
    private const string Name = "rehearsal";

    private static readonly TimeSpan Now = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Until = TimeSpan.FromSeconds(10);

    /// <returns>Whether the second one had it in the end.</returns>
    public static bool Play()
    {
        var keys = new ClusterKeys(Name);
        string[] order = Rendezvous.Order(Name, ["a", "b"]);
        SingletonMachine old = Machine(keys, order, order[0]);
        SingletonMachine next = Machine(keys, order, order[1]);
        SingletonEffects claim = old.Handle(Seen(new FeedSignal.Listed(new Listing([], new Revision(1)))), Now);
        next.Handle(Seen(new FeedSignal.Listed(new Listing([], new Revision(1)))), Now);
        if (Committed(claim) is not { } claimed)
        {
            return false;
        }

        old.Handle(new SingletonInput.Committed(Name, new CommitOutcome(true, new Revision(2), [])), Now);
        Show([old, next], claimed, 2);
        old.Handle(new SingletonInput.Resting(true), Now);
        if (Committed(old.Handle(new SingletonInput.Stopped(Name), Now)) is not { } given)
        {
            return false;
        }

        old.Handle(new SingletonInput.Committed(Name, new CommitOutcome(true, new Revision(3), [])), Now);
        return Show([old, next], given, 3).OfType<SingletonEffect.Start>().Any();
    }

    private static SingletonMachine Machine(ClusterKeys keys, string[] names, string self)
    {
        var machine = new SingletonMachine(keys);
        machine.Handle(new SingletonInput.Configured([new SingletonPlace(Name, "")]), Now);
        var view = new MembershipView
        {
            Cluster = Name, Self = Identity(self), Standing = ClusterStanding.Member,
            Members =
            [
                .. names.Select(static name => new Member(
                    Identity(name).AddressIn(Name), Identity(name), MemberStatus.Up, 1, [], true, default)
                {
                    Lease = LeaseOf(name),
                }),
            ],
        };
        machine.Handle(new SingletonInput.Membership(view, new Session(LeaseOf(self), Until)), Now);
        return machine;
    }

    private static EngineWrite.Put? Committed(SingletonEffects effects) =>
        effects.Effects.OfType<SingletonEffect.Commit>().FirstOrDefault() is { } commit
            ? commit.Transaction.Writes.OfType<EngineWrite.Put>().FirstOrDefault()
            : null;

    private static List<SingletonEffect> Show(SingletonMachine[] machines, EngineWrite.Put put, long revision)
    {
        var at = new Revision(revision);
        var item = new EngineItem(put.Key, put.Value, at, at, 1, put.Lease);
        var changed = new FeedSignal.Changed(at, [new EngineChange(ChangeKind.Put, item)]);
        return [.. machines.SelectMany(machine => machine.Handle(Seen(changed), Now).Effects)];
    }

    private static SingletonInput.Feed Seen(FeedSignal signal) => new(signal);

    private static NodeIdentity Identity(string name) => new() { Name = name, Incarnation = 1, PeerAddress = name };

    private static LeaseId LeaseOf(string name) => new(name[0]);
}
