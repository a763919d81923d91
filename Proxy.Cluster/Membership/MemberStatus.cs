namespace Proxy.Cluster.Membership;

/// <summary>Akka's states without WeaklyUp: the engine's quorum decides, so nobody waits for a convergence.
/// <code>
///   Joining ──► Up ──► Leaving ──► Exiting ──► Removed
///      └─────────┴────────┴───────────┴──► Down ──┘
/// </code>
/// Being unreachable is no state but a flag beside it.</summary>
internal enum MemberStatus : byte
{
    Joining,
    Up,
    Leaving,
    Exiting,
    Down,

    /// <summary>Final: a node that comes back is another incarnation.</summary>
    Removed,
}

internal static class MemberTransitions
{
    public static bool Allows(this MemberStatus from, MemberStatus to) => (from, to) switch
    {
        (MemberStatus.Joining, MemberStatus.Up or MemberStatus.Leaving) => true,
        (MemberStatus.Up, MemberStatus.Leaving) => true,
        (MemberStatus.Leaving, MemberStatus.Exiting) => true,
        (MemberStatus.Removed, _) or (MemberStatus.Down, MemberStatus.Down) => false,
        (_, MemberStatus.Down or MemberStatus.Removed) => true,
        _ => false,
    };
}
