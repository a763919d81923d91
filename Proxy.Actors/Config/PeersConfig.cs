using System.Net;
using Proxy.Edge.Topology;

namespace Proxy.Actors.Config;

/// <summary>The connections between the nodes of a cluster. Read at the start only.</summary>
public sealed record PeersConfig
{
    /// <summary>Where the other nodes call.</summary>
    public SocketTarget Bind { get; init; } = SocketTarget.Inet(IPAddress.Any, 7400);

    /// <summary>"host:port" of some nodes, besides those that the engine knows.</summary>
    public ConfigList<string> Seeds { get; init; } = [];

    /// <summary>PEM file with this node's certificate for node.name and what is between it and the authority; empty =
    /// not encrypted.</summary>
    public string Certificate { get; init; } = "";

    public string Key { get; init; } = "";

    /// <summary>PEM file with the authorities of the cluster's nodes.</summary>
    public string CaFile { get; init; } = "";

    /// <summary>A file that is the same on all nodes: with it ticket keys and certificates are sealed and shared; empty
    /// = each node has its own.</summary>
    public string SecretFile { get; init; } = "";

    /// <summary>How far the clocks of two nodes may differ.</summary>
    public TimeSpan MaxClockDrift { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Alone: nobody to connect to.</summary>
    public bool AreWanted(ClusterEngine engine) => engine != ClusterEngine.Embedded || Seeds.Count > 0;
}
