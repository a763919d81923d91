using Proxy.Edge.Engine;

namespace Proxy.Tests.Simulation;

/// <summary>The proxy's end of a simulated connection. It keeps the port's promises to the letter and no more:
/// partial writes, pieces of any size, an end or a reset at any time, splicing sometimes refused.</summary>
internal sealed class SimChannel(SimLoop loop, long number, bool connecting) : Channel, ISimEnd
{
    private bool _connecting = connecting;
    private bool _paused;
    private bool _queued;
    private bool _broken;
    private bool _shutdownWanted;
    private bool _closeAfterFlush;
    private byte[]? _unsent;
    private int _unsentStart;
    private int _unsentLength;
    private SimSplice? _outgoing;
    private SimSplice? _incoming;

    public long Number => number;

    /// <summary>Null until the connection stands.</summary>
    public SimPipe? In { get; set; }

    public SimPipe? Out { get; set; }

    public override int UnsentBytes => _unsentLength + (_incoming?.InFlight ?? 0);

    public void OnInput() => Enqueue();

    public void OnRoom()
    {
        if (IsOpen && UnsentBytes > 0)
        {
            loop.Guard(this, Flush);
        }
    }

    public override void Send(byte[] buffer, int offset, int count)
    {
        ReadOnlySpan<byte> bytes = buffer.AsSpan(offset, count);
        if (!IsOpen || count == 0 || _broken)
        {
            return;
        }

        if (_unsentLength == 0 && !_connecting)
        {
            if (In!.ResetArrived)
            {
                _broken = true;
                Enqueue();
                return;
            }

            int taken = Out!.Write(bytes);
            WrittenBytes += taken;
            bytes = bytes[taken..];
        }

        Keep(bytes);
    }

    public override void Pause() => _paused = true;

    public override void Resume()
    {
        _paused = false;
        Enqueue();
    }

    public override bool SpliceTo(Channel target, long count)
    {
        if (target is not SimChannel { IsOpen: true } to || to._incoming is not null || _outgoing is not null
            || loop.Random.Next(2) == 0)
        {
            return false;
        }

        _outgoing = to._incoming = new SimSplice(this, to, count, 1 + loop.Random.Next(64 * 1024));
        Enqueue();
        return true;
    }

    public override void ShutdownSend()
    {
        _shutdownWanted = true;
        if (IsOpen && UnsentBytes == 0 && !_connecting)
        {
            Out!.End();
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

    public override void Close() => Close(reset: false);

    public override void Abort() => Close(reset: true);

    public override bool HasUnreadInput() => In is null || In.Arrived > 0 || In.EndArrived || In.ResetArrived;

    /// <summary>The connection stands, or, without pipes, it was refused.</summary>
    public void Connected(ChannelError? error)
    {
        if (!IsOpen)
        {
            return;
        }

        if (error is { } reason)
        {
            Fail(reason);
            return;
        }

        _connecting = false;
        loop.Guard(this, () =>
        {
            Handler.OnConnected();
            if (IsOpen)
            {
                Flush();
            }
        });
        Enqueue();
    }

    /// <summary>The acceptor has taken the connection and set its handler.</summary>
    public void Accepted()
    {
        _connecting = false;
        Enqueue();
    }

    public void Fail(ChannelError error)
    {
        if (IsOpen)
        {
            Close();
            loop.Guard(this, () => Handler.OnFailed(error));
        }
    }

    public void OnReady()
    {
        _queued = false;
        if (!IsOpen || _connecting)
        {
            return;
        }

        if (_outgoing is not null && !_paused)
        {
            _outgoing.Pump();
            if (_outgoing is not null || !IsOpen)
            {
                return;
            }
        }

        if (In!.ResetArrived && (!_paused || UnsentBytes > 0))
        {
            // A paused channel learns of a reset only by what it wants to send.
            Fail(ChannelError.Reset);
        }
        else if (_paused)
        {
            return;
        }
        else if (In.Arrived > 0)
        {
            loop.Deliver(this, In);
            Enqueue();
        }
        else if (In.EndArrived && !IsEnded)
        {
            IsEnded = true;
            loop.Note(number, -1);
            Handler.OnEnd();
        }
    }

    internal void Enqueue()
    {
        if (!_queued && IsOpen)
        {
            _queued = true;
            loop.MakeReady(this);
        }
    }

    /// <summary>Plainly kept bytes; spliced ones go behind them.</summary>
    internal int KeptBytes => _unsentLength;

    internal void CountSpliced(long written) => WrittenBytes += written;

    internal void SpliceEnded()
    {
        _outgoing!.Target._incoming = null;
        _outgoing = null;
    }

    private void Flush()
    {
        if (_unsentLength > 0)
        {
            int written = Out!.Write(_unsent.AsSpan(_unsentStart, _unsentLength));
            WrittenBytes += written;
            _unsentStart += written;
            _unsentLength -= written;
            if (_unsentLength > 0)
            {
                return;
            }

            loop.Buffers.Return(_unsent!);
            _unsent = null;
            _unsentStart = 0;
        }

        if (_incoming is not null)
        {
            _incoming.Source.Enqueue();
            return;
        }

        if (_closeAfterFlush)
        {
            Close();
        }
        else if (_shutdownWanted)
        {
            Out!.End();
        }

        Handler.OnDrained();
    }

    private void Close(bool reset)
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
            loop.Buffers.Return(_unsent);
            _unsent = null;
            _unsentLength = 0;
        }

        if (In is not null)
        {
            SimConnection.CloseEnd(In, Out!, reset);
        }
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return;
        }

        if (_unsent is null || _unsentStart + _unsentLength + bytes.Length > _unsent.Length)
        {
            byte[] larger = loop.Buffers.Rent(_unsentLength + bytes.Length);
            if (_unsent is not null)
            {
                Buffer.BlockCopy(_unsent, _unsentStart, larger, 0, _unsentLength);
                loop.Buffers.Return(_unsent);
            }

            _unsent = larger;
            _unsentStart = 0;
        }

        bytes.CopyTo(_unsent.AsSpan(_unsentStart + _unsentLength));
        _unsentLength += bytes.Length;
    }
}
