using System.Collections.Immutable;
using Proxy.Cluster.Engine;

namespace Proxy.Cluster.Membership;

/// <summary>A record and where it stands in the engine's history, to compare with when it is changed.</summary>
internal readonly record struct Kept<T>(T Value, Revision Modified, LeaseId Lease);

/// <summary>The membership part of the engine, as far as this node has seen it.</summary>
internal sealed class ClusterState(ClusterKeys keys, string self)
{
    /// <summary>The silence before the first answer.</summary>
    public const string NotAsked = "not asked yet";

    private readonly SortedDictionary<string, Kept<MemberRecord>> _records = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Kept<NodePulse>> _pulses = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Stage> _stages = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, TimeSpan> _clocks = new(StringComparer.Ordinal);

    /// <summary>Null before the engine answered for the first time.</summary>
    public Revision? Revision { get; private set; }

    /// <summary>Why the engine is silent; null when it is not.</summary>
    public string? Silence { get; private set; } = NotAsked;

    public Kept<ClusterRecord>? Cluster { get; private set; }

    /// <summary>By name.</summary>
    public IReadOnlyDictionary<string, Kept<MemberRecord>> Records => _records;

    /// <summary>How far the wall clocks of other nodes are ahead of this one's, by name.</summary>
    public IReadOnlyDictionary<string, TimeSpan> Clocks => _clocks;

    public Kept<MemberRecord>? RecordOf(string node) =>
        _records.TryGetValue(node, out Kept<MemberRecord> record) ? record : null;

    public Kept<NodePulse>? PulseOf(string node) => _pulses.TryGetValue(node, out Kept<NodePulse> pulse) ? pulse : null;

    /// <summary>The member's own lease lives: not that of a predecessor or of a process that took its name.</summary>
    public bool IsAlive(MemberRecord record) =>
        PulseOf(record.Node.Name) is { } pulse && pulse.Value.Incarnation == record.Node.Incarnation;

    /// <summary>Since when a member is as it is, as this node could see it.</summary>
    public TimeSpan SinceOf(string node) =>
        _stages.TryGetValue(node, out Stage stage) ? stage.Since : TimeSpan.MaxValue;

    public void Apply(FeedSignal signal, NodeTime now)
    {
        switch (signal)
        {
            case FeedSignal.Listed listed:
                Relist(listed.Listing);
                Silence = null;
                break;
            case FeedSignal.Changed changed:
                Change(changed, now);
                Silence = null;
                break;
            case FeedSignal.Stalled stalled:
                Silence = stalled.Reason;
                return;
            case FeedSignal.Resumed:
                Silence = null;
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(signal), signal, "unknown signal");
        }

        bool mayHaveMissed = signal is not FeedSignal.Changed;
        UpdateStages(now.Elapsed, mayHaveMissed);
    }

    private void Relist(Listing listing)
    {
        _records.Clear();
        _pulses.Clear();
        Cluster = null;
        foreach (EngineItem item in listing.Items)
        {
            Put(item);
        }

        Revision = listing.Revision;
    }

    private void Change(FeedSignal.Changed changed, NodeTime now)
    {
        foreach (EngineChange change in changed.Changes)
        {
            if (change.Kind == ChangeKind.Put)
            {
                Put(change.Item);
                Compare(change.Item.Key, now.Wall);
            }
            else
            {
                Delete(change.Item.Key);
            }
        }

        Revision = changed.Revision;
    }

    private void Put(EngineItem item)
    {
        if (item.Key == keys.Identity)
        {
            Cluster = ClusterRecord.Read(item.Value) is { } cluster
                ? new Kept<ClusterRecord>(cluster, item.Modified, item.Lease)
                : null;
        }
        else if (NameIn(item.Key, keys.Members) is { } member && MemberRecord.Read(item.Value) is { } record
            && record.Node.Name == member)
        {
            _records[member] = new Kept<MemberRecord>(record, item.Modified, item.Lease);
        }
        else if (NameIn(item.Key, keys.Pulses) is { } alive && NodePulse.Read(item.Value) is { } pulse)
        {
            _pulses[alive] = new Kept<NodePulse>(pulse, item.Modified, item.Lease);
        }
    }

    private void Delete(string key)
    {
        if (key == keys.Identity)
        {
            Cluster = null;
        }
        else if (NameIn(key, keys.Members) is { } member)
        {
            _records.Remove(member);
        }
        else if (NameIn(key, keys.Pulses) is { } alive)
        {
            _pulses.Remove(alive);
            _clocks.Remove(alive);
        }
    }

    /// <summary>A pulse just written shows its writer's clock; one that was listed may be of any age.</summary>
    private void Compare(string key, DateTimeOffset wall)
    {
        if (NameIn(key, keys.Pulses) is { } name && name != self && PulseOf(name) is { } pulse)
        {
            _clocks[name] = pulse.Value.Wall - wall;
        }
    }

    /// <summary>Nobody's time runs while the engine could not be seen.</summary>
    private void UpdateStages(TimeSpan now, bool restart)
    {
        foreach (string gone in _stages.Keys.Where(name => !_records.ContainsKey(name)).ToImmutableArray())
        {
            _stages.Remove(gone);
        }

        foreach ((string name, Kept<MemberRecord> record) in _records)
        {
            var stage = new Stage(record.Value.Node.Incarnation, record.Value.Status, IsAlive(record.Value), now);
            if (restart || !_stages.TryGetValue(name, out Stage was) || was with { Since = now } != stage)
            {
                _stages[name] = stage;
            }
        }
    }

    private static string? NameIn(string key, string prefix) =>
        key.StartsWith(prefix, StringComparison.Ordinal) ? key[prefix.Length..] : null;

    private readonly record struct Stage(long Incarnation, MemberStatus Status, bool Alive, TimeSpan Since);
}
