using System.Globalization;
using System.Net;

namespace Proxy.Cluster.Peers.Transport;

/// <summary>host:port or [ipv6]:port, as peers name each other.</summary>
internal readonly record struct PeerAddress(string Host, int Port)
{
    public static PeerAddress? Parse(string text)
    {
        int colon = text.LastIndexOf(':');
        if (colon <= 0
            || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port)
            || port is 0 or > IPEndPoint.MaxPort)
        {
            return null;
        }

        string host = text[..colon];
        bool bracketed = host.StartsWith('[') && host.EndsWith(']');
        if (bracketed)
        {
            return IPAddress.TryParse(host.AsSpan(1, host.Length - 2), out _)
                ? new PeerAddress(host[1..^1], port)
                : null;
        }

        return host.Contains(':', StringComparison.Ordinal) ? null : new PeerAddress(host, port);
    }
}
