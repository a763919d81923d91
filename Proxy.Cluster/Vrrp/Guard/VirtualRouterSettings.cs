using Proxy.Cluster.Vrrp.Machine;
using Proxy.Cluster.Vrrp.Packets;

namespace Proxy.Cluster.Vrrp.Guard;

/// <summary>One virtual router as the node configures it. Travels as one record, and two settings are equal when their
/// records are.</summary>
internal sealed record VirtualRouterSettings
{
    /// <summary>Longest name of an interface, IFNAMSIZ without its zero.</summary>
    public const int MaxInterfaceName = 15;

    /// <summary>The node's number for it; stays the same over restarts of the node.</summary>
    public required ushort Id { get; init; }

    /// <summary>Routers with the same number other than 0 change state together.</summary>
    public ushort Group { get; init; }

    /// <summary>For messages.</summary>
    public required string Name { get; init; }

    public required string Interface { get; init; }

    public required VrrpRules Rules { get; init; }

    public VrrpPolicy Policy { get; init; } = new();

    /// <summary>Prefix length of every address of the rules, in their order; empty = all bits.</summary>
    public byte[] Prefixes { get; init; } = [];

    /// <summary>Puts the addresses on an interface of their own with the router's MAC (RFC 5798 7.3).</summary>
    public bool UseVirtualMac { get; init; }

    /// <summary>The address to speak from; none = the interface's own.</summary>
    public NetAddress Source { get; init; }

    /// <summary>Other interfaces without which this router is of no use.</summary>
    public string[] Tracked { get; init; } = [];

    public byte PrefixOf(int address) =>
        address < Prefixes.Length ? Prefixes[address] : (byte)(8 * NetAddress.LengthOf(Rules.Family));

    /// <summary>Everything that is wrong with it, in words for an operator; empty when nothing is.</summary>
    public IReadOnlyList<string> Problems()
    {
        var problems = new List<string>([.. Rules.Problems(), .. Policy.Problems()]);
        if (Tracked.Any(static name => name.Length is 0 or > MaxInterfaceName))
        {
            problems.Add("a tracked interface has no name of an interface");
        }

        if (Interface.Length is 0 or > MaxInterfaceName || Interface.AsSpan().ContainsAny('/', ' ', '\0'))
        {
            problems.Add($"\"{Interface}\" is no name of an interface");
        }

        if (Prefixes.Any(prefix => prefix > 8 * NetAddress.LengthOf(Rules.Family)))
        {
            problems.Add("a prefix is longer than the address");
        }

        if (!Source.IsNone && Source.Family != Rules.Family)
        {
            problems.Add("the source must be of the protocol of the addresses");
        }

        return problems;
    }
}
