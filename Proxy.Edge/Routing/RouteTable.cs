using System.Text;
using Proxy.Edge.Http;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Routing;

/// <summary>Finds the first rule, in the order of the configuration, whose conditions all hold. Immutable and shared
/// by all loops. <see cref="RouteMatch.Listeners"/> is not looked at: a listener's table holds only its own
/// rules.</summary>
public sealed class RouteTable
{
    private readonly RouteRule[] _rules;
    private readonly RouteBucket _anyHost;
    private readonly ByteTable<RouteBucket>? _hosts;
    private readonly ByteTable<RouteBucket>? _suffixes;
    private readonly int[] _suffixLengths;

    /// <exception cref="ArgumentException">A regular expression is not valid.</exception>
    public RouteTable(IReadOnlyList<RouteMatch> rules)
    {
        Rules = rules;
        _rules = [.. rules.Select(r => new RouteRule(r))];
        string[][] hosts = [.. rules.Select(r => r.Hosts.Select(h => h.TrimEnd('.').ToLowerInvariant()).ToArray())];
        int[] all = [.. Enumerable.Range(0, rules.Count)];
        _anyHost = new RouteBucket([.. all.Where(i => hosts[i].Length == 0 || hosts[i].Contains("*"))], _rules);

        string[] names = [.. hosts.SelectMany(h => h).Where(h => h != "*").Distinct()];
        string[] suffixes = [.. names.Where(IsWildcard).Select(h => h[1..])];
        _hosts = Index(names.Where(h => !IsWildcard(h)), host => all.Where(i => hosts[i].Any(h => Covers(h, host))));
        _suffixes = Index(suffixes, suffix => all.Where(i => hosts[i].Any(h => CoversSuffix(h, suffix))));
        _suffixLengths = [.. suffixes.Select(s => Encoding.UTF8.GetByteCount(s)).Distinct().OrderDescending()];
    }

    public IReadOnlyList<RouteMatch> Rules { get; }

    /// <summary>Position of the first matching rule, or -1.</summary>
    /// <param name="path">The normalised path, <see cref="NormalizedPath.Match"/>.</param>
    /// <param name="client">The effective client, behind the trusted hops.</param>
    /// <param name="captures">Set when the result is not -1.</param>
    public int Match(RequestHead head, ReadOnlySpan<byte> path, ClientAddress client, ref RouteCaptures captures)
    {
        var input = new RouteInput { Head = head, Path = path, Client = client };
        int best = int.MaxValue;
        if (_hosts is not null || _suffixes is not null)
        {
            FindHost(head.Host)?.Match(input, ref best);
        }

        _anyHost.Match(input, ref best);
        if (best == int.MaxValue)
        {
            return -1;
        }

        RouteRule rule = _rules[best];
        captures.Pattern = rule.Pattern;
        captures.MatchedLength = rule.Path.Length;
        return best;
    }

    private static bool IsWildcard(string host) => host.StartsWith("*.", StringComparison.Ordinal);

    /// <summary>"*.example.com" covers "a.example.com" and "a.b.example.com", not "example.com".</summary>
    private static bool Covers(string pattern, string host) =>
        pattern == host
        || (IsWildcard(pattern)
            && host.Length >= pattern.Length
            && host.EndsWith(pattern[1..], StringComparison.Ordinal));

    private static bool CoversSuffix(string pattern, string suffix) =>
        IsWildcard(pattern) && suffix.EndsWith(pattern[1..], StringComparison.Ordinal);

    private ByteTable<RouteBucket>? Index(IEnumerable<string> keys, Func<string, IEnumerable<int>> rulesOf)
    {
        KeyValuePair<byte[], RouteBucket>[] entries =
        [
            .. keys.Select(key =>
                KeyValuePair.Create(Encoding.UTF8.GetBytes(key), new RouteBucket([.. rulesOf(key)], _rules))),
        ];
        return entries.Length == 0 ? null : new ByteTable<RouteBucket>(entries, ignoreCase: true);
    }

    /// <summary>The bucket of a host: its own, else that of the longest wildcard, which holds the shorter ones'
    /// rules too.</summary>
    private RouteBucket? FindHost(ReadOnlySpan<byte> host)
    {
        if (host.Length != 0 && host[^1] == '.')
        {
            host = host[..^1];
        }

        if (_hosts?.Find(host) is { } own)
        {
            return own;
        }

        foreach (int length in _suffixLengths)
        {
            if (length < host.Length && host[^length] == '.' && _suffixes!.Find(host[^length..]) is { } bucket)
            {
                return bucket; // lengths exist only together with the table
            }
        }

        return null;
    }
}
