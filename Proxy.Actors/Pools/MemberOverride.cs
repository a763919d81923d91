using Proxy.Actors.Config;

namespace Proxy.Actors.Pools;

/// <summary>What an operator changed at run time; it stays over reloads until reverted. Null = as configured.</summary>
public sealed record MemberOverride(MemberFlags? Flags, int? Weight)
{
    public static readonly MemberOverride None = new(null, null);
}
