using System.Buffers;
using System.Text;
using Proxy.Edge.Http;

namespace Proxy.Edge.Rewriting;

/// <summary>Compiled <see cref="HeaderEdit"/>s of one direction, as if applied one after the other. Immutable and
/// shared by all loops; applying it again to the same head (a second attempt) gives the same result.</summary>
public sealed class HeaderEditPlan
{
    public static readonly HeaderEditPlan None = new([], []);

    private static readonly SearchValues<char> TokenChars = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>Fields that say where a message ends, where it goes or what this hop does: the proxy writes them
    /// itself.</summary>
    private static readonly HashSet<string> Untouchable = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Content-Length", "Host", "HTTP2-Settings", "Keep-Alive", "Proxy-Connection", "TE", "Trailer",
        "Transfer-Encoding", "Upgrade",
    };

    private static readonly Dictionary<string, HeaderId> ForwardingIds = new(StringComparer.OrdinalIgnoreCase)
    {
        ["X-Forwarded-For"] = HeaderId.XForwardedFor,
        ["X-Forwarded-Host"] = HeaderId.XForwardedHost,
        ["X-Forwarded-Proto"] = HeaderId.XForwardedProto,
        ["X-Forwarded-Port"] = HeaderId.XForwardedPort,
        ["X-Real-IP"] = HeaderId.XRealIp,
        ["X-Request-Id"] = HeaderId.XRequestId,
        ["Forwarded"] = HeaderId.Forwarded,
        ["Via"] = HeaderId.Via,
    };

    private readonly byte[][] _removed;
    private readonly Addition[] _additions;

    private HeaderEditPlan(IReadOnlyList<string> removed, Addition[] additions)
    {
        _removed = [.. removed.Select(Encoding.ASCII.GetBytes)];
        _additions = additions;
        foreach (string name in removed)
        {
            Suppress |= ForwardingIds.TryGetValue(name, out HeaderId id) ? 1UL << (int)id : 0;
        }
    }

    public bool IsEmpty => _removed.Length + _additions.Length == 0;

    /// <summary>Forwarding fields that an edit replaces or removes; goes to
    /// <see cref="ForwardingFields.Write"/>.</summary>
    public ulong Suppress { get; }

    /// <summary>Compiles edits; the error names the edit at fault and what would be accepted.</summary>
    public static bool TryCreate(IReadOnlyList<HeaderEdit> edits, out HeaderEditPlan plan, out string error)
    {
        plan = None;
        var removed = new List<string>();
        var additions = new List<Addition>();
        foreach (HeaderEdit edit in edits)
        {
            if (!TryCompile(edit, out ValueTemplate? value, out error))
            {
                return false;
            }

            bool isRemoved = removed.Contains(edit.Name, StringComparer.OrdinalIgnoreCase);
            bool isAdded = additions.Exists(a => a.IsFor(edit.Name));
            if (edit.Kind is HeaderEditKind.Set or HeaderEditKind.Remove)
            {
                additions.RemoveAll(a => a.IsFor(edit.Name));
                if (!isRemoved)
                {
                    removed.Add(edit.Name);
                }
            }

            bool unlessPresent = edit.Kind == HeaderEditKind.Default && !isRemoved;
            if (value is not null && !(edit.Kind == HeaderEditKind.Default && isAdded))
            {
                additions.Add(new Addition(Encoding.ASCII.GetBytes(edit.Name), value, unlessPresent));
            }
        }

        error = "";
        plan = new HeaderEditPlan(removed, [.. additions]);
        return true;
    }

    /// <summary>Marks the fields to leave out (<see cref="HeaderField.HopByHop"/>) and writes the lines to
    /// add.</summary>
    /// <param name="head">The request's or the response's head.</param>
    /// <returns>Bytes written, or -1 when they do not fit.</returns>
    public int Apply(MessageHead head, in TemplateContext context, Span<byte> destination)
    {
        if (IsEmpty)
        {
            return 0;
        }

        foreach (byte[] name in _removed)
        {
            for (int i = head.IndexOf(name); i >= 0; i = head.IndexOf(name, i + 1))
            {
                head.Fields[i].HopByHop = true;
            }
        }

        var writer = new ByteWriter(destination);
        foreach (Addition addition in _additions)
        {
            if (addition.UnlessPresent && head.IndexOf(addition.Name) >= 0)
            {
                continue;
            }

            writer.Add(addition.Name);
            writer.Add(": "u8);
            addition.Value.Write(context, ref writer);
            writer.Add("\r\n"u8);
        }

        return writer.Result;
    }

    private static bool TryCompile(HeaderEdit edit, out ValueTemplate? value, out string error)
    {
        value = null;
        if (edit.Name.Length == 0 || edit.Name.AsSpan().ContainsAnyExcept(TokenChars))
        {
            error = $"'{edit.Name}' is not a field name: letters, digits and !#$%&'*+-.^_`|~ only";
            return false;
        }

        if (Untouchable.Contains(edit.Name))
        {
            error = $"field {edit.Name} cannot be edited: it belongs to the framing or to this hop"
                + (edit.Name.Equals("host", StringComparison.OrdinalIgnoreCase) ? "; use the route's host policy" : "");
            return false;
        }

        error = "";
        return edit.Kind == HeaderEditKind.Remove || ValueTemplate.TryParse(edit.Value, out value, out error);
    }

    /// <param name="UnlessPresent">Only when the head that came in has no such field.</param>
    private sealed record Addition(byte[] Name, ValueTemplate Value, bool UnlessPresent)
    {
        public bool IsFor(string name) => Ascii.EqualsIgnoreCase(Name, name);
    }
}
