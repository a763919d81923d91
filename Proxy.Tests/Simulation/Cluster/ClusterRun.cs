using Proxy.Cluster.Membership;
using Proxy.Cluster.Revisions;
using Proxy.Edge.Replication;

namespace Proxy.Tests.Simulation.Cluster;

/// <summary>One seed: some seconds of trouble, then quiet, then all must be well.</summary>
internal sealed class ClusterRun : IDisposable
{
    private static readonly TimeSpan Trouble = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Load = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Gap = TimeSpan.FromMilliseconds(25);

    private readonly ClusterWorld _world;
    private readonly SessionLedger _sessions = new();
    private readonly ClusterFaults _faults;

    private ClusterRun(int seed, TextWriter? trace)
    {
        _world = new ClusterWorld(seed, trace);
        _faults = new ClusterFaults(_world, _sessions);
    }

    /// <summary>Throws what is wrong.</summary>
    public static ClusterOutcome Play(int seed, TextWriter? trace = null)
    {
        // What is begun between two steps must go on here too and not hop to a test runner's context.
        SynchronizationContext? context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            using var run = new ClusterRun(seed, trace);
            return run.Play();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    public void Dispose() => _world.Dispose();

    private ClusterOutcome Play()
    {
        foreach (string name in _world.Names)
        {
            _world.Start(name);
            _world.Run(TimeSpan.FromMilliseconds(_world.Random.Next(300)));
        }

        Pass(TimeSpan.FromSeconds(2), trouble: false);
        Pass(Trouble, trouble: true);
        _faults.End();
        Pass(Quiet, trouble: false);
        int committed = CheckRevisions();
        CheckMembership();
        CheckSingletons();
        CheckHealth();
        CheckReplicas();
        Require(_sessions.Lost(_world));
        int admitted = CheckLimit();
        return new ClusterOutcome(
            _world.Sim.TraceHash, _sessions.Kept, committed, admitted, _world.Resource.History.Count, _world.Now);
    }

    private void Pass(TimeSpan time, bool trouble)
    {
        TimeSpan end = _world.Now + time;
        while (_world.Now < end)
        {
            if (trouble)
            {
                _faults.Step();
                _sessions.Step(_world);
                foreach (SimulatedNode node in _world.Nodes.Values)
                {
                    node.Limits.Request();
                }
            }

            _world.Run(TimeSpan.FromMilliseconds(trouble ? _world.Random.Next(300) : 800));
            _sessions.Check(_world);
            _world.Invariants.Check(_world);
            Require(_world.Invariants.Violations);
        }
    }

    private void CheckMembership()
    {
        string all = string.Join(", ", _world.Names.Select(static name => $"{name} Up"));
        Require(
            from node in _world.Nodes.Values
            where node.Cluster.View.Standing != ClusterStanding.Member || node.Cluster.Text() != all
            select $"{node.Process} is {node.Cluster.View.Standing} and sees {node.Cluster.Text()}");
    }

    private void CheckSingletons() => Require(
        from singleton in SimulatedNode.Singletons
        let holders = _world.Resource.Holders(singleton).ToArray()
        where holders.Length != 1
        select $"{singleton} runs on [{string.Join(' ', holders)}]");

    private void CheckHealth() => Require(
        from node in _world.Names
        from member in new[] { ClusterInvariants.HealthyMember, "m2" }
        let judged = _world.Invariants.Judgements.GetValueOrDefault($"{node} {member}")
        let isFresh = _world.Now - judged.At < judged.Judgement.FreshFor
        where !isFresh || judged.Judgement.Up == _world.Broken.Contains(member)
        select $"{node} has of {member} {(isFresh ? judged.Judgement.ToString() : "no fresh verdict")}");

    /// <summary>All know and run the same, what was answered "committed" is where it was committed, and nothing that
    /// any node ever knew was taken back.</summary>
    private int CheckRevisions()
    {
        // The word that ends a staging, should one be open, and a last change.
        SimulatedNode first = _world.Nodes.Values.First();
        _ = first.Revisions.Send(new RevisionRequest.Continue { Who = "end" });
        Pass(TimeSpan.FromSeconds(1), trouble: false);
        Task<RevisionAnswer> last = _world.Nodes.Values.Last().Revisions.Send(
            Proxy.Tests.Cluster.Revisions.RevisionNode.Setting("pools.app.members.a.weight", "99"));
        Pass(TimeSpan.FromSeconds(3), trouble: false);
        RevisionAnswer? answer = Answer(last);
        Require(answer is RevisionAnswer.Committed ? [] : [$"the last change is answered {answer}"]);

        RevisionView view = first.Revisions.Store.View;
        Require(
            from node in _world.Nodes.Values
            let own = node.Revisions.Store.View
            where own.Head?.Id != view.Head?.Id || node.Revisions.Ran[^1] != view.Head?.Number
                || node.Revisions.Running != view.Head?.Open()?.Text
            select $"{node.Process} knows {own.Head?.Number} and runs {node.Revisions.Ran[^1]}, not {view.Head?.Number}");
        Require(
            from known in _world.Invariants.Journal
            where view.At(known.Key) is { } one ? one.Id != known.Value : known.Key > view.Head?.Number
            select $"revision {known.Key} was taken back");
        RevisionAnswer.Committed[] committed =
            [.. _faults.Asked.Select(Answer).OfType<RevisionAnswer.Committed>()];
        Require(
            from one in committed
            where view.At(one.Revision.Number) is { } kept && kept.Id != one.Revision.Id
            select $"the committed revision {one.Revision.Number} is another one now");
        return committed.Length;
    }

    private static RevisionAnswer? Answer(Task<RevisionAnswer> asked) =>
        asked.IsCompletedSuccessfully ? asked.GetAwaiter().GetResult() : null;

    private void CheckReplicas()
    {
        SimulatedNode first = _world.Nodes.Values.First();
        ulong[] entries = Digests(first.Mesh.Entries.Table);
        Require(
            from node in _world.Nodes.Values
            where !Digests(node.Mesh.Entries.Table).SequenceEqual(entries)
            select $"the sessions of {node.Process} are not those of {first.Process}");
    }

    private static ulong[] Digests(ReplicaTable table)
    {
        ulong[] digests = new ulong[ReplicaTable.Buckets];
        ReplicatedEntry[] buffer = [];
        table.Digest(0, new Stamp(ulong.MaxValue), 0, digests, ref buffer);
        return digests;
    }

    /// <summary>All nodes live and know each other: together they admit the rate and no more.</summary>
    private int CheckLimit()
    {
        int before = Admitted();
        TimeSpan end = _world.Now + Load;
        while (_world.Now < end)
        {
            foreach (SimulatedNode node in _world.Nodes.Values)
            {
                node.Limits.Request();
            }

            _world.Run(Gap);
        }

        int admitted = Admitted() - before;
        int rate = (int)(SimulatedLimits.Rule.Count * Load / SimulatedLimits.Rule.Period);
        // One percent for the owner's clock; what was set aside for a node that has no use for it comes back later.
        int most = rate + SimulatedLimits.Rule.Burst + 2;
        Require(admitted > most || admitted < rate / 2
            ? [$"{admitted} requests were admitted, {most} may be"]
            : []);
        return admitted;
    }

    private int Admitted() => _world.Nodes.Values.Sum(static node => node.Limits.Admitted);

    private void Require(IEnumerable<string> problems)
    {
        string[] all = [.. problems];
        if (all.Length > 0)
        {
            throw new InvalidOperationException(
                $"{_world.Now}: {string.Join('\n', all.Take(5))}\nreplay with ops/sim --seed {_world.Seed}");
        }
    }
}

/// <summary>What came of a seed.</summary>
/// <param name="Sessions">That had to be and were known everywhere in the end.</param>
/// <param name="Committed">Revisions that operators were told are committed.</param>
/// <param name="Terms">How often singletons began and ended.</param>
internal sealed record ClusterOutcome(
    ulong TraceHash, int Sessions, int Committed, int Admitted, int Terms, TimeSpan Time);
