using Proxy.Cluster.Revisions;
using Proxy.Tests.Cluster.Revisions;
using HealthJudgement = Proxy.Actors.Pools.Judgement;

namespace Proxy.Tests.Simulation.Cluster;

/// <summary>What must hold at every moment, whatever is broken. Violations are collected, so that a run tells about the
/// first and not about what follows from it.</summary>
internal sealed class ClusterInvariants
{
    /// <summary>No check of this member ever fails.</summary>
    public const string HealthyMember = "m1";

    /// <summary>What the engine said last has arrived by then.</summary>
    private static readonly TimeSpan OnTheWay = TimeSpan.FromSeconds(1);

    private readonly SortedDictionary<long, Guid> _journal = [];
    private readonly Dictionary<string, RevisionView> _looked = [];
    private readonly Dictionary<long, string> _contents = [];
    private readonly Dictionary<string, (int Ran, string Running)> _planes = [];
    private TimeSpan? _silentSince;
    private TimeSpan _silentFor;
    private bool _isFrozen;

    public List<string> Violations { get; } = [];

    /// <summary>The latest judgement and when it came, by "node member".</summary>
    public Dictionary<string, (HealthJudgement Judgement, TimeSpan At)> Judgements { get; } = [];

    /// <summary>Revisions any node ever knew, by number.</summary>
    public IReadOnlyDictionary<long, Guid> Journal => _journal;

    public void Judged(string node, string member, HealthJudgement judgement, TimeSpan now)
    {
        Judgements[$"{node} {member}"] = (judgement, now);
        if (member == HealthyMember && !judgement.Up)
        {
            Violations.Add($"{now}: {node} hears that {member} is down although it answers every check: {judgement.Reason}");
        }
    }

    public void Check(ClusterWorld world)
    {
        if (world.Resource.Violations.Count > 0)
        {
            Violations.AddRange(world.Resource.Violations);
            world.Resource.Violations.Clear();
        }

        foreach (SimulatedNode node in world.Nodes.Values)
        {
            CheckRevisions(node, world.Now);
        }

        CheckDataPlane(world);
    }

    /// <summary>All nodes know parts of one and the same journal, and what they run under a number is the same
    /// everywhere.</summary>
    private void CheckRevisions(SimulatedNode node, TimeSpan now)
    {
        RevisionNode revisions = node.Revisions;
        RevisionView view = revisions.Store.View;
        if (_looked.TryGetValue(node.Process, out RevisionView? before) && ReferenceEquals(before, view))
        {
            return;
        }

        _looked[node.Process] = view;
        foreach (ConfigRevision known in view.Known)
        {
            if (_journal.TryAdd(known.Number, known.Id))
            {
                _contents[known.Number] = known.Open()?.Text ?? "";
                if (known.Number > 1 && !_journal.ContainsKey(known.Number - 1))
                {
                    Violations.Add($"{now}: {node.Process} knows revision {known.Number} but nobody {known.Number - 1}");
                }
            }
            else if (_journal[known.Number] != known.Id)
            {
                Violations.Add($"{now}: {node.Process} has another revision {known.Number} than others");
            }
        }

        if (revisions.Ran.Count > 0 && _contents.TryGetValue(revisions.Ran[^1], out string? text)
            && text != revisions.Running)
        {
            Violations.Add($"{now}: {node.Process} runs something else than revision {revisions.Ran[^1]}");
        }
    }

    /// <summary>While the engine is silent nothing changes what nodes run.</summary>
    private void CheckDataPlane(ClusterWorld world)
    {
        if (world.Engine.SilentSince != _silentSince)
        {
            (_silentSince, _silentFor, _isFrozen) = (world.Engine.SilentSince, world.Now, false);
            _planes.Clear();
        }

        if (_silentSince is null || world.Now - _silentFor < OnTheWay)
        {
            return;
        }

        if (!_isFrozen)
        {
            _isFrozen = true;
            // One that begins meanwhile runs what its disk remembers once it has given up on the engine.
            foreach (SimulatedNode node in world.Nodes.Values.Where(static node => node.Started?.IsCompleted == true))
            {
                _planes.Add(node.Process, (node.Revisions.Ran.Count, node.Revisions.Running));
            }
        }

        foreach (SimulatedNode node in world.Nodes.Values)
        {
            if (_planes.TryGetValue(node.Process, out (int Ran, string Running) plane)
                && plane != (node.Revisions.Ran.Count, node.Revisions.Running))
            {
                Violations.Add($"{world.Now}: {node.Process} runs something else while the engine is away");
            }
        }
    }
}
