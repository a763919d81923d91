using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Proxy.Edge.Topology;

namespace Proxy.Actors.Config.Schema;

/// <summary>Kinds of values that say where something is.</summary>
internal static class AddressKinds
{
    public static readonly ScalarKind<SocketTarget> Bind = new(
        "address:port, [v6-address]:port, *:port (all IPv4 addresses) or unix:/path",
        scalar => ReadBind(scalar.Text),
        target => target.ToString());

    public static readonly ScalarKind<MemberUrl> Member = new(
        "http://host[:port][/base], http://[v6-address]:port, unix:/path or http+unix:///path",
        scalar => MemberUrl.TryParse(scalar.Text, out MemberUrl? url, out string? problem)
            ? url
            : Parsed.Wrong<MemberUrl>(problem),
        url => url.Text);

    public static readonly ListKind<AddressRange> Ranges = new(new ScalarKind<AddressRange>(
        "an address or a range such as 10.0.0.0/8 or 2001:db8::/32",
        scalar => AddressRange.TryParse(scalar.Text, out AddressRange range)
            ? range
            : Parsed.Wrong<AddressRange>("not an address range"),
        ShowRange));

    private static Parsed<SocketTarget> ReadBind(string text)
    {
        if (text.StartsWith("unix:", StringComparison.Ordinal))
        {
            return MemberUrl.TryParse(text, out MemberUrl? socket, out string? problem)
                ? socket.Target! // a Unix socket always has one
                : Parsed.Wrong<SocketTarget>(problem);
        }

        int colon = text.LastIndexOf(':');
        if (colon < 0 ||
            !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port) ||
            port > 65535)
        {
            return Parsed.Wrong<SocketTarget>("the port is missing or wrong");
        }

        string host = text[..colon];
        bool bracketed = host.StartsWith('[') && host.EndsWith(']');
        string address = host == "*" ? "0.0.0.0" : bracketed ? host[1..^1] : host;
        if (!IPAddress.TryParse(address, out IPAddress? ip) ||
            bracketed != (ip.AddressFamily == AddressFamily.InterNetworkV6) ||
            (!bracketed && ip.ToString() != address))
        {
            return Parsed.Wrong<SocketTarget>("not an address (names are not resolved here)");
        }

        return SocketTarget.Inet(ip, port);
    }

    private static string ShowRange(AddressRange range)
    {
        (int offset, int full) = range.Base.IsIpv4 && range.PrefixLength >= 96 ? (96, 32) : (0, 128);
        int length = range.PrefixLength - offset;
        return length == full ? range.Base.ToString() : $"{range.Base}/{length}";
    }
}
