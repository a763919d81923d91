using System.Net;
using System.Net.Sockets;
using System.Text;
using Proxy.Edge.Topology;

namespace Proxy.Tests.Cluster.Probing;

/// <summary>An origin that reads one request head per connection, answers with given bytes and closes; without bytes to send it
/// just keeps the connection.</summary>
internal sealed class ScriptedOrigin : IDisposable
{
    private readonly Socket _listener;
    private readonly string? _answer;
    private readonly List<Socket> _open = [];
    private readonly TaskCompletionSource<string> _firstHead = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ScriptedOrigin(string? answer, string? unixPath = null)
    {
        _answer = answer;
        _listener = unixPath is null
            ? new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        _listener.Bind(unixPath is null ? new IPEndPoint(IPAddress.Loopback, 0) : new UnixDomainSocketEndPoint(unixPath));
        _listener.Listen(16);
        Target = unixPath is null
            ? SocketTarget.Inet(IPAddress.Loopback, ((IPEndPoint)_listener.LocalEndPoint!).Port)
            : SocketTarget.Unix(unixPath);
        _ = AcceptAsync();
    }

    public SocketTarget Target { get; }

    public int Connections { get; private set; }

    /// <summary>The first request head, as received.</summary>
    public Task<string> FirstHead => _firstHead.Task;

    public void Dispose()
    {
        _listener.Dispose();
        lock (_open)
        {
            _open.ForEach(static socket => socket.Dispose());
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket socket = await _listener.AcceptAsync();
                lock (_open)
                {
                    _open.Add(socket);
                }

                Connections++;
                await ServeAsync(socket);
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        var head = new StringBuilder();
        byte[] buffer = new byte[4096];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            int read = await socket.ReceiveAsync(buffer);
            if (read == 0)
            {
                return;
            }

            head.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }

        _firstHead.TrySetResult(head.ToString());
        if (_answer is not null)
        {
            await socket.SendAsync(Encoding.Latin1.GetBytes(_answer));
            socket.Shutdown(SocketShutdown.Both);
            socket.Dispose();
        }
    }
}
