using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Proxy.Tests.Kit;

/// <summary>A port on loopback which stays ours until the node has it: bound with SO_REUSEPORT but not listening, so
/// that the node, which sets the same option, can bind it and nobody else gets it by chance.</summary>
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

    /// <summary>For programs that do not share a port, and may end and come back to theirs: free now, and below the
    /// range from which the kernel gives ports to everybody who asks for any.</summary>
    public static int Probe()
    {
        while (true)
        {
            int number = RandomNumberGenerator.GetInt32(10_000, 32_000);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, number));
                return number;
            }
            catch (SocketException)
            {
                // Somebody has it: the next one.
            }
        }
    }

    public void Dispose() => _holder.Dispose();
}
