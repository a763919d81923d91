using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Proxy.Cluster.Restart;

/// <summary>Tells the service manager how the node is (sd_notify: one datagram to the socket that NOTIFY_SOCKET names).
/// After a hot restart the process it watches is another one, which has to be said. For systemd: Type=notify and
/// NotifyAccess=all. Without the variable nothing is told.</summary>
internal static class ServiceNotice
{
    private const string Variable = "NOTIFY_SOCKET";

    /// <summary>This process serves, and is the one to watch.</summary>
    public static void Serving() =>
        Tell(string.Create(CultureInfo.InvariantCulture, $"READY=1\nMAINPID={Environment.ProcessId}"));

    /// <param name="place">Path of the socket; one that begins with @ is in the abstract name space.</param>
    /// <returns>Whether it was taken.</returns>
    public static bool Tell(string place, string text)
    {
        try
        {
            string path = place.StartsWith('@') ? $"\0{place[1..]}" : place;
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.SendTo(Encoding.UTF8.GetBytes(text), new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (Exception error) when (error is SocketException or ArgumentException)
        {
            return false; // Nobody listens any more; the node does not depend on it.
        }
    }

    private static void Tell(string text)
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } place)
        {
            Tell(place, text);
        }
    }
}
