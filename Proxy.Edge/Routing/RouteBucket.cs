namespace Proxy.Edge.Routing;

/// <summary>The rules that one host can reach, in order. A short list is scanned; a long one is looked up by path
/// first. Either way the lowest position that matches wins, because each list is in order and a list is left as soon
/// as it cannot improve on the best position found so far.</summary>
internal sealed class RouteBucket
{
    /// <summary>Up to this many rules a scan of 2–4 ns each beats the hashing.</summary>
    private const int ScanLimit = 8;

    private readonly RouteRule[] _rules;
    private readonly int[] _scan;
    private readonly ByteTable<int[]>? _exact;
    private readonly ByteTable<int[]>? _prefixes;
    private readonly int[] _prefixLengths;

    /// <param name="positions">Positions of the bucket's rules in <paramref name="rules"/>, ascending.</param>
    public RouteBucket(IReadOnlyList<int> positions, RouteRule[] rules)
    {
        _rules = rules;
        _prefixLengths = [];
        if (positions.Count <= ScanLimit)
        {
            _scan = [.. positions];
            return;
        }

        _scan = [.. positions.Where(p => rules[p].Kind is PathMatchKind.Any or PathMatchKind.Regex)];
        _exact = Index(positions.Where(p => rules[p].Kind == PathMatchKind.Exact));
        int[] prefixes = [.. positions.Where(p => rules[p].Kind == PathMatchKind.Prefix)];
        _prefixes = Index(prefixes);
        _prefixLengths = [.. prefixes.Select(p => rules[p].Path.Length).Distinct().Order()];
    }

    /// <summary>Lowers <paramref name="best"/> to the first matching position that is below it.</summary>
    public void Match(in RouteInput input, ref int best)
    {
        Scan(_scan, input, ref best);
        if (_exact?.Find(input.Path) is { } exact)
        {
            Scan(exact, input, ref best);
        }

        if (_prefixes is null)
        {
            return;
        }

        // Only the lengths that occur are tried, so a long path costs no more than the configuration has prefixes.
        ReadOnlySpan<byte> path = input.Path;
        foreach (int length in _prefixLengths)
        {
            if (length > path.Length)
            {
                return;
            }

            if (IsBorder(path, length) && _prefixes.Find(path[..length]) is { } rules)
            {
                Scan(rules, input, ref best);
            }
        }
    }

    private static bool IsBorder(ReadOnlySpan<byte> path, int length) =>
        length == 0 || length == path.Length || path[length - 1] == '/' || path[length] == '/';

    private void Scan(int[] positions, in RouteInput input, ref int best)
    {
        foreach (int position in positions)
        {
            if (position >= best)
            {
                return;
            }

            if (_rules[position].Matches(input))
            {
                best = position;
                return;
            }
        }
    }

    private ByteTable<int[]>? Index(IEnumerable<int> positions)
    {
        KeyValuePair<byte[], int[]>[] entries =
        [
            .. positions.GroupBy(p => Convert.ToHexString(_rules[p].Path))
                .Select(g => KeyValuePair.Create(_rules[g.First()].Path, g.Order().ToArray())),
        ];
        return entries.Length == 0 ? null : new ByteTable<int[]>(entries, ignoreCase: false);
    }
}
