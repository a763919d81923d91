using Proxy.Edge.Routing;
using Proxy.Edge.Topology;

namespace Proxy.Actors.Config;

/// <summary>Conditions of a route; all that are given must hold. At most one of the three paths is given.</summary>
public sealed record MatchConfig
{
    /// <summary>Names without port; "*.example.com" = any name below; empty = any host.</summary>
    public ConfigList<string> Host { get; init; } = [];

    /// <summary>Prefix on segment borders; empty = not given.</summary>
    public string Path { get; init; } = "";

    public string PathExact { get; init; } = "";

    public string PathRegex { get; init; } = "";

    /// <summary>Path prefixes the route leaves to later routes although it would match them.</summary>
    public ConfigList<string> Exclude { get; init; } = [];

    public ConfigList<string> Method { get; init; } = [];

    public ConfigList<ValueMatch> Header { get; init; } = [];

    public ConfigList<ValueMatch> Cookie { get; init; } = [];

    public ConfigList<ValueMatch> Query { get; init; } = [];

    /// <summary>Ranges the client's address must be in; empty = any.</summary>
    public ConfigList<AddressRange> Source { get; init; } = [];

    /// <summary>Names of listeners; empty = all.</summary>
    public ConfigList<string> Listener { get; init; } = [];
}
