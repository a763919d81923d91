using Proxy.Edge.Engine;
using Proxy.Edge.Os.Native;

namespace Proxy.Edge.Os.Epoll;

/// <summary>Moves a known number of bytes from one socket to another through a pipe, without user space seeing them.
/// Belongs to the source's turn; the target only says when it can take more.</summary>
internal sealed unsafe class SpliceTransfer(
    EpollLoop loop, EpollChannel source, EpollChannel target, SplicePipe pipe, long count)
{
    /// <summary>Bytes per turn before other connections get theirs.</summary>
    private const long BytesPerTurn = 4 << 20;

    private long _left = count;
    private bool _ended;

    public EpollChannel Source { get; } = source;

    public EpollChannel Target { get; } = target;

    /// <summary>Bytes between the sockets.</summary>
    public int InFlight => pipe.Filled;

    public void Pump()
    {
        // What was sent before by ordinary means goes first; its flush wakes us.
        if (Target.UnsentBytes > pipe.Filled)
        {
            return;
        }

        long moved = 0;
        while (!_ended && (_left > 0 || pipe.Filled > 0))
        {
            if (moved >= BytesPerTurn)
            {
                Source.Enqueue();
                break;
            }

            if (pipe.Filled == 0 && !Fill())
            {
                break;
            }

            nint written = Libc.splice(
                pipe.ReadEnd, null, Target.Descriptor, null, pipe.Filled, Flags(more: _left > 0));
            if (written < 0)
            {
                if (*loop.ErrnoAddress != Errno.EAGAIN)
                {
                    Report(moved);
                    Target.Fail(ChannelError.Reset);
                    return;
                }

                break;
            }

            pipe.Filled -= (int)written;
            Target.CountSpliced(written);
            moved += written;
        }

        Report(moved);
    }

    /// <summary>One of the channels closed.</summary>
    public void Cancel()
    {
        if (!_ended)
        {
            Finish();
        }
    }

    private bool Fill()
    {
        nint got = Libc.splice(
            Source.Descriptor, null, pipe.WriteEnd, null, (nint)Math.Min(_left, pipe.Capacity), Flags(more: false));
        if (got > 0)
        {
            pipe.Filled = (int)got;
            _left -= got;
            return true;
        }

        if (got == 0 || *loop.ErrnoAddress != Errno.EAGAIN)
        {
            // The end or an error: the ordinary read path sees it again and tells the handler.
            Finish();
            Source.MarkReadable();
            Source.Enqueue();
            return false;
        }

        Source.MarkDrained();
        return false;
    }

    private void Report(long moved)
    {
        bool done = !_ended && _left == 0 && pipe.Filled == 0;
        if (done)
        {
            Finish();
        }

        if (moved > 0 && Source.IsOpen)
        {
            Source.Handler.OnSpliced(moved, done);
        }
    }

    private void Finish()
    {
        _ended = true;
        Source.SpliceEnded();
        loop.ReturnPipe(pipe);
    }

    private static uint Flags(bool more) =>
        Libc.SPLICE_F_MOVE | Libc.SPLICE_F_NONBLOCK | (more ? Libc.SPLICE_F_MORE : 0);
}
