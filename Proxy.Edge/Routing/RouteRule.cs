using System.Text;
using System.Text.RegularExpressions;
using Proxy.Edge.Http;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Routing;

/// <summary>What a rule looks at, once per request.</summary>
internal readonly ref struct RouteInput
{
    public required RequestHead Head { get; init; }

    public required ReadOnlySpan<byte> Path { get; init; }

    public required ClientAddress Client { get; init; }
}

/// <summary>A compiled <see cref="RouteMatch"/> without its hosts, which the table indexes.</summary>
internal sealed class RouteRule
{
    private readonly byte[][] _excludes;
    private readonly bool _anyMethod;
    private readonly uint _methods;
    private readonly byte[][] _otherMethods;
    private readonly AddressRange[] _sources;
    private readonly ValuePredicate[] _values;
    private readonly bool _pathOnly;

    public RouteRule(RouteMatch match)
    {
        Kind = match.PathKind;
        Path = Kind is PathMatchKind.Exact or PathMatchKind.Prefix ? UriCharacters.Canonical(match.Path) : [];
        Pattern = Kind == PathMatchKind.Regex ? RoutePattern.Compile(match.Path) : null;
        _excludes = [.. match.ExcludePaths.Select(UriCharacters.Canonical)];
        _sources = [.. match.Sources];
        _values =
        [
            .. match.Headers.Select(m => new ValuePredicate(ValuePredicate.ValueSource.Header, m)),
            .. match.Cookies.Select(m => new ValuePredicate(ValuePredicate.ValueSource.Cookie, m)),
            .. match.Query.Select(m => new ValuePredicate(ValuePredicate.ValueSource.Query, m)),
        ];
        _anyMethod = match.Methods.Count == 0;
        var others = new List<byte[]>();
        foreach (string name in match.Methods)
        {
            Method method = KnownMethod(name);
            _methods |= method == Method.Other ? 0 : 1u << (int)method;
            if (method == Method.Other)
            {
                others.Add(Encoding.ASCII.GetBytes(name));
            }
        }

        _otherMethods = [.. others];
        _pathOnly = _anyMethod && _sources.Length == 0 && _values.Length == 0 && _excludes.Length == 0;
    }

    public PathMatchKind Kind { get; }

    /// <summary>Exact path or prefix in canonical form.</summary>
    public byte[] Path { get; }

    public Regex? Pattern { get; }

    public bool Matches(in RouteInput input) => MatchesPath(input.Path) && (_pathOnly || MatchesRest(input));

    /// <summary>Prefix test on segment borders, see <see cref="PathMatchKind"/>.</summary>
    public static bool IsUnder(ReadOnlySpan<byte> path, ReadOnlySpan<byte> prefix) =>
        path.StartsWith(prefix)
        && (path.Length == prefix.Length || prefix.Length == 0 || prefix[^1] == '/' || path[prefix.Length] == '/');

    private bool MatchesPath(ReadOnlySpan<byte> path) => Kind switch
    {
        PathMatchKind.Prefix => IsUnder(path, Path),
        PathMatchKind.Exact => path.SequenceEqual(Path),
        PathMatchKind.Regex => RoutePattern.IsMatch(Pattern!, path), // set whenever the kind is Regex
        _ => true,
    };

    private bool MatchesRest(in RouteInput input)
    {
        foreach (byte[] exclude in _excludes)
        {
            if (IsUnder(input.Path, exclude))
            {
                return false;
            }
        }

        if (!MatchesMethod(input.Head) || !MatchesSource(input.Client))
        {
            return false;
        }

        foreach (ValuePredicate value in _values)
        {
            if (!value.Holds(input.Head))
            {
                return false;
            }
        }

        return true;
    }

    private bool MatchesMethod(RequestHead head)
    {
        if (_anyMethod || (_methods & (1u << (int)head.Method)) != 0)
        {
            return true;
        }

        foreach (byte[] name in _otherMethods)
        {
            if (head.MethodBytes.SequenceEqual(name))
            {
                return true;
            }
        }

        return false;
    }

    private bool MatchesSource(ClientAddress client)
    {
        foreach (AddressRange range in _sources)
        {
            if (range.Contains(client))
            {
                return true;
            }
        }

        return _sources.Length == 0;
    }

    private static Method KnownMethod(string name)
    {
        foreach (Method method in Enum.GetValues<Method>())
        {
            if (method != Method.Other && name.Equals(method.ToString(), StringComparison.OrdinalIgnoreCase))
            {
                return method;
            }
        }

        return Method.Other;
    }
}
