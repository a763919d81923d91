using System.Text.RegularExpressions;

namespace Proxy.Edge.Routing;

/// <summary>What a match leaves behind for rewriting. Groups of a regular expression are computed only when
/// something asks for them, because that allocates.</summary>
public struct RouteCaptures
{
    /// <summary>Bytes of the normalised path that a prefix or exact match consumed; 0 for the other kinds.</summary>
    public int MatchedLength { get; set; }

    /// <summary>The path expression of the matching rule, or null.</summary>
    public Regex? Pattern { get; set; }
}
