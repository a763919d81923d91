using System.Net;
using System.Net.Sockets;

namespace Proxy.Tests.Kit;

/// <summary>A client that sends exact bytes.</summary>
internal sealed class RawClient : Wire
{
    private RawClient(Socket socket)
        : base(socket)
    {
    }

    public static Task<RawClient> ConnectAsync(int port, int receiveBuffer = 0) =>
        ConnectAsync(IPAddress.Loopback, port, receiveBuffer);

    /// <param name="receiveBuffer">Bytes the kernel holds for a client that does not read; 0 = its default.</param>
    public static async Task<RawClient> ConnectAsync(IPAddress address, int port, int receiveBuffer = 0)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer > 0)
        {
            socket.ReceiveBufferSize = receiveBuffer;
        }

        try
        {
            await socket.ConnectAsync(address, port, TestContext.Current.CancellationToken);
            return new RawClient(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends a request and reads the answer to it.</summary>
    public async Task<WireMessage> AskAsync(string request)
    {
        await SendAsync(request);
        return await ReadResponseAsync(request[..request.IndexOf(' ')]);
    }

    /// <summary>One request on a connection of its own.</summary>
    public static async Task<WireMessage> AskOnceAsync(int port, string request)
    {
        using var client = await ConnectAsync(port);
        return await client.AskAsync(request);
    }
}
