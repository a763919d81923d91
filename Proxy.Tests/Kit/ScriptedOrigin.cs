using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Proxy.Tests.Kit;

/// <summary>An origin whose every byte the test decides. Connections are taken at once and handed to the test in
/// order, or to a handler after <see cref="Serve(Func{WireMessage, string})"/>.</summary>
internal sealed class ScriptedOrigin : IAsyncDisposable
{
    private const int SolSocket = 1;
    private const int SoReuseAddress = 2;

    private readonly Channel<Wire> _arrived = Channel.CreateUnbounded<Wire>();
    private readonly ConcurrentBag<Wire> _all = [];
    private readonly EndPoint _address;
    private Socket _listener;
    private Task _accepting;
    private int _connections;
    private Func<WireMessage, Task<string>>? _handler;

    public ScriptedOrigin(EndPoint? address = null)
    {
        _listener = Listen(address ?? new IPEndPoint(IPAddress.Loopback, 0));
        _address = _listener.LocalEndPoint!;
        _accepting = AcceptAsync(_listener);
    }

    /// <summary>Of an origin that is reached by TCP.</summary>
    public int Port => (_address as IPEndPoint)?.Port ?? 0;

    public string Url => $"http://127.0.0.1:{Port}";

    /// <summary>Connections so far.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>The next connection the proxy opens.</summary>
    public async Task<Wire> ConnectionAsync()
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Wire.Patience);
        try
        {
            return await _arrived.Reader.ReadAsync(patience.Token);
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"No connection came to the origin on port {Port}.");
        }
    }

    /// <summary>The next connection and the request on it.</summary>
    public async Task<(Wire Connection, WireMessage Request)> RequestAsync()
    {
        while (true)
        {
            var connection = await ConnectionAsync();
            try
            {
                return (connection, await connection.ReadRequestAsync());
            }
            catch (InvalidOperationException error)
                when (error.Message.EndsWith("received: \"\"", StringComparison.Ordinal))
            {
                // Somebody else's: a test that waits for its own node to listen may knock at any port.
            }
        }
    }

    /// <summary>From now on every request of a new connection is answered by this; "" closes the connection
    /// instead.</summary>
    public ScriptedOrigin Serve(Func<WireMessage, string> handler) =>
        Serve(request => Task.FromResult(handler(request)));

    /// <inheritdoc cref="Serve(Func{WireMessage, string})"/>
    public ScriptedOrigin Serve(Func<WireMessage, Task<string>> handler)
    {
        _handler = handler;
        return this;
    }

    /// <summary>As `kill -9` does it: the port refuses, every connection is reset.</summary>
    public async Task KillAsync()
    {
        _listener.Dispose();
        await _accepting;
        while (_all.TryTake(out var connection))
        {
            connection.Reset();
        }
    }

    /// <summary>Listens again on the same port.</summary>
    public void Restart()
    {
        _listener = Listen(_address);
        _accepting = AcceptAsync(_listener);
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
        foreach (var connection in _all)
        {
            connection.Dispose();
        }
    }

    private static Socket Listen(EndPoint address)
    {
        var isUnix = address is UnixDomainSocketEndPoint;
        var listener = new Socket(
            address.AddressFamily, SocketType.Stream, isUnix ? ProtocolType.Unspecified : ProtocolType.Tcp);
        try
        {
            if (!isUnix)
            {
                // Lets a killed origin come back although connections of its former life are still remembered. .NET's
                // own option of that name would also let others listen on the port (SO_REUSEPORT).
                listener.SetRawSocketOption(SolSocket, SoReuseAddress, BitConverter.GetBytes(1));
            }

            listener.Bind(address);
            listener.Listen(1024);
            return listener;
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    private async Task AcceptAsync(Socket listener)
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await listener.AcceptAsync();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }

            if (socket.AddressFamily != AddressFamily.Unix)
            {
                socket.NoDelay = true;
            }

            var connection = new Wire(socket, background: _handler is not null);
            Interlocked.Increment(ref _connections);
            _all.Add(connection);
            if (_handler is { } handler)
            {
                _ = ServeAsync(connection, handler);
            }
            else
            {
                _arrived.Writer.TryWrite(connection);
            }
        }
    }

    private static async Task ServeAsync(Wire connection, Func<WireMessage, Task<string>> handler)
    {
        try
        {
            while (true)
            {
                var answer = await handler(await connection.ReadRequestAsync());
                if (answer.Length == 0)
                {
                    connection.Dispose();
                    return;
                }

                await connection.SendAsync(answer);
            }
        }
        catch (Exception e) when (
            e is SocketException or ObjectDisposedException or InvalidOperationException or OperationCanceledException
                or TimeoutException)
        {
            // The proxy let go of the connection, or the origin was killed.
            connection.Dispose();
        }
    }
}
