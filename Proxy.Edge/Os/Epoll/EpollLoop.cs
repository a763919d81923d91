using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Proxy.Edge.Buffers;
using Proxy.Edge.Engine;
using Proxy.Edge.Os.Native;
using Proxy.Edge.Timing;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Os.Epoll;

/// <summary>What the loop tells its owner; called on the loop's thread.</summary>
public interface ILoopObserver
{
    /// <summary>The last thing of every turn: hand on what was collected during the turn.</summary>
    void OnTurnEnd(long now);

    /// <summary>A handler threw; its channel was closed and the loop goes on.</summary>
    void OnHandlerFailed(Exception error);

    /// <summary>accept failed for lack of descriptors or memory.</summary>
    void OnAcceptFailed(string reason);
}

/// <summary>An edge-triggered epoll loop. Every socket is registered once with everything and never again, so a
/// request costs no epoll_ctl; a read shorter than the buffer means the socket is drained, so there is no probing
/// recv; sends are tried at once. All channels share one receive buffer, so an idle connection owns no memory for
/// bytes.</summary>
public sealed unsafe class EpollLoop : IEventLoop, IDisposable
{
    /// <summary>128 KB: at 1 MB bodies four times fewer calls than with 32 KB; larger gains nothing more.</summary>
    internal const int ReceiveBytes = 128 * 1024;

    private const int EventCapacity = 512;
    private const ulong WakeToken = 1UL << 63;
    private const ulong ListenerBit = 1UL << 62;
    private const ulong OutboundBit = 1UL << 61;

    private readonly TimeProvider _time;
    private readonly ILoopObserver _observer;
    private readonly int _epoll;
    private readonly int _wake;
    private readonly List<EpollListener?> _listeners = [];
    private readonly ConcurrentQueue<ILoopTask> _posted = new();
    private readonly List<int> _closing = new(256);
    private readonly Stack<SplicePipe> _pipes = new();
    private readonly List<ITurnEnd> _collectors = new(64);
    private EpollChannel?[] _channels = new EpollChannel?[1024];
    private EpollChannel[] _ready = new EpollChannel[256];
    private int _readyCount;
    private int _wakePending;
    private bool _stopping;
    private long _wallOffset;
    private long _wallRefresh;

    public EpollLoop(int index, TimeProvider time, BufferPool buffers, ILoopObserver observer)
    {
        Index = index;
        _time = time;
        _observer = observer;
        Buffers = buffers;
        ReadClock();
        Timers = new TimerWheel(Now, observer.OnHandlerFailed);
        ReceiveBuffer = GC.AllocateUninitializedArray<byte>(
            Channel.Headroom + ReceiveBytes + Channel.Tailroom, pinned: true);
        ErrnoAddress = Libc.ErrnoLocation();
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            throw new PlatformNotSupportedException("the epoll loop runs on Linux x86-64 only");
        }

        _epoll = Libc.epoll_create1(Libc.O_CLOEXEC);
        _wake = Libc.eventfd(0, Libc.O_NONBLOCK | Libc.O_CLOEXEC);
        if (_epoll < 0 || _wake < 0)
        {
            throw new IOException($"epoll is not available: {Errno.Describe(*ErrnoAddress)}");
        }

        Register(_wake, WakeToken, Libc.EPOLLIN | Libc.EPOLLET);
    }

    public int Index { get; }

    public long Now { get; private set; }

    public long UnixMicroseconds => Now + _wallOffset;

    public BufferPool Buffers { get; }

    public TimerWheel Timers { get; }

    /// <summary>Turns of the loop so far; for samplers.</summary>
    public long Turns { get; private set; }

    internal byte[] ReceiveBuffer { get; }

    /// <summary>errno of the thread that runs the loop.</summary>
    internal int* ErrnoAddress { get; private set; }

    /// <summary>Runs until <see cref="Stop"/>. The calling thread becomes the loop's thread.</summary>
    public void Run()
    {
        ErrnoAddress = Libc.ErrnoLocation();
        var events = (EpollEvent*)NativeMemory.Alloc((nuint)(EventCapacity * sizeof(EpollEvent)));
        try
        {
            while (!_stopping)
            {
                int count = Libc.epoll_wait(_epoll, events, EventCapacity, WaitMilliseconds());
                ReadClock();
                Turns++;
                DispatchAll(events, count);

                Timers.Advance(Now);
                RunReady();
                RunCollectors();
                CloseDescriptors();
                _observer.OnTurnEnd(Now);
            }
        }
        finally
        {
            NativeMemory.Free(events);
        }
    }

    /// <summary>Ends <see cref="Run"/> after the current turn. Loop thread only; from elsewhere post a task that
    /// calls it.</summary>
    public void Stop() => _stopping = true;

    public void Post(ILoopTask task)
    {
        _posted.Enqueue(task);
        if (Interlocked.Exchange(ref _wakePending, 1) == 0)
        {
            ulong one = 1;
            _ = Libc.write(_wake, &one, sizeof(ulong));
        }
    }

    public void AtTurnEnd(ITurnEnd collector) => _collectors.Add(collector);

    public IListening Listen(SocketTarget bind, int backlog, IAcceptor acceptor, bool join)
    {
        if (!join)
        {
            EpollListener.EnsureFree(bind);
        }

        EpollListener listener = Keep(EpollListener.Open(bind, backlog), bind, acceptor);
        listener.Begin();
        return listener;
    }

    public IListening Inherit(int descriptor, SocketTarget bind, int backlog, IAcceptor acceptor)
    {
        // Again, because the length of the queue may be another now.
        _ = Libc.listen(descriptor, backlog);
        return Keep(descriptor, bind, acceptor);
    }

    public Channel Connect(SocketTarget target, IChannelHandler handler)
    {
        Span<byte> address = stackalloc byte[SocketAddress.MaxLength];
        int length = SocketAddress.Write(target, address);
        int fd = Libc.socket(
            SocketAddress.Family(target), Libc.SOCK_STREAM | Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC, 0);
        if (fd < 0)
        {
            return FailLater(handler, ChannelError.ConnectFailed);
        }

        if (!target.IsUnix)
        {
            SetNoDelay(fd);
        }

        int result;
        fixed (byte* pointer = address)
        {
            result = Libc.connect(fd, pointer, (uint)length);
        }

        int errno = result == 0 ? 0 : *ErrnoAddress;
        // A Unix socket whose queue is full answers EAGAIN and will never become writable.
        if (errno != 0 && errno != Errno.EINPROGRESS)
        {
            _closing.Add(fd);
            return FailLater(handler, Errno.ConnectError(errno));
        }

        var channel = new EpollChannel(this, fd, connecting: true) { Handler = handler };
        Add(channel, OutboundBit);
        return channel;
    }

    public void Dispose()
    {
        for (int slot = 0; slot < _listeners.Count; slot++)
        {
            _listeners[slot]?.CloseNow();
        }

        for (int fd = 0; fd < _channels.Length; fd++)
        {
            _channels[fd]?.Close();
        }

        CloseDescriptors();
        while (_pipes.TryPop(out SplicePipe? pipe))
        {
            pipe.Dispose();
        }

        _ = Libc.close(_wake);
        _ = Libc.close(_epoll);
    }

    internal static void SetNoDelay(int fd)
    {
        int one = 1;
        _ = Libc.setsockopt(fd, Libc.IPPROTO_TCP, Libc.TCP_NODELAY, &one, sizeof(int));
    }

    /// <param name="side"><see cref="OutboundBit"/> or 0.</param>
    internal void Add(EpollChannel channel, ulong side = 0)
    {
        if (channel.Descriptor >= _channels.Length)
        {
            Array.Resize(ref _channels, Math.Max(_channels.Length * 2, channel.Descriptor + 1));
        }

        _channels[channel.Descriptor] = channel;
        Register(
            channel.Descriptor,
            (uint)channel.Descriptor | side,
            Libc.EPOLLIN | Libc.EPOLLOUT | Libc.EPOLLRDHUP | Libc.EPOLLET);
    }

    /// <summary>Forgets a channel. Its descriptor is closed at the end of the turn, so that a number seen in this
    /// turn's events cannot mean a newer connection.</summary>
    internal void Forget(int descriptor)
    {
        // A connection refused right after accepting was never added.
        if (descriptor < _channels.Length)
        {
            _channels[descriptor] = null;
        }

        _closing.Add(descriptor);
    }

    internal void Watch(int slot, int descriptor) =>
        Register(descriptor, ListenerBit | (uint)slot, Libc.EPOLLIN);

    internal void ForgetListener(int slot, int descriptor)
    {
        _listeners[slot] = null;
        // Closing would not take it out of this epoll as long as another process has the socket too.
        EpollEvent none;
        _ = Libc.epoll_ctl(_epoll, Libc.EPOLL_CTL_DEL, descriptor, &none);
        _closing.Add(descriptor);
    }

    /// <summary>Has the channel read again in this turn, or the next when called from the ready pass itself.</summary>
    internal void MakeReady(EpollChannel channel)
    {
        if (_readyCount == _ready.Length)
        {
            Array.Resize(ref _ready, _ready.Length * 2);
        }

        _ready[_readyCount++] = channel;
    }

    internal SplicePipe? RentPipe() => _pipes.TryPop(out SplicePipe? pipe) ? pipe : SplicePipe.TryCreate();

    internal void ReturnPipe(SplicePipe pipe)
    {
        if (pipe.Filled == 0 && _pipes.Count < 32)
        {
            _pipes.Push(pipe);
        }
        else
        {
            pipe.Dispose();
        }
    }

    internal void AcceptFailed(int errno) => _observer.OnAcceptFailed(Errno.Describe(errno));

    /// <summary>Accepted connections first, those we made second. What is read from one side is sent to the other, so
    /// sends to one peer follow each other closely: it is woken once for many of them instead of once for each.
    /// Measured: half of the time spent waking others, a twelfth of all.</summary>
    private void DispatchAll(EpollEvent* events, int count)
    {
        int outbound = 0;
        for (int i = 0; i < count; i++)
        {
            if ((events[i].Data & OutboundBit) != 0)
            {
                events[outbound++] = events[i];
                continue;
            }

            Dispatch(events[i].Data, events[i].Events);
        }

        for (int i = 0; i < outbound; i++)
        {
            Dispatch(events[i].Data & ~OutboundBit, events[i].Events);
        }
    }

    private void Dispatch(ulong token, uint events)
    {
        if (token == WakeToken)
        {
            RunPosted();
            return;
        }

        // What a handler throws must not take the loop and its thousands of other connections down.
        EpollChannel? channel = null;
        try
        {
            if ((token & ListenerBit) != 0)
            {
                _listeners[(int)(token & 0xFFFF_FFFF)]?.Accept();
                return;
            }

            channel = _channels[(int)token];
            channel?.OnEvents(events);
        }
        catch (Exception error)
        {
            HandlerFailed(channel, error);
        }
    }

    private void HandlerFailed(EpollChannel? channel, Exception error)
    {
        _observer.OnHandlerFailed(error);
        try
        {
            channel?.Fail(ChannelError.HandlerFailed);
        }
        catch (Exception second)
        {
            _observer.OnHandlerFailed(second);
        }
    }

    private void RunReady()
    {
        // Only those that are there now: a channel that is not done after its share waits for the next turn.
        int count = _readyCount;
        for (int i = 0; i < count; i++)
        {
            EpollChannel channel = _ready[i];
            try
            {
                channel.OnReady();
            }
            catch (Exception error)
            {
                HandlerFailed(channel, error);
            }
        }

        int left = _readyCount - count;
        Array.Copy(_ready, count, _ready, 0, left);
        Array.Clear(_ready, left, _readyCount - left);
        _readyCount = left;
    }

    private void RunCollectors()
    {
        for (int i = 0; i < _collectors.Count; i++)
        {
            try
            {
                _collectors[i].OnTurnEnd();
            }
            catch (Exception error)
            {
                _observer.OnHandlerFailed(error);
            }
        }

        _collectors.Clear();
    }

    private void RunPosted()
    {
        ulong value;
        _ = Libc.read(_wake, &value, sizeof(ulong));
        // A full fence: were the queue read before the flag is seen cleared, a task posted in between would wake
        // nobody.
        Interlocked.Exchange(ref _wakePending, 0);
        while (_posted.TryDequeue(out ILoopTask? task))
        {
            try
            {
                task.Run();
            }
            catch (Exception error)
            {
                _observer.OnHandlerFailed(error);
            }
        }
    }

    private void CloseDescriptors()
    {
        foreach (int fd in _closing)
        {
            _ = Libc.close(fd);
        }

        _closing.Clear();
    }

    private EpollListener Keep(int fd, SocketTarget bind, IAcceptor acceptor)
    {
        int slot = _listeners.IndexOf(null);
        if (slot < 0)
        {
            slot = _listeners.Count;
            _listeners.Add(null);
        }

        var listener = new EpollListener(this, fd, slot, bind, acceptor);
        _listeners[slot] = listener;
        return listener;
    }

    private int WaitMilliseconds()
    {
        if (_readyCount > 0)
        {
            return 0;
        }

        long wait = Timers.NextWake(Now);
        return wait < 0 ? -1 : (int)Math.Min((wait + 999) / 1000, 60_000);
    }

    private void ReadClock()
    {
        // The one clock read of a turn (about 20 ns through the vDSO); wall time is derived and corrected once a
        // second.
        Now = _time.GetTimestamp() / (_time.TimestampFrequency / 1_000_000);
        if (Now >= _wallRefresh)
        {
            _wallRefresh = Now + 1_000_000;
            _wallOffset = ((_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / 10) - Now;
        }
    }

    private void Register(int fd, ulong token, uint events)
    {
        var change = new EpollEvent { Events = events, Data = token };
        if (Libc.epoll_ctl(_epoll, Libc.EPOLL_CTL_ADD, fd, &change) != 0)
        {
            throw new IOException($"epoll_ctl failed: {Errno.Describe(*ErrnoAddress)}");
        }
    }

    private FailedChannel FailLater(IChannelHandler handler, ChannelError error)
    {
        var channel = new FailedChannel(error) { Handler = handler };
        _posted.Enqueue(channel);
        if (Interlocked.Exchange(ref _wakePending, 1) == 0)
        {
            ulong one = 1;
            _ = Libc.write(_wake, &one, sizeof(ulong));
        }

        return channel;
    }
}
