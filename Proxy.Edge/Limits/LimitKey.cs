using Proxy.Edge.Topology;

namespace Proxy.Edge.Limits;

/// <summary>What requests are counted by.</summary>
public enum LimitKeyKind : byte
{
    /// <summary>The client behind trusted hops, see <see cref="AddressPrefix"/>.</summary>
    ClientAddress,
    Header,
    Cookie,

    /// <summary>The normalised path.</summary>
    Path,

    /// <summary>All requests of the route together.</summary>
    Global,
}

/// <summary>What requests are counted by, as configured.</summary>
/// <param name="Name">Of the header or cookie.</param>
public sealed record LimitKey(LimitKeyKind Kind, string Name = "")
{
    public AddressPrefix Prefix { get; init; } = AddressPrefix.Default;
}
