using Proxy.Edge.Topology;

namespace Proxy.Edge.Routing;

/// <summary>How a path predicate compares. Prefixes end on segment borders: "/foo" matches "/foo" and "/foo/x", never
/// "/foobar"; "/foo/" matches "/foo/" and below, not "/foo".</summary>
public enum PathMatchKind : byte
{
    Any,
    Exact,
    Prefix,
    Regex,
}

/// <summary>How a named value (header, cookie, query parameter) is tested.</summary>
public enum ValueMatchKind : byte
{
    Present,
    Absent,
    Exact,
    Prefix,
    Regex,
}

/// <summary>Test of one header, cookie or query parameter. Names of headers compare without case, the others exactly.</summary>
public sealed record ValueMatch(string Name, ValueMatchKind Kind, string Value = "");

/// <summary>The conditions of one rule; all must hold. An empty list or null means "any".</summary>
public sealed record RouteMatch
{
    /// <summary>Host names, lower case, without port; "*.example.com" matches one or more labels; empty = any host.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    public PathMatchKind PathKind { get; init; } = PathMatchKind.Any;

    /// <summary>Exact path, prefix or regular expression over the normalised path.</summary>
    public string Path { get; init; } = "";

    /// <summary>Method names in upper case; empty = any.</summary>
    public IReadOnlyList<string> Methods { get; init; } = [];

    public IReadOnlyList<ValueMatch> Headers { get; init; } = [];

    public IReadOnlyList<ValueMatch> Cookies { get; init; } = [];

    public IReadOnlyList<ValueMatch> Query { get; init; } = [];

    /// <summary>Ranges the effective client address must be in; empty = any.</summary>
    public IReadOnlyList<AddressRange> Sources { get; init; } = [];

    /// <summary>Listener names this rule is for; empty = all.</summary>
    public IReadOnlyList<string> Listeners { get; init; } = [];
}
