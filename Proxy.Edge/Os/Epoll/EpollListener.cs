using Proxy.Edge.Engine;
using Proxy.Edge.Os.Native;
using Proxy.Edge.Timing;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Os.Epoll;

/// <summary>A listening socket of one loop. Level-triggered, so that connections left in the queue are seen
/// again.</summary>
internal sealed unsafe class EpollListener : TimerNode, IListening
{
    /// <summary>Connections taken per turn: enough to empty any real queue soon, few enough not to starve the
    /// others.</summary>
    private const int AcceptsPerTurn = 64;

    /// <summary>How long the loop leaves the queue alone when it may not accept; level triggering would spin
    /// otherwise.</summary>
    private const long PauseMicroseconds = 20_000;

    private readonly EpollLoop _loop;
    private readonly int _fd;
    private readonly int _slot;
    private readonly IAcceptor _acceptor;
    private bool _begun;
    private bool _closed;
    private bool _paused;

    public EpollListener(EpollLoop loop, int fd, int slot, SocketTarget asked, IAcceptor acceptor)
    {
        _loop = loop;
        _fd = fd;
        _slot = slot;
        _acceptor = acceptor;
        byte* address = stackalloc byte[SocketAddress.MaxLength];
        uint length = SocketAddress.MaxLength;
        Bound = Libc.getsockname(fd, address, &length) == 0
            ? SocketAddress.ReadTarget(new ReadOnlySpan<byte>(address, SocketAddress.MaxLength), asked)
            : asked;
    }

    public SocketTarget Bound { get; }

    /// <summary>Whether somebody else listens there. Sockets that all share the port (SO_REUSEPORT) would bind without
    /// a word, and two nodes started by mistake would split the connections between them; one that does not share finds
    /// out.</summary>
    /// <exception cref="IOException">The address is taken or cannot be bound.</exception>
    public static void EnsureFree(SocketTarget bind)
    {
        if (!bind.IsUnix && bind.Port != 0)
        {
            _ = Libc.close(Open(bind, 1, shared: false));
        }
    }

    public static int Open(SocketTarget bind, int backlog, bool shared = true)
    {
        int family = SocketAddress.Family(bind);
        int fd = Libc.socket(family, Libc.SOCK_STREAM | Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC, 0);
        int one = 1;
        if (fd >= 0 && !bind.IsUnix)
        {
            _ = Libc.setsockopt(fd, Libc.SOL_SOCKET, Libc.SO_REUSEADDR, &one, sizeof(int));
            if (shared)
            {
                _ = Libc.setsockopt(fd, Libc.SOL_SOCKET, Libc.SO_REUSEPORT, &one, sizeof(int));
            }

            // Inherited by accepted sockets, which saves a call per connection.
            _ = Libc.setsockopt(fd, Libc.IPPROTO_TCP, Libc.TCP_NODELAY, &one, sizeof(int));
        }

        if (family == Libc.AF_INET6)
        {
            int dual = 0;
            _ = Libc.setsockopt(fd, Libc.IPPROTO_IPV6, Libc.IPV6_V6ONLY, &dual, sizeof(int));
        }

        byte* address = stackalloc byte[SocketAddress.MaxLength];
        int length = SocketAddress.Write(bind, new Span<byte>(address, SocketAddress.MaxLength));
        if (fd < 0 || Libc.bind(fd, address, (uint)length) != 0 || Libc.listen(fd, backlog) != 0)
        {
            int errno = *Libc.ErrnoLocation();
            if (fd >= 0)
            {
                _ = Libc.close(fd);
            }

            throw new IOException($"cannot listen on {bind}: {Errno.Describe(errno)}");
        }

        return fd;
    }

    public void Accept() => Accept(AcceptsPerTurn);

    public override void OnTimer(long now)
    {
        _paused = false;
        if (!_closed)
        {
            Accept(AcceptsPerTurn);
        }
    }

    public void Begin()
    {
        if (!_begun && !_closed)
        {
            _begun = true;
            _loop.Watch(_slot, _fd);
        }
    }

    public int Duplicate() => _closed ? -1 : Libc.fcntl(_fd, Libc.F_DUPFD_CLOEXEC, 0);

    public void Close()
    {
        // Connections the kernel has completed for us would be reset by close; they are ours to serve.
        if (!_closed)
        {
            Accept(int.MaxValue);
            CloseNow();
        }
    }

    public void CloseNow()
    {
        if (!_closed)
        {
            _closed = true;
            _loop.Timers.Remove(this);
            _loop.ForgetListener(_slot, _fd);
        }
    }

    private void Accept(int most)
    {
        byte* address = stackalloc byte[SocketAddress.MaxLength];
        for (int i = 0; i < most && !_paused; i++)
        {
            if (!_acceptor.MayAccept)
            {
                PauseAccepting();
                return;
            }

            uint length = SocketAddress.MaxLength;
            int fd = Libc.accept4(_fd, address, &length, Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC);
            if (fd < 0)
            {
                int errno = *_loop.ErrnoAddress;
                if (errno is Errno.EMFILE or Errno.ENFILE)
                {
                    _loop.AcceptFailed(errno);
                    PauseAccepting();
                }

                return;
            }

            var bytes = new ReadOnlySpan<byte>(address, SocketAddress.MaxLength);
            ClientAddress client = SocketAddress.Read(bytes, out int port);
            var channel = new EpollChannel(_loop, fd, connecting: false);
            _acceptor.OnAccepted(channel, client, port);
            if (channel.IsOpen)
            {
                _loop.Add(channel);
            }
        }
    }

    private void PauseAccepting()
    {
        // Level-triggered and not drained: until the timer the event repeats every turn, so nothing may spin on it. The
        // listener answers those events with nothing because _paused is set.
        _paused = true;
        _loop.Timers.Set(this, _loop.Now + PauseMicroseconds);
    }
}
