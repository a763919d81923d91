using System.Collections.Immutable;
using System.Globalization;

namespace Proxy.Cluster.Membership;

/// <summary>Who a node says it is.</summary>
internal sealed record NodeIdentity
{
    /// <summary>Unique in the cluster; stays over restarts.</summary>
    public required string Name { get; init; }

    /// <summary>One life as a member: a larger one after every restart and after every removal.</summary>
    public required long Incarnation { get; init; }

    /// <summary>Random, kept in the state directory: tells a node that came back from another that took its name. Empty
    /// when there is no place to keep it.</summary>
    public string Home { get; init; } = "";

    /// <summary>"host:port" where the other nodes reach this one.</summary>
    public required string PeerAddress { get; init; }

    /// <summary>"host:port" of its management; empty when it has none that others could reach.</summary>
    public string ManagementAddress { get; init; } = "";

    public ImmutableArray<string> Roles { get; init; } = [];

    /// <summary>Of the program, for people and for staged roll-outs.</summary>
    public string Version { get; init; } = "";

    /// <summary>What it understands of the cluster's records and streams.</summary>
    public ProtocolRange Protocols { get; init; } = ProtocolRange.Ours;

    /// <summary>The node's name in Akka's form; members are ordered by it.</summary>
    public string AddressIn(string cluster) =>
        string.Create(CultureInfo.InvariantCulture, $"proxy://{cluster}@{PeerAddress}");
}

/// <summary>The versions of the cluster's own protocol that a program speaks, both included.</summary>
internal readonly record struct ProtocolRange(int Oldest, int Newest)
{
    public static readonly ProtocolRange Ours = new(1, 1);

    public bool Overlaps(ProtocolRange other) => Oldest <= other.Newest && other.Oldest <= Newest;
}
