using Proxy.Cluster.Engine;

namespace Proxy.Cluster.Membership;

/// <summary>What the leader does for others. Every move is compared with what was read, so that two nodes that both
/// think they lead do no harm.</summary>
internal static class LeaderDuties
{
    /// <summary>The next move, or null; <paramref name="wake"/> is when another may be due.</summary>
    public static EngineTransaction? Next(
        ClusterState state, ClusterKeys keys, MembershipSettings settings, TimeSpan now, ref TimeSpan? wake)
    {
        foreach ((string name, Kept<MemberRecord> kept) in state.Records)
        {
            MemberRecord record = kept.Value;
            TimeSpan age = now - state.SinceOf(name);
            bool alive = state.IsAlive(record);
            MemberStatus? move = (record.Status, alive) switch
            {
                (MemberStatus.Down, _) or (MemberStatus.Exiting, false) => MemberStatus.Removed,
                (MemberStatus.Joining, true) => MemberStatus.Up,
                (MemberStatus.Leaving, true) => After(MemberStatus.Exiting, settings.LeaveWithin, age, ref wake),
                (MemberStatus.Exiting, true) => After(MemberStatus.Removed, settings.LeaveWithin, age, ref wake),
                (_, false) => After(MemberStatus.Down, settings.DownAfter, age, ref wake),
                _ => null,
            };
            if (move is { } status)
            {
                return Move(state, keys, kept, status);
            }

            MemberStatus? After(MemberStatus next, TimeSpan limit, TimeSpan spent, ref TimeSpan? wake)
            {
                if (spent >= limit)
                {
                    return next;
                }

                TimeSpan due = now + (limit - spent);
                wake = wake is { } earlier && earlier < due ? earlier : due;
                return null;
            }
        }

        return null;
    }

    /// <summary>One allowed transition of one member.</summary>
    public static EngineTransaction Move(
        ClusterState state, ClusterKeys keys, Kept<MemberRecord> kept, MemberStatus status)
    {
        MemberRecord record = kept.Value;
        if (!record.Status.Allows(status))
        {
            throw new InvalidOperationException($"{record.Node.Name} cannot go from {record.Status} to {status}");
        }

        string key = keys.Member(record.Node.Name);
        EngineWrite write = status == MemberStatus.Removed
            ? new EngineWrite.Delete(key)
            : new EngineWrite.Put(key, (record with
            {
                Status = status,
                UpNumber = status == MemberStatus.Up ? NextUpNumber(state) : record.UpNumber,
            }).Write());
        return new EngineTransaction([EngineCompare.ModifiedAt(key, kept.Modified)], [write]);
    }

    private static int NextUpNumber(ClusterState state) =>
        1 + state.Records.Values.Select(static kept => kept.Value.UpNumber).DefaultIfEmpty(0).Max();
}
