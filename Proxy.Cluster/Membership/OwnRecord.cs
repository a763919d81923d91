using System.Collections.Immutable;
using Proxy.Cluster.Engine;

namespace Proxy.Cluster.Membership;

/// <summary>What this node has to do about its own record.</summary>
internal abstract record OwnStep
{
    private OwnStep()
    {
    }

    internal sealed record None : OwnStep;

    internal sealed record Commit(EngineTransaction Transaction, bool IsPulse = false) : OwnStep;

    /// <summary>The cluster will not have this node as it is.</summary>
    internal sealed record Refused(string Reason) : OwnStep;

    /// <summary>Another process of this node, from the same state directory, has taken its place.</summary>
    internal sealed record Replaced : OwnStep;

    /// <summary>The life as a member has ended; the next one needs another incarnation.</summary>
    internal sealed record Ended : OwnStep;
}

/// <summary>This node's side of its membership.</summary>
/// <param name="Self">As it is now.</param>
/// <param name="Lease">Of the session.</param>
/// <param name="WasMember">A record of this incarnation has been seen.</param>
/// <param name="WantsOut">Told to leave.</param>
/// <param name="Holds">Singletons still held.</param>
internal readonly record struct OwnRecord(
    NodeIdentity Self, LeaseId Lease, bool WasMember, bool WantsOut, int Holds)
{
    public OwnStep Next(ClusterState state, ClusterKeys keys, NodePulse pulse)
    {
        if (state.RecordOf(Self.Name) is not { } record)
        {
            return WasMember || WantsOut ? new OwnStep.Ended() : Join(state, keys, pulse, null);
        }

        if (record.Value.Node.Incarnation == Self.Incarnation)
        {
            return Keep(state, keys, pulse, record);
        }

        if (SamePlace(record.Value.Node))
        {
            return WasMember ? new OwnStep.Replaced() : Join(state, keys, pulse, record);
        }

        return state.IsAlive(record.Value)
            ? new OwnStep.Refused(
                $"the node name \"{Self.Name}\" is taken: {record.Value.Node.PeerAddress} runs under it (version "
                + $"{record.Value.Node.Version}); that one stays, this one serves without the cluster. Give one of "
                + "them another node.name")
            : WasMember ? new OwnStep.Ended()
            : Join(state, keys, pulse, record);
    }

    private OwnStep Join(ClusterState state, ClusterKeys keys, NodePulse pulse, Kept<MemberRecord>? before)
    {
        if (TooOldOrNew(state) is { } reason)
        {
            return new OwnStep.Refused(reason);
        }

        string record = keys.Member(Self.Name);
        List<EngineCompare> compares =
        [
            before is { } kept ? EngineCompare.ModifiedAt(record, kept.Modified) : EngineCompare.Absent(record),
            PulseIsAsSeen(state, keys),
        ];
        List<EngineWrite> writes =
        [
            new EngineWrite.Put(record, new MemberRecord(Self, MemberStatus.Joining, 0).Write()),
            new EngineWrite.Put(keys.Pulse(Self.Name), pulse.Write(), Lease),
        ];
        if (state.Cluster is { Value.IsClosing: true } closing)
        {
            compares.Add(EngineCompare.ModifiedAt(keys.Identity, closing.Modified));
            writes.Add(new EngineWrite.Put(keys.Identity, (closing.Value with { IsClosing = false }).Write()));
        }

        return new OwnStep.Commit(new EngineTransaction(compares, writes));
    }

    private OwnStep Keep(ClusterState state, ClusterKeys keys, NodePulse pulse, Kept<MemberRecord> record)
    {
        string key = keys.Member(Self.Name);
        switch (record.Value.Status)
        {
            case MemberStatus.Down:
                return new OwnStep.None(); // The leader removes it; then this node joins anew.
            case MemberStatus.Leaving when Holds == 0:
                return new OwnStep.Commit(LeaderDuties.Move(state, keys, record, MemberStatus.Exiting));
            case MemberStatus.Exiting:
                return new OwnStep.Commit(new EngineTransaction(
                    [EngineCompare.ModifiedAt(key, record.Modified)],
                    [new EngineWrite.Delete(key), new EngineWrite.Delete(keys.Pulse(Self.Name))]));
            default:
                Kept<NodePulse>? old = state.PulseOf(Self.Name);
                bool known = old is { } kept && kept.Lease == Lease && kept.Value.Incarnation == Self.Incarnation
                    && kept.Value.Silent.SequenceEqual(pulse.Silent);
                return known && old!.Value.Value.Wall == pulse.Wall // not null: it is known
                    ? new OwnStep.None()
                    : new OwnStep.Commit(
                        new EngineTransaction(
                            [EngineCompare.ModifiedAt(key, record.Modified), PulseIsAsSeen(state, keys)],
                            [new EngineWrite.Put(keys.Pulse(Self.Name), pulse.Write(), Lease)]),
                        IsPulse: true);
        }
    }

    private EngineCompare PulseIsAsSeen(ClusterState state, ClusterKeys keys)
    {
        string key = keys.Pulse(Self.Name);
        return state.PulseOf(Self.Name) is { } pulse
            ? EngineCompare.ModifiedAt(key, pulse.Modified)
            : EngineCompare.Absent(key);
    }

    private bool SamePlace(NodeIdentity other) =>
        Self.Home.Length > 0 && other.Home == Self.Home && other.PeerAddress == Self.PeerAddress;

    private string? TooOldOrNew(ClusterState state)
    {
        NodeIdentity self = Self;
        ImmutableArray<NodeIdentity> others =
        [
            .. state.Records.Values
                .Where(kept => kept.Value.Node.Name != self.Name && state.IsAlive(kept.Value))
                .Select(static kept => kept.Value.Node)
                .Where(other => !other.Protocols.Overlaps(self.Protocols)),
        ];
        if (others.IsEmpty)
        {
            return null;
        }

        NodeIdentity other = others[0];
        string age = other.Protocols.Oldest > Self.Protocols.Newest ? "old" : "new";
        return $"version {Self.Version} is too {age} for this cluster: it speaks protocol "
            + $"{Self.Protocols.Oldest} to {Self.Protocols.Newest}, {other.Name} (version {other.Version}) "
            + $"{other.Protocols.Oldest} to {other.Protocols.Newest}; run a version on this node that the cluster "
            + "understands";
    }
}
