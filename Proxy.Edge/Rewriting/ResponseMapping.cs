using System.Text;
using Proxy.Edge.Http;

namespace Proxy.Edge.Rewriting;

/// <summary>Compiled <see cref="ResponseMappingRule"/>: turns what an origin says about its own URLs and cookies
/// into the public side. Foreign and relative URLs stay. Immutable and shared by all loops; allocates
/// nothing.</summary>
public sealed class ResponseMapping
{
    private const ulong Affected =
        (1UL << (int)HeaderId.Location) | (1UL << (int)HeaderId.ContentLocation)
        | (1UL << (int)HeaderId.Refresh) | (1UL << (int)HeaderId.SetCookie);

    private readonly bool _enabled;
    private readonly Prefix[] _prefixes;
    private readonly PathMapping _paths;
    private readonly CookieMapping _cookies;
    private readonly bool _mapRequestHost;
    private readonly bool _mapsCookies;

    public ResponseMapping(ResponseMappingRule rule)
    {
        _enabled = rule.Enabled;
        _mapRequestHost = rule.MapRequestHost;
        _paths = new PathMapping(rule.OriginPath, rule.PublicPath);
        _cookies = new CookieMapping(_paths, rule.CookieDomains);
        _mapsCookies = !_paths.IsIdentity || rule.CookieDomains.Count != 0;
        var prefixes = new List<Prefix>();
        foreach (string text in rule.OriginPrefixes)
        {
            if (OriginUrl.TryRead(Encoding.UTF8.GetBytes(text), out OriginUrl url) && url.HasScheme)
            {
                string path = Encoding.UTF8.GetString(url.Rest);
                prefixes.Add(new Prefix(
                    url.IsHttps, url.Host.ToArray(), PortOf(url, url.IsHttps), new PathMapping(path, rule.PublicPath)));
            }
        }

        _prefixes = [.. prefixes];
    }

    /// <summary>Whether a text can be an entry of <see cref="ResponseMappingRule.OriginPrefixes"/>.</summary>
    public static bool IsValidPrefix(string text) =>
        OriginUrl.TryRead(Encoding.UTF8.GetBytes(text), out OriginUrl url) && url.HasScheme
        && url.Rest.IndexOfAny((byte)'?', (byte)'#') < 0;

    /// <summary>Whether <see cref="Apply"/> could change anything. Cheap, because it is asked for every
    /// response.</summary>
    public bool MayChange(ResponseHead head)
    {
        if (!_enabled)
        {
            return false;
        }

        ulong affected = _mapsCookies ? Affected : Affected & ~(1UL << (int)HeaderId.SetCookie);
        if ((head.Present & affected) != 0)
        {
            return true;
        }

        for (int i = 0; i < head.FieldCount; i++)
        {
            if (head.Fields[i].NameLength == 3 && IsAffected(head, i))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Marks fields that change (<see cref="HeaderField.HopByHop"/>) and writes their new lines. Fields
    /// that are marked already are left out of it. When one cookie changes all are written, so that their order
    /// stays.</summary>
    /// <param name="scheme">"http" or "https", as the client sees it.</param>
    /// <param name="authority">Host and port the client asked for; empty makes the new URLs paths.</param>
    /// <returns>Bytes written, or -1 when they do not fit.</returns>
    public int Apply(ResponseHead head, ReadOnlySpan<byte> scheme, ReadOnlySpan<byte> authority, Span<byte> destination)
    {
        if (!_enabled)
        {
            return 0;
        }

        var writer = new ByteWriter(destination);
        bool cookies = _mapsCookies && head.Has(HeaderId.SetCookie) && AnyCookieChanges(head, destination);
        for (int i = 0; i < head.FieldCount; i++)
        {
            ref HeaderField field = ref head.Fields[i];
            if (field.HopByHop || !IsAffected(head, i))
            {
                continue;
            }

            ByteWriter mark = writer;
            writer.Add(head.Name(i));
            writer.Add(": "u8);
            bool changed = field.Id switch
            {
                HeaderId.SetCookie => cookies && AddCookie(head.Value(i), ref writer),
                HeaderId.Refresh => TryMapRefresh(head.Value(i), scheme, authority, ref writer),
                _ => TryMapUrl(head.Value(i), scheme, authority, ref writer),
            };
            if (!changed)
            {
                writer = mark;
                continue;
            }

            writer.Add("\r\n"u8);
            field.HopByHop = true;
        }

        return writer.Result;
    }

    private static bool IsAffected(ResponseHead head, int index)
    {
        HeaderField field = head.Fields[index];
        return field.Id == HeaderId.Other
            ? field.NameLength == 3 && Ascii.EqualsIgnoreCase(head.Name(index), "uri"u8)
            : (Affected & (1UL << (int)field.Id)) != 0;
    }

    private bool AnyCookieChanges(ResponseHead head, Span<byte> scratch)
    {
        for (int i = 0; i < head.FieldCount; i++)
        {
            var writer = new ByteWriter(scratch);
            if (head.Fields[i].Id == HeaderId.SetCookie && !head.Fields[i].HopByHop
                && _cookies.TryMap(head.Value(i), ref writer))
            {
                return true;
            }
        }

        return false;
    }

    private bool AddCookie(ReadOnlySpan<byte> value, ref ByteWriter writer)
    {
        _ = _cookies.TryMap(value, ref writer);
        return true;
    }

    /// <summary>"5; url=http://..." with or without quotes.</summary>
    private bool TryMapRefresh(
        ReadOnlySpan<byte> value, ReadOnlySpan<byte> scheme, ReadOnlySpan<byte> authority, ref ByteWriter writer)
    {
        int separator = value.IndexOfAny((byte)';', (byte)',');
        if (separator < 0)
        {
            return false;
        }

        ReadOnlySpan<byte> url = value[(separator + 1)..].TrimStart(" \t"u8);
        bool named = url.Length > 3 && Ascii.EqualsIgnoreCase(url[..3], "url"u8);
        if (named && url[3..].TrimStart(" \t"u8) is [(byte)'=', .. ReadOnlySpan<byte> behind])
        {
            url = behind.TrimStart(" \t"u8);
        }

        ReadOnlySpan<byte> before = value[..(value.Length - url.Length)];
        ReadOnlySpan<byte> after = default;
        if (url.Length > 1 && url[0] is (byte)'"' or (byte)'\'')
        {
            int close = url[1..].IndexOf(url[0]);
            before = value[..(before.Length + 1)];
            after = close < 0 ? default : url[(close + 1)..];
            url = close < 0 ? url[1..] : url[1..(close + 1)];
        }

        writer.Add(before);
        bool changed = TryMapUrl(url, scheme, authority, ref writer);
        writer.Add(after);
        return changed;
    }

    /// <summary>Writes the public URL; false when the URL stays (the writer then holds rubbish).</summary>
    private bool TryMapUrl(
        ReadOnlySpan<byte> value, ReadOnlySpan<byte> scheme, ReadOnlySpan<byte> authority, ref ByteWriter writer)
    {
        if (value.Length != 0 && value[0] == '/' && !(value.Length > 1 && value[1] is (byte)'/' or (byte)'\\'))
        {
            return !_paths.IsIdentity && _paths.TryMap(value, keepPublic: true, ref writer);
        }

        if (!OriginUrl.TryRead(value, out OriginUrl url))
        {
            return false;
        }

        int start = writer.Length;
        if (authority.Length != 0)
        {
            writer.Add(url.HasScheme ? scheme : default);
            writer.Add(url.HasScheme ? "://"u8 : "//"u8);
            writer.Add(authority);
        }

        foreach (Prefix prefix in _prefixes)
        {
            if (prefix.IsHostOf(url) && prefix.Paths.TryMap(url.Rest, keepPublic: false, ref writer))
            {
                return true;
            }
        }

        if (_mapRequestHost && IsRequestHost(url, authority))
        {
            if (!_paths.TryMap(url.Rest, keepPublic: true, ref writer))
            {
                writer.Add(url.Rest);
            }

            return !writer.Written[start..].SequenceEqual(value);
        }

        return false;
    }

    /// <summary>Whether the URL names the host that the client asked for; another port is another site, but a
    /// missing one is what origins write that do not know the public port.</summary>
    private static bool IsRequestHost(in OriginUrl url, ReadOnlySpan<byte> authority) =>
        OriginUrl.TryReadAuthority(authority, out ReadOnlySpan<byte> host, out int port)
        && Ascii.EqualsIgnoreCase(url.Host, host) && (url.Port == 0 || url.Port == port);

    private static int PortOf(in OriginUrl url, bool https) => url.Port != 0 ? url.Port : https ? 443 : 80;

    private sealed record Prefix(bool IsHttps, byte[] Host, int Port, PathMapping Paths)
    {
        /// <summary>A scheme-relative URL takes the prefix's own scheme.</summary>
        public bool IsHostOf(in OriginUrl url) =>
            (!url.HasScheme || url.IsHttps == IsHttps) && PortOf(url, IsHttps) == Port
            && Ascii.EqualsIgnoreCase(url.Host, Host);
    }
}
