using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Proxy.Edge.Topology;

namespace Proxy.Actors.Config;

/// <summary>Where a member is: http[s]://host[:port][/base], unix:/path or http+unix:///path. Immutable; equality is
/// that of the canonical text.</summary>
public sealed record MemberUrl
{
    public static readonly MemberUrl None = new();

    /// <summary>Longest socket path Linux takes (sun_path is 108 bytes with the final zero).</summary>
    private const int MaxUnixPath = 107;

    private MemberUrl()
    {
    }

    /// <summary>Canonical: lower-case host, port always written, base path without a trailing slash;
    /// unix:/path.</summary>
    public string Text { get; private init; } = "";

    /// <summary>Name or address, IPv6 without brackets; empty for a Unix socket.</summary>
    public string Host { get; private init; } = "";

    /// <summary>0 for a Unix socket.</summary>
    public int Port { get; private init; }

    /// <summary>"" or "/base".</summary>
    public string BasePath { get; private init; } = "";

    /// <summary>Connections to the member are TLS.</summary>
    public bool IsTls { get; private init; }

    public string? UnixPath { get; private init; }

    /// <summary>Value of the Host field: host, with the port unless it is the usual one; "localhost" for a Unix
    /// socket.</summary>
    public string HostHeader { get; private init; } = "";

    /// <summary>Set when nothing has to be resolved: an address or a Unix socket.</summary>
    public SocketTarget? Target { get; private init; }

    public bool IsName => Target is null && Host.Length > 0;

    public override string ToString() => Text;

    public bool Equals(MemberUrl? other) => other is not null && Text == other.Text;

    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    /// <param name="problem">What is wrong, for operators.</param>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out MemberUrl? url, [NotNullWhen(false)] out string? problem)
    {
        url = null;
        foreach (string prefix in (ReadOnlySpan<string>)["unix:", "http+unix://"])
        {
            if (text.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            {
                return TryUnix(text[prefix.Length..], out url, out problem);
            }
        }

        if (text.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
        {
            return TryHttp(text["https://".Length..], tls: true, out url, out problem);
        }

        if (!text.StartsWith("http://", StringComparison.OrdinalIgnoreCase))
        {
            problem = "not a member URL";
            return false;
        }

        return TryHttp(text["http://".Length..], tls: false, out url, out problem);
    }

    private static bool TryUnix(string path, out MemberUrl? url, out string? problem)
    {
        url = null;
        problem = !path.StartsWith('/') ? "the path of a Unix socket must be absolute"
            : path.Length < 2 || path.EndsWith('/') ? "the path of the Unix socket is missing"
            : Encoding.UTF8.GetByteCount(path) > MaxUnixPath ? $"a socket path has at most {MaxUnixPath} bytes"
            : path.Contains('\0') ? "a socket path has no NUL"
            : null;
        if (problem is not null)
        {
            return false;
        }

        url = new MemberUrl
        {
            Text = $"unix:{path}", UnixPath = path, HostHeader = "localhost", Target = SocketTarget.Unix(path),
        };
        return true;
    }

    private static bool TryHttp(string rest, bool tls, out MemberUrl? url, out string? problem)
    {
        url = null;
        if (rest.AsSpan().IndexOfAny("?#") >= 0)
        {
            problem = "a member URL has no query and no fragment";
            return false;
        }

        int slash = rest.IndexOf('/');
        string authority = slash < 0 ? rest : rest[..slash];
        string basePath = slash < 0 ? "" : rest[slash..].TrimEnd('/');
        if (authority.Contains('@'))
        {
            problem = "a member URL has no user name";
            return false;
        }

        if (!IsPlainPath(basePath))
        {
            problem = "the path has characters that must be percent-encoded, or dot segments";
            return false;
        }

        int usual = tls ? 443 : 80;
        if (!TryAuthority(authority, usual, out string host, out int port))
        {
            problem = "host or port is wrong";
            return false;
        }

        bool literal = IPAddress.TryParse(host, out IPAddress? ip);
        string written = literal && ip!.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{ip}]" : host;
        string number = port.ToString(CultureInfo.InvariantCulture);
        problem = null;
        url = new MemberUrl
        {
            Text = $"{(tls ? "https" : "http")}://{written}:{number}{basePath}",
            IsTls = tls,
            Host = host,
            Port = port,
            BasePath = basePath,
            HostHeader = port == usual ? written : $"{written}:{number}",
            Target = literal ? SocketTarget.Inet(ip!, port) : null,
        };
        return true;
    }

    private static bool TryAuthority(string authority, int usual, out string host, out int port)
    {
        port = usual;
        host = "";
        string tail;
        if (authority.StartsWith('['))
        {
            int close = authority.IndexOf(']');
            if (close < 0 || !IPAddress.TryParse(authority[1..close], out IPAddress? ip) ||
                ip.AddressFamily != AddressFamily.InterNetworkV6)
            {
                return false;
            }

            host = ip.ToString();
            tail = authority[(close + 1)..];
        }
        else
        {
            int colon = authority.IndexOf(':');
            host = (colon < 0 ? authority : authority[..colon]).ToLowerInvariant();
            tail = colon < 0 ? "" : authority[colon..];
            if (!HostName.IsValid(host))
            {
                return false;
            }
        }

        return tail.Length == 0 ||
            (tail[0] == ':' &&
             int.TryParse(tail.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out port) &&
             port is >= 1 and <= 65535);
    }

    private static bool IsPlainPath(string path)
    {
        foreach (char c in path)
        {
            if (c <= ' ' || c >= 127 || c is '\\' or '"' or '<' or '>' or '^' or '`' or '{' or '|' or '}')
            {
                return false;
            }
        }

        return !path.Split('/').Any(segment => segment is "." or "..");
    }
}
