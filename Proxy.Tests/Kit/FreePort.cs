using System.Net;
using System.Net.Sockets;

namespace Proxy.Tests.Kit;

/// <summary>A port on loopback which stays ours until the node has it: bound with SO_REUSEPORT but not listening, so that
/// the node, which sets the same option, can bind it and nobody else gets it by chance.</summary>
internal sealed class FreePort : IDisposable
{
    private const int SolSocket = 1;
    private const int SoReusePort = 15;

    private readonly Socket _holder = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public FreePort()
    {
        _holder.SetRawSocketOption(SolSocket, SoReusePort, BitConverter.GetBytes(1));
        _holder.Bind(new IPEndPoint(IPAddress.Loopback, 0));
    }

    public int Number => ((IPEndPoint)_holder.LocalEndPoint!).Port;

    /// <summary>For programs that do not share a port: free now, with luck also in a moment.</summary>
    public static int Probe()
    {
        using var port = new FreePort();
        return port.Number;
    }

    public void Dispose() => _holder.Dispose();
}
