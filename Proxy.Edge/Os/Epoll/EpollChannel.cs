using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Proxy.Edge.Engine;
using Proxy.Edge.Os.Native;

namespace Proxy.Edge.Os.Epoll;

/// <summary>A socket of an <see cref="EpollLoop"/>.</summary>
internal sealed unsafe class EpollChannel : Channel
{
    /// <summary>Reads per turn before others get their turn: 1 MB.</summary>
    private const int ReadsPerTurn = 8;

    private readonly EpollLoop _loop;
    private bool _connecting;
    private bool _readable;
    private bool _endSeen;
    private bool _brokenSeen;
    private bool _paused;
    private bool _queued;
    private bool _shutdownWanted;
    private bool _closeAfterFlush;
    private bool _sendBroken;
    private byte[]? _unsent;
    private int _unsentStart;
    private int _unsentLength;
    private SpliceTransfer? _outgoing;
    private SpliceTransfer? _incoming;

    public EpollChannel(EpollLoop loop, int fd, bool connecting)
    {
        _loop = loop;
        Descriptor = fd;
        _connecting = connecting;
    }

    public int Descriptor { get; }

    public override int UnsentBytes => _unsentLength + (_incoming?.InFlight ?? 0);

    // Not inlined into the loop's try block: calls into the kernel from there would go through a stub.
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void OnEvents(uint events)
    {
        if ((events & (Libc.EPOLLERR | Libc.EPOLLHUP | Libc.EPOLLRDHUP)) != 0)
        {
            if (_connecting && (events & (Libc.EPOLLERR | Libc.EPOLLHUP)) != 0)
            {
                FailConnect();
                return;
            }

            // Reading tells an end from a reset, and hands out what arrived before either.
            _endSeen = true;
            _brokenSeen |= (events & (Libc.EPOLLERR | Libc.EPOLLHUP)) != 0;
            events |= Libc.EPOLLIN;
        }

        if ((events & Libc.EPOLLOUT) != 0 && (_connecting || _unsentLength > 0 || _incoming is not null))
        {
            OnWritable();
        }

        if ((events & Libc.EPOLLIN) != 0 && IsOpen)
        {
            _readable = true;
            Read();
        }
    }

    public void OnReady()
    {
        _queued = false;
        if (!IsOpen)
        {
            return;
        }

        if (_sendBroken && _paused)
        {
            Fail(ChannelError.Reset);
            return;
        }

        Read();
    }

    public override void Send(byte[] buffer, int offset, int count)
    {
        if (!IsOpen || count == 0 || _sendBroken)
        {
            return;
        }

        if (_unsentLength == 0 && !_connecting)
        {
            nint written;
            fixed (byte* start = &MemoryMarshal.GetArrayDataReference(buffer))
            {
                written = Libc.send(Descriptor, start + offset, count, Libc.MSG_NOSIGNAL);
            }

            if (written == count)
            {
                WrittenBytes += written;
                return;
            }

            if (written < 0)
            {
                if (*_loop.ErrnoAddress != Errno.EAGAIN)
                {
                    // Not failed at once: what the peer said last (an early answer) may still wait to be read.
                    _readable = _endSeen = _sendBroken = true;
                    Enqueue();
                    return;
                }

                written = 0;
            }

            WrittenBytes += written;
            offset += (int)written;
            count -= (int)written;
        }

        Keep(buffer, offset, count);
    }

    public override void Pause() => _paused = true;

    public override void Resume()
    {
        _paused = false;
        if (_readable)
        {
            Enqueue();
        }
    }

    public override bool SpliceTo(Channel target, long count)
    {
        if (target is not EpollChannel { IsOpen: true } to || to._incoming is not null || _outgoing is not null)
        {
            return false;
        }

        SplicePipe? pipe = _loop.RentPipe();
        if (pipe is null)
        {
            return false;
        }

        _outgoing = to._incoming = new SpliceTransfer(_loop, this, to, pipe, count);
        Enqueue();
        return true;
    }

    public override void ShutdownSend()
    {
        _shutdownWanted = true;
        if (IsOpen && UnsentBytes == 0 && !_connecting)
        {
            _ = Libc.shutdown(Descriptor, Libc.SHUT_WR);
        }
    }

    public override void CloseAfterFlush()
    {
        if (UnsentBytes == 0)
        {
            Close();
            return;
        }

        _closeAfterFlush = _paused = true;
    }

    public override void Close()
    {
        if (!IsOpen)
        {
            return;
        }

        IsOpen = false;
        _outgoing?.Cancel();
        _incoming?.Cancel();
        if (_unsent is not null)
        {
            _loop.Buffers.Return(_unsent);
            _unsent = null;
            _unsentLength = 0;
        }

        _loop.Forget(Descriptor);
    }

    public override void Abort()
    {
        if (IsOpen)
        {
            // Linger of zero seconds: close sends RST.
            long linger = 1;
            _ = Libc.setsockopt(Descriptor, Libc.SOL_SOCKET, Libc.SO_LINGER, &linger, sizeof(long));
            Close();
        }
    }

    public override bool HasUnreadInput()
    {
        byte one;
        nint got = Libc.recv(Descriptor, &one, 1, Libc.MSG_PEEK | Libc.MSG_DONTWAIT);
        return got >= 0 || *_loop.ErrnoAddress != Errno.EAGAIN;
    }

    /// <summary>Closes and tells the handler.</summary>
    public void Fail(ChannelError error)
    {
        if (IsOpen)
        {
            Close();
            Handler.OnFailed(error);
        }
    }

    /// <summary>Has the loop call <see cref="OnReady"/>.</summary>
    internal void Enqueue()
    {
        if (!_queued)
        {
            _queued = true;
            _loop.MakeReady(this);
        }
    }

    internal void CountSpliced(long written) => WrittenBytes += written;

    internal void SpliceEnded()
    {
        _outgoing!.Target._incoming = null;
        _outgoing = null;
    }

    /// <summary>The socket has no input for now.</summary>
    internal void MarkDrained() => _readable = _endSeen;

    internal void MarkReadable() => _readable = true;

    private void FailConnect()
    {
        int error = 0;
        uint length = sizeof(int);
        _ = Libc.getsockopt(Descriptor, Libc.SOL_SOCKET, Libc.SO_ERROR, &error, &length);
        Fail(Errno.ConnectError(error));
    }

    private void OnWritable()
    {
        if (_connecting)
        {
            _connecting = false;
            Handler.OnConnected();
            if (!IsOpen)
            {
                return;
            }
        }

        if (_unsentLength > 0 && !Flush())
        {
            return;
        }

        if (_incoming is not null)
        {
            // The transfer's own channel does the work, in its turn.
            _incoming.Source.Enqueue();
            return;
        }

        if (_closeAfterFlush)
        {
            Close();
            Handler.OnDrained();
            return;
        }

        if (_shutdownWanted)
        {
            _ = Libc.shutdown(Descriptor, Libc.SHUT_WR);
        }

        Handler.OnDrained();
    }

    /// <summary>Writes what was kept; false when some is left or the channel failed.</summary>
    private bool Flush()
    {
        nint written;
        fixed (byte* start = &MemoryMarshal.GetArrayDataReference(_unsent!))
        {
            written = Libc.send(Descriptor, start + _unsentStart, _unsentLength, Libc.MSG_NOSIGNAL);
        }

        if (written < 0)
        {
            if (*_loop.ErrnoAddress != Errno.EAGAIN)
            {
                Fail(ChannelError.Reset);
            }

            return false;
        }

        WrittenBytes += written;
        _unsentStart += (int)written;
        _unsentLength -= (int)written;
        if (_unsentLength > 0)
        {
            return false;
        }

        _loop.Buffers.Return(_unsent!);
        _unsent = null;
        _unsentStart = 0;
        return true;
    }

    private void Keep(byte[] buffer, int offset, int count)
    {
        if (_unsent is null || _unsentStart + _unsentLength + count > _unsent.Length)
        {
            byte[] larger = _loop.Buffers.Rent(_unsentLength + count);
            if (_unsent is not null)
            {
                Buffer.BlockCopy(_unsent, _unsentStart, larger, 0, _unsentLength);
                _loop.Buffers.Return(_unsent);
            }

            _unsent = larger;
            _unsentStart = 0;
        }

        Buffer.BlockCopy(buffer, offset, _unsent, _unsentStart + _unsentLength, count);
        _unsentLength += count;
    }

    private void Read()
    {
        byte[] buffer = _loop.ReceiveBuffer;
        for (int i = 0; _readable && !_paused && !_connecting && IsOpen; i++)
        {
            if (_outgoing is not null)
            {
                _outgoing.Pump();
                if (_outgoing is not null)
                {
                    return;
                }

                continue;
            }

            if (i == ReadsPerTurn)
            {
                Enqueue();
                return;
            }

            nint got;
            fixed (byte* start = &MemoryMarshal.GetArrayDataReference(buffer))
            {
                got = Libc.recv(Descriptor, start + Headroom, EpollLoop.ReceiveBytes, 0);
            }

            if (got > 0)
            {
                // Shorter than asked for: the socket is drained, unless the end is waiting behind the data.
                if (got < EpollLoop.ReceiveBytes && !_endSeen)
                {
                    _readable = false;
                }

                Handler.OnData(buffer, Headroom, (int)got);
            }
            else if (!OnNothingRead(got))
            {
                return;
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool OnNothingRead(nint got)
    {
        _readable = false;
        if (got == 0)
        {
            if (IsEnded)
            {
                // The kernel may wake us twice for one FIN (state change, then data); only an error or a hang-up
                // says that the connection broke after its end.
                if (_brokenSeen || _sendBroken)
                {
                    Fail(ChannelError.Reset);
                }

                return false;
            }

            IsEnded = true;
            Handler.OnEnd();
            return false;
        }

        int errno = *_loop.ErrnoAddress;
        if (errno == Errno.EINTR)
        {
            _readable = true;
            return true;
        }

        if (errno != Errno.EAGAIN)
        {
            Fail(ChannelError.Reset);
        }

        return false;
    }
}
