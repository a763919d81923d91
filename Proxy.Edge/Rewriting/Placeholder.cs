using System.Text;
using System.Text.Unicode;
using Proxy.Edge.Http;
using Proxy.Edge.Routing;

namespace Proxy.Edge.Rewriting;

internal enum PlaceholderKind : byte
{
    ClientIp,
    ClientPort,
    Host,
    Authority,
    Path,
    Rest,
    Query,
    Uri,
    Method,
    Scheme,
    Listener,
    Route,
    Pool,
    Member,
    RequestId,
    Header,
    Cookie,
    Env,
}

/// <summary>One %{...} of a template. Values are raw: whoever writes them makes them safe for where they
/// go.</summary>
internal sealed class Placeholder
{
    /// <summary>Scratch space in bytes that <see cref="Resolve"/> needs; longer names are cut.</summary>
    public const int ScratchLength = 256;

    private static readonly Dictionary<string, PlaceholderKind> Kinds = new()
    {
        ["client-ip"] = PlaceholderKind.ClientIp,
        ["client-port"] = PlaceholderKind.ClientPort,
        ["host"] = PlaceholderKind.Host,
        ["authority"] = PlaceholderKind.Authority,
        ["path"] = PlaceholderKind.Path,
        ["rest"] = PlaceholderKind.Rest,
        ["query"] = PlaceholderKind.Query,
        ["uri"] = PlaceholderKind.Uri,
        ["method"] = PlaceholderKind.Method,
        ["scheme"] = PlaceholderKind.Scheme,
        ["listener"] = PlaceholderKind.Listener,
        ["route"] = PlaceholderKind.Route,
        ["pool"] = PlaceholderKind.Pool,
        ["member"] = PlaceholderKind.Member,
        ["request-id"] = PlaceholderKind.RequestId,
        ["header"] = PlaceholderKind.Header,
        ["cookie"] = PlaceholderKind.Cookie,
        ["env"] = PlaceholderKind.Env,
    };

    private static readonly string Known = string.Join(", ", Kinds.Keys.Select(
        k => k is "header" or "cookie" or "env" ? $"%{{{k}:NAME}}" : $"%{{{k}}}"));

    private readonly byte[] _name;

    private Placeholder(PlaceholderKind kind, string name)
    {
        Kind = kind;
        Name = name;
        _name = Encoding.UTF8.GetBytes(name);
    }

    public PlaceholderKind Kind { get; }

    /// <summary>What follows the colon: a header, cookie or variable.</summary>
    public string Name { get; }

    /// <summary>Reads the text between the braces.</summary>
    public static Placeholder? TryParse(string text, out string error)
    {
        error = "";
        int colon = text.IndexOf(':');
        string word = colon < 0 ? text : text[..colon];
        string name = colon < 0 ? "" : text[(colon + 1)..];
        bool known = Kinds.TryGetValue(word, out PlaceholderKind kind);
        bool named = kind is PlaceholderKind.Header or PlaceholderKind.Cookie or PlaceholderKind.Env;
        if (known && named == (name.Length != 0) && named == (colon >= 0))
        {
            return new Placeholder(kind, name);
        }

        error = $"unknown placeholder %{{{text}}}; known are {Known}, and %% for a percent sign";
        return null;
    }

    /// <summary>The value, in the request's buffer or in <paramref name="scratch"/>;
    /// <see cref="PlaceholderKind.Uri"/> gives only the query with its '?', because the path is elsewhere.</summary>
    public ReadOnlySpan<byte> Resolve(scoped in TemplateContext context, Span<byte> scratch)
    {
        RequestHead head = context.Head;
        switch (Kind)
        {
            case PlaceholderKind.ClientIp:
                return scratch[..context.Client.Format(scratch)];
            case PlaceholderKind.ClientPort:
                return context.ClientPort.TryFormat(scratch, out int digits) ? scratch[..digits] : default;
            case PlaceholderKind.Host:
                return HostOf(context.Authority);
            case PlaceholderKind.Authority:
                return context.Authority;
            case PlaceholderKind.Path:
                return context.Path;
            case PlaceholderKind.Rest:
                return context.Path[Math.Min(context.MatchedLength, context.Path.Length)..];
            case PlaceholderKind.Query:
                return head.Query;
            case PlaceholderKind.Uri:
                return head.HasQuery
                    ? head.Buffer.AsSpan(head.PathStart + head.PathLength, head.QueryLength + 1)
                    : default;
            case PlaceholderKind.Method:
                return head.MethodBytes;
            case PlaceholderKind.Scheme:
                return context.Scheme;
            case PlaceholderKind.RequestId:
                return context.RequestId;
            case PlaceholderKind.Header:
                int index = head.IndexOf(_name);
                return index < 0 ? default : head.Value(index);
            case PlaceholderKind.Cookie:
                return CookieOf(head);
            default:
                return Text(NameOf(context), scratch);
        }
    }

    private string? NameOf(in TemplateContext context) => Kind switch
    {
        PlaceholderKind.Listener => context.Listener,
        PlaceholderKind.Route => context.Route,
        PlaceholderKind.Pool => context.Pool,
        PlaceholderKind.Member => context.Member,
        _ => null,
    };

    private static ReadOnlySpan<byte> Text(string? text, Span<byte> scratch)
    {
        _ = Utf8.FromUtf16(text, scratch, out _, out int written);
        return scratch[..written];
    }

    private static ReadOnlySpan<byte> HostOf(ReadOnlySpan<byte> authority)
    {
        int colon = authority.LastIndexOf((byte)':');
        return colon > authority.LastIndexOf((byte)']') ? authority[..colon] : authority;
    }

    private ReadOnlySpan<byte> CookieOf(RequestHead head)
    {
        for (int i = 0; i < head.FieldCount && head.Has(HeaderId.Cookie); i++)
        {
            ReadOnlySpan<byte> rest = head.Fields[i].Id == HeaderId.Cookie ? head.Value(i) : default;
            while (CookieFields.TryNext(ref rest, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value))
            {
                if (name.SequenceEqual(_name))
                {
                    return value;
                }
            }
        }

        return default;
    }
}
