namespace Proxy.Actors.Config;

/// <summary>How nodes find and agree with each other. This version runs one node, so only "embedded" is
/// accepted.</summary>
public sealed record ClusterConfig
{
    public string Engine { get; init; } = "embedded";
}
