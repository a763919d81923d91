using System.Net;

namespace Proxy.Edge.Topology;

/// <summary>Where a socket binds or connects: an IPv4 or IPv6 address with a port, or the path of a Unix socket.
/// Immutable; equality is by value.</summary>
public sealed record SocketTarget
{
    private SocketTarget(IPAddress? ip, int port, string? unixPath)
    {
        Ip = ip;
        Port = port;
        UnixPath = unixPath;
    }

    public IPAddress? Ip { get; }

    /// <summary>Port, 0 to 65535; 0 for a Unix socket, or "choose one" when binding.</summary>
    public int Port { get; }

    public string? UnixPath { get; }

    public bool IsUnix => UnixPath is not null;

    public static SocketTarget Inet(IPAddress ip, int port) => new(ip, port, null);

    public static SocketTarget Unix(string path) => new(null, 0, path);

    public override string ToString() =>
        UnixPath is not null ? $"unix:{UnixPath}" : new IPEndPoint(Ip!, Port).ToString();
}
