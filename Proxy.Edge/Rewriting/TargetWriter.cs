using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;
using Proxy.Edge.Http;
using Proxy.Edge.Routing;

namespace Proxy.Edge.Rewriting;

/// <summary>Compiled <see cref="PathRewriteRule"/>: writes path and query of the target that goes to an origin.
/// Immutable and shared by all loops. Allocates only for regular expressions.</summary>
public sealed class TargetWriter
{
    /// <summary>The target does not fit the destination.</summary>
    public const int DoesNotFit = -1;

    /// <summary>The replacement made a path that may not be sent (it climbs above the root): answer 400.</summary>
    public const int Refused = -2;

    /// <summary>Writes targets without any change.</summary>
    public static readonly TargetWriter Unchanged = new(null, null, null, null);

    private static readonly PathPolicy AfterReplacement = new() { EncodedSlash = EncodedSlashPolicy.Keep };

    private readonly byte[]? _prefix;
    private readonly Regex? _pattern;
    private readonly CaptureTemplate? _template;
    private readonly QueryEdits? _query;

    private TargetWriter(byte[]? prefix, Regex? pattern, CaptureTemplate? template, QueryEdits? query)
    {
        _prefix = prefix;
        _pattern = pattern;
        _template = template;
        _query = query;
    }

    /// <summary>Compiles a rule; null stands for "no change". A replacement without an expression uses the captures
    /// of the route's own expression and replaces the whole path.</summary>
    public static bool TryCreate(PathRewriteRule? rule, out TargetWriter writer, out string error)
    {
        writer = Unchanged;
        error = "";
        if (rule is null)
        {
            return true;
        }

        if (rule.Prefix is not null && (rule.Regex is not null || rule.Replacement is not null))
        {
            error = "a rewrite has either a prefix or an expression, not both";
        }
        else if (rule.Prefix is { } given && given.Length != 0 && given[0] != '/')
        {
            error = $"prefix '{given}' does not start with '/'";
        }
        else if (rule.Regex is not null && rule.Replacement is null)
        {
            error = $"expression '{rule.Regex}' has no replacement";
        }

        CaptureTemplate? template = null;
        if (error.Length == 0 && rule.Replacement is not null)
        {
            template = CaptureTemplate.TryParse(rule.Replacement, out error);
        }

        Regex? pattern = null;
        if (error.Length == 0 && rule.Regex is not null && !RoutePattern.TryCompile(rule.Regex, out pattern, out error))
        {
            return false;
        }

        bool editsQuery = rule.SetQuery.Count + rule.RemoveQuery.Count != 0;
        string? prefix = rule.Prefix is { } text && text.TrimEnd('/').Length == 0 ? "/" : rule.Prefix;
        writer = new TargetWriter(
            prefix is null ? null : UriCharacters.Canonical(prefix),
            pattern,
            template,
            editsQuery ? new QueryEdits(rule.SetQuery, rule.RemoveQuery) : null);
        return error.Length == 0;
    }

    /// <param name="basePath">Path of the member's URL, put in front; "" or "/base".</param>
    /// <returns>Bytes written, <see cref="DoesNotFit"/> or <see cref="Refused"/>.</returns>
    public int Write(
        RequestHead head,
        in NormalizedPath path,
        in RouteCaptures captures,
        ReadOnlySpan<byte> basePath,
        Span<byte> destination)
    {
        var writer = new ByteWriter(destination);
        if (path.Match.Length == 1 && path.Match[0] == '*')
        {
            writer.Add((byte)'*');
            return writer.Result;
        }

        ReadOnlySpan<byte> root = basePath.TrimEnd((byte)'/');
        Match? match = null;
        if (_template is not null)
        {
            writer.Add(root);
            if (!TryReplace(path, captures, ref writer, out match))
            {
                return writer.Overflowed ? DoesNotFit : Refused;
            }
        }
        else if (_prefix is not null)
        {
            writer.Add(root);
            WritePrefixed(path, captures.MatchedLength, _prefix, ref writer);
        }
        else
        {
            writer.Add(root);
            writer.Add(path.Forward.Length == 0 ? "/"u8 : path.Forward);
        }

        WriteQuery(head, match, ref writer);
        return writer.Overflowed ? DoesNotFit : writer.Length;
    }

    private static void WritePrefixed(
        in NormalizedPath path, int matched, ReadOnlySpan<byte> prefix, ref ByteWriter writer)
    {
        int consumed = path.ForwardLengthOf(matched);
        ReadOnlySpan<byte> rest = consumed < 0 ? path.Match[matched..] : path.Forward[consumed..];
        bool slash = (matched > 0 && path.Match[matched - 1] == '/') || (rest.Length != 0 && rest[0] == '/');
        if (!slash)
        {
            // The whole path was consumed: the prefix stands for it as it is written.
            writer.Add(prefix);
            return;
        }

        writer.Add(prefix.TrimEnd((byte)'/'));
        writer.Add((byte)'/');
        writer.Add(rest.TrimStart((byte)'/'));
    }

    /// <summary>Writes the replaced path. Normalises the outcome again, because text and captures together may spell
    /// a dot segment that neither has alone.</summary>
    private bool TryReplace(in NormalizedPath path, in RouteCaptures captures, ref ByteWriter writer, out Match? first)
    {
        int limit = (path.Match.Length + 64) * 3;
        byte[] rented = ArrayPool<byte>.Shared.Rent(Math.Max(limit, 16 * 1024));
        try
        {
            var replaced = new ByteWriter(rented);
            string text = Encoding.Latin1.GetString(path.Match);
            first = (_pattern ?? captures.Pattern)?.Match(text) ?? Match.Empty;
            if (_pattern is null)
            {
                _template!.WritePath(ref replaced, first);
            }
            else if (!first.Success)
            {
                first = null;
                writer.Add(path.Forward);
                return true;
            }
            else
            {
                ReplaceAll(text, first, ref replaced);
            }

            return !replaced.Overflowed && TryAddNormalized(replaced.Written, ref writer);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private void ReplaceAll(string text, Match first, ref ByteWriter replaced)
    {
        int at = 0;
        for (Match match = first; match.Success; match = match.NextMatch())
        {
            replaced.Add(text[at..match.Index]);
            _template!.WritePath(ref replaced, match); // the caller has one
            at = match.Index + match.Length;
        }

        replaced.Add(text[at..]);
    }

    private static bool TryAddNormalized(ReadOnlySpan<byte> replaced, ref ByteWriter writer)
    {
        int length = replaced.Length + 1;
        byte[] rented = ArrayPool<byte>.Shared.Rent(PathNormalizer.ScratchLength(length) + length);
        try
        {
            Span<byte> absolute = rented.AsSpan(0, length);
            absolute[0] = (byte)'/';
            replaced.CopyTo(absolute[1..]);
            ReadOnlySpan<byte> source = replaced.Length != 0 && replaced[0] == '/' ? absolute[1..] : absolute;
            PathVerdict verdict = PathNormalizer.Normalize(
                source, AfterReplacement, rented.AsSpan(length), out NormalizedPath normal);
            if (verdict == PathVerdict.Ok)
            {
                writer.Add(normal.Forward);
            }

            return verdict == PathVerdict.Ok;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>The query of the replacement comes first, then the client's.</summary>
    private void WriteQuery(RequestHead head, Match? match, ref ByteWriter writer)
    {
        bool own = _template is { HasQuery: true } && match is not null;
        if (!own && !head.HasQuery && _query is null)
        {
            return;
        }

        int mark = writer.Length;
        writer.Add((byte)'?');
        int start = writer.Length;
        if (own)
        {
            _template!.WriteQuery(ref writer, match!); // both are set, see above
        }

        if (_query is not null)
        {
            _query.Write(ref writer, head.Query, start);
        }
        else if (head.HasQuery)
        {
            writer.Add(writer.Length > start && head.QueryLength > 0 ? "&"u8 : default);
            UriText.Add(ref writer, head.Query, UriPart.Query);
        }

        // An empty query that the client did not send itself leaves no lone '?'.
        if (writer.Length == start && (_query is not null || !head.HasQuery) && !writer.Overflowed)
        {
            writer.TruncateTo(mark);
        }
    }
}
