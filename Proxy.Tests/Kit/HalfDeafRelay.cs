using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Proxy.Tests.Kit;

/// <summary>Between a client and a server, one connection: everything the client says arrives, and is remembered; what
/// the server says is held back until <see cref="Release"/>.</summary>
internal sealed class HalfDeafRelay : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<byte[]> _said = [];
    private readonly CancellationTokenSource _end = new();
    private readonly Task _run;

    public HalfDeafRelay(int port)
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _run = RunAsync(port);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>What the client has said so far.</summary>
    public byte[] Said => [.. _said.SelectMany(static one => one)];

    public void Release() => _released.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        Release();
        await _end.CancelAsync();
        _listener.Dispose();
        await _run;
        _end.Dispose();
    }

    private async Task RunAsync(int port)
    {
        try
        {
            using Socket client = await _listener.AcceptAsync(_end.Token);
            using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await server.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), _end.Token);
            await Task.WhenAll(
                CopyAsync(client, server, _said),
                _released.Task.ContinueWith(
                    _ => CopyAsync(server, client, null), _end.Token, TaskContinuationOptions.None,
                    TaskScheduler.Default).Unwrap());
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One of the ends, or the test, has had enough.
        }
    }

    private async Task CopyAsync(Socket from, Socket to, ConcurrentQueue<byte[]>? into)
    {
        byte[] buffer = new byte[16 * 1024];
        while (await from.ReceiveAsync(buffer, _end.Token) is > 0 and int count)
        {
            into?.Enqueue(buffer[..count]);
            await to.SendAsync(buffer.AsMemory(0, count), _end.Token);
        }

        to.Shutdown(SocketShutdown.Send);
    }
}
