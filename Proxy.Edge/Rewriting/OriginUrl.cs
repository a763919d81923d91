using System.Text;

namespace Proxy.Edge.Rewriting;

/// <summary>The parts of an absolute or scheme-relative http(s) URL that mapping looks at. Anything that a browser
/// and this reader could take apart differently (user information, backslashes, odd hosts) is not read at
/// all.</summary>
internal readonly ref struct OriginUrl
{
    private OriginUrl(bool hasScheme, bool isHttps, ReadOnlySpan<byte> host, int port, ReadOnlySpan<byte> rest)
    {
        HasScheme = hasScheme;
        IsHttps = isHttps;
        Host = host;
        Port = port;
        Rest = rest;
    }

    public bool HasScheme { get; }

    public bool IsHttps { get; }

    public ReadOnlySpan<byte> Host { get; }

    /// <summary>0 when the URL has none.</summary>
    public int Port { get; }

    /// <summary>Path, query and fragment.</summary>
    public ReadOnlySpan<byte> Rest { get; }

    public static bool TryRead(ReadOnlySpan<byte> text, out OriginUrl url)
    {
        url = default;
        bool https = StartsWith(text, "https://"u8);
        bool http = !https && StartsWith(text, "http://"u8);
        if (!https && !http && !text.StartsWith("//"u8))
        {
            return false;
        }

        text = text[(https ? 8 : http ? 7 : 2)..];
        int end = text.IndexOfAny((byte)'/', (byte)'?', (byte)'#');
        ReadOnlySpan<byte> authority = end < 0 ? text : text[..end];
        if (!TryReadAuthority(authority, out ReadOnlySpan<byte> host, out int port))
        {
            return false;
        }

        url = new OriginUrl(https || http, https, host, port, text[authority.Length..]);
        return true;
    }

    public static bool TryReadAuthority(ReadOnlySpan<byte> authority, out ReadOnlySpan<byte> host, out int port)
    {
        port = 0;
        int colon = authority.LastIndexOf((byte)':');
        colon = colon > authority.LastIndexOf((byte)']') ? colon : -1;
        host = colon < 0 ? authority : authority[..colon];
        ReadOnlySpan<byte> digits = colon < 0 ? default : authority[(colon + 1)..];
        foreach (byte value in digits)
        {
            if (value is < (byte)'0' or > (byte)'9' || port > 65535)
            {
                return false;
            }

            port = (port * 10) + value - '0';
        }

        bool bracketed = host.Length > 2 && host[0] == '[' && host[^1] == ']';
        ReadOnlySpan<byte> inner = bracketed ? host[1..^1] : host;
        foreach (byte value in inner)
        {
            if (!char.IsAsciiLetterOrDigit((char)value) && value is not ((byte)'.' or (byte)'-' or (byte)'_')
                && !(bracketed && value == ':'))
            {
                return false;
            }
        }

        return inner.Length != 0 && port <= 65535;
    }

    private static bool StartsWith(ReadOnlySpan<byte> text, ReadOnlySpan<byte> scheme) =>
        text.Length >= scheme.Length && Ascii.EqualsIgnoreCase(text[..scheme.Length], scheme);
}
