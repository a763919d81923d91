using System.Net;
using System.Net.Sockets;
using Proxy.Edge.Buffers;
using Proxy.Edge.Engine;
using Proxy.Edge.Os.Epoll;
using Proxy.Edge.Topology;

namespace Proxy.Tests.Edge.Os;

/// <summary>A real loop on a thread of its own, with what tests ask of it.</summary>
internal sealed class EpollRig : ILoopObserver, IAsyncDisposable
{
    public static readonly SocketTarget Any = SocketTarget.Inet(IPAddress.Loopback, 0);

    private readonly Thread _thread;
    private readonly EpollLoop _loop;

    public EpollRig()
    {
        _loop = new EpollLoop(0, TimeProvider.System, new BufferPool(), this);
        _thread = new Thread(_loop.Run) { IsBackground = true, Name = "test-loop" };
        _thread.Start();
    }

    public EpollLoop Loop => _loop;

    public List<Exception> Failures { get; } = [];

    public void OnTurnEnd(long now)
    {
    }

    public void OnHandlerFailed(Exception error) => Failures.Add(error);

    public void OnAcceptFailed(string reason)
    {
    }

    /// <summary>Runs something on the loop's thread.</summary>
    public Task<T> Call<T>(Func<T> function)
    {
        var task = new LoopTask<T>(function);
        _loop.Post(task);
        return task.Done.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    public async Task<IPEndPoint> ListenAsync(Func<Channel, IChannelHandler> handler, Func<bool>? mayAccept = null)
    {
        IListening listening = await Call(() => _loop.Listen(Any, 128, new Acceptor(handler, mayAccept), join: false));
        return new IPEndPoint(listening.Bound.Ip!, listening.Bound.Port);
    }

    /// <summary>A client socket that is connected to the loop.</summary>
    public static async Task<Socket> ConnectAsync(IPEndPoint address)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(address);
        return socket;
    }

    /// <summary>Everything until the end.</summary>
    public static async Task<byte[]> ReadToEndAsync(Socket socket)
    {
        var all = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (await socket.ReceiveAsync(buffer).WaitAsync(TimeSpan.FromSeconds(30)) is var got and > 0)
        {
            all.Write(buffer, 0, got);
        }

        return all.ToArray();
    }

    public static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }

    public async ValueTask DisposeAsync()
    {
        await Call(() =>
        {
            _loop.Stop();
            return true;
        });
        _thread.Join();
        _loop.Dispose();
    }

    private sealed class Acceptor(Func<Channel, IChannelHandler> handler, Func<bool>? mayAccept) : IAcceptor
    {
        public bool MayAccept => mayAccept?.Invoke() ?? true;

        public void OnAccepted(Channel channel, ClientAddress address, int port)
        {
            Assert.True(address.IsIpv4 && port > 0);
            channel.Handler = handler(channel);
        }
    }

    private sealed class LoopTask<T>(Func<T> function) : ILoopTask
    {
        public TaskCompletionSource<T> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Run()
        {
            try
            {
                Done.SetResult(function());
            }
            catch (Exception error)
            {
                Done.SetException(error);
            }
        }
    }
}

/// <summary>A handler made of functions; what is left out does nothing.</summary>
internal sealed class TestHandler : IChannelHandler
{
    private readonly TaskCompletionSource<ChannelError> _failed =
        new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Action<byte[], int, int>? Data { get; init; }

    public Action? End { get; init; }

    public Action? Drained { get; init; }

    public Action<long, bool>? Spliced { get; init; }

    public Task<ChannelError> Failed => _failed.Task.WaitAsync(TimeSpan.FromSeconds(30));

    public Task Ended => _ended.Task.WaitAsync(TimeSpan.FromSeconds(30));

    public Task Connected => _connected.Task.WaitAsync(TimeSpan.FromSeconds(30));

    public void OnConnected() => _connected.TrySetResult();

    public void OnData(byte[] buffer, int offset, int count) => Data?.Invoke(buffer, offset, count);

    public void OnEnd()
    {
        _ended.TrySetResult();
        End?.Invoke();
    }

    public void OnDrained() => Drained?.Invoke();

    public void OnSpliced(long count, bool done) => Spliced?.Invoke(count, done);

    public void OnFailed(ChannelError error) => _failed.TrySetResult(error);
}
