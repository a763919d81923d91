namespace Proxy.Edge.Topology;

/// <summary>Names a member across configuration revisions: the pool and the member's name in it.</summary>
public readonly record struct MemberId(string Pool, string Name)
{
    public override string ToString() => $"{Pool}/{Name}";
}

/// <summary>What a member is for (Apache's hot spare and hot standby, HAProxy's backup).</summary>
public enum MemberRole : byte
{
    Primary,

    /// <summary>Replaces an unusable primary of the same set, one for one.</summary>
    Spare,

    /// <summary>Last resort of its set.</summary>
    Standby,
}
