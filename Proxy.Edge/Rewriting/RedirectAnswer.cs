using System.Text;
using System.Text.RegularExpressions;
using Proxy.Edge.Routing;

namespace Proxy.Edge.Rewriting;

/// <summary>Compiled <see cref="RedirectRule"/>: writes the Location. Values of the request are escaped for where
/// they stand, so that they choose neither the host nor another header line. Immutable; allocates only for
/// captures.</summary>
public sealed class RedirectAnswer
{
    private readonly ValueTemplate.Piece[] _pieces;
    private readonly bool _startsWithAuthority;

    private RedirectAnswer(int status, ValueTemplate.Piece[] pieces)
    {
        Status = status;
        _pieces = pieces;
        _startsWithAuthority = pieces[0].Placeholder is { Kind: PlaceholderKind.Scheme }
            || pieces[0].Literal.AsSpan().StartsWith("//"u8)
            || pieces[0].Literal.AsSpan().IndexOf("://"u8) >= 0;
    }

    public int Status { get; }

    public static bool TryCreate(RedirectRule rule, out RedirectAnswer? answer, out string error)
    {
        answer = null;
        var pieces = new List<ValueTemplate.Piece>();
        if (rule.Status is not (301 or 302 or 303 or 307 or 308))
        {
            error = $"status {rule.Status} is no redirect: 301, 302, 303, 307 or 308";
            return false;
        }

        if (!ValueTemplate.TryRead(rule.Location, pieces, captures: true, out error))
        {
            return false;
        }

        if (pieces.Count == 0 || rule.Location.Any(c => c is <= ' ' or > '~'))
        {
            error = $"location '{rule.Location}' is not a URI: it is empty, or has spaces or characters other than ASCII";
            return false;
        }

        answer = new RedirectAnswer(rule.Status, [.. pieces]);
        return true;
    }

    /// <returns>Bytes of the Location value written, or -1 when they do not fit.</returns>
    public int WriteLocation(in TemplateContext context, in RouteCaptures captures, Span<byte> destination)
    {
        var writer = new ByteWriter(destination);
        Match? match = null;
        if (!_startsWithAuthority && _pieces[0].Literal.Length == 0)
        {
            writer.Add((byte)'/');
        }

        foreach (ValueTemplate.Piece piece in _pieces)
        {
            UriPart part = PartAfter(writer.Written);
            if (piece.Placeholder is not null)
            {
                AddPlaceholder(piece.Placeholder, context, part, ref writer);
            }
            else if (piece.Group.Length == 0)
            {
                writer.Add(piece.Literal);
            }
            else
            {
                match ??= captures.Pattern?.Match(Encoding.Latin1.GetString(context.Path)) ?? Match.Empty;
                UriText.Add(ref writer, Encoding.Latin1.GetBytes(match.Groups[piece.Group].Value), part);
            }
        }

        return writer.Overflowed ? -1 : _startsWithAuthority ? writer.Length : KeepOnThisHost(writer.Written);
    }

    private static void AddPlaceholder(
        Placeholder placeholder, in TemplateContext context, UriPart part, ref ByteWriter writer)
    {
        Span<byte> scratch = stackalloc byte[Placeholder.ScratchLength];
        bool isPath = placeholder.Kind is PlaceholderKind.Path or PlaceholderKind.Rest or PlaceholderKind.Uri;
        ReadOnlySpan<byte> value = placeholder.Resolve(context, scratch);
        if (!isPath)
        {
            UriText.Add(ref writer, value, PartOf(placeholder.Kind, part));
            return;
        }

        ReadOnlySpan<byte> path = placeholder.Kind == PlaceholderKind.Uri ? context.Path : value;
        if (part == UriPart.HostLabel)
        {
            // The host ends here, whatever the path looks like.
            writer.Add((byte)'/');
            path = path.TrimStart((byte)'/');
            part = UriPart.Path;
        }

        UriText.Add(ref writer, path, part);
        if (placeholder.Kind == PlaceholderKind.Uri)
        {
            UriText.Add(ref writer, value, part == UriPart.Path ? UriPart.Query : part);
        }
    }

    private static UriPart PartOf(PlaceholderKind kind, UriPart part) => (kind, part) switch
    {
        (PlaceholderKind.Host or PlaceholderKind.Authority, UriPart.HostLabel) => UriPart.Authority,
        (PlaceholderKind.Query, UriPart.QueryValue) => UriPart.Query,
        _ => part,
    };

    /// <summary>Where the next piece stands, judged by what is written already.</summary>
    private static UriPart PartAfter(ReadOnlySpan<byte> written)
    {
        if (written.IndexOfAny((byte)'?', (byte)'#') >= 0)
        {
            return UriPart.QueryValue;
        }

        int slashes = written.IndexOf("//"u8);
        bool inAuthority = slashes >= 0 && (slashes == 0 || written[slashes - 1] == ':')
            && written[(slashes + 2)..].IndexOf((byte)'/') < 0;
        return inAuthority ? UriPart.HostLabel : UriPart.Path;
    }

    /// <summary>A location that the configuration meant as a path stays one, also when values begin with
    /// slashes.</summary>
    private static int KeepOnThisHost(Span<byte> location)
    {
        int extra = location.Length - location.TrimStart((byte)'/').Length - 1;
        if (extra <= 0)
        {
            return location.Length;
        }

        location[extra..].CopyTo(location);
        return location.Length - extra;
    }
}
