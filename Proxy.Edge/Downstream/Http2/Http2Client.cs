using Proxy.Edge.Engine;
using Proxy.Edge.Http2;
using Proxy.Edge.Relay;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Timing;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Downstream.Http2;

/// <summary>One HTTP/2 connection of a client: bytes between the channel and its session, and a stream object for each
/// request. What is written during a turn of the loop leaves in one send at its end.</summary>
internal sealed class Http2Client : ClientConnection, IChannelHandler, IHttp2SessionHandler, ITurnEnd
{
    /// <summary>At most, for a client to take some of what is left when the connection ends.</summary>
    private const long LastMicroseconds = 30_000_000;

    private readonly LoopServices _services;
    private readonly Channel _channel;
    private readonly Http2Session _session;
    private readonly int _mostUnsent;
    private long _idleSince;
    private long _takenBefore;
    private bool _isLast;
    private bool _collecting;
    private bool _closed;

    public Http2Client(
        LoopServices services, ListenerSlot slot, Channel channel, ClientAddress peer, int port, long serial)
        : base(slot, channel, peer, port, serial)
    {
        _services = services;
        _channel = channel;
        channel.Handler = this;
        _session = new Http2Session(
            Http2Role.Server, Listener.Plan.Http2, services.Http2, services.Loop.Buffers, this);
        _mostUnsent = Listener.Plan.Http2.MaxUnsent;
        _idleSince = services.Loop.Now;
        _session.Start(services.Loop.Now);
        Arm();
    }

    public int Requests { get; private set; }

    /// <summary>The client leaves so much lying here that its origins have to wait, all of them.</summary>
    public bool IsCongested { get; private set; }

    internal override long IdleSince => _session.OpenStreams == 0 && !_closed ? _idleSince : 0;

    internal Http2Session Session => _session;

    private ClientTimeouts Timeouts => Listener.Plan.Timeouts;

    /// <summary>The handshake is done behind early data.</summary>
    public void OnConnected()
    {
        foreach (Http2Stream stream in _session.OpenStreamsNow())
        {
            if (stream.IsOpen)
            {
                ((Http2ClientStream)stream.Handler).OnHandshakeDone();
            }
        }
    }

    public void OnData(byte[] buffer, int offset, int count)
    {
        if (!_session.Receive(buffer, offset, count, _services.Loop.Now))
        {
            CloseAfterFlush();
        }
    }

    public void OnEnd() => Close();

    public void OnDrained()
    {
        if (!_channel.IsOpen)
        {
            Forget();
            return;
        }

        if (_session.OpenStreams == 0 && !_isLast)
        {
            // The client has taken its last answer; its time for the next request begins only now.
            _idleSince = _services.Loop.Now;
            Arm();
        }

        _session.SetBlocked(false);
        Flush();
    }

    public void OnSpliced(long count, bool done)
    {
        // Frames are made in user space.
    }

    public void OnFailed(ChannelError error) => Close();

    public void OnOutput()
    {
        if (!_collecting)
        {
            _collecting = true;
            _services.Loop.AtTurnEnd(this);
        }
    }

    public void OnTurnEnd()
    {
        Flush();
        _collecting = false;
    }

    public IHttp2StreamHandler OnStream(Http2Stream stream)
    {
        FollowListener();
        Requests++;
        int most = Listener.Plan.MaxRequestsPerConnection;
        if (most > 0 && Requests >= most)
        {
            _session.Drain();
        }

        Http2ClientStream handler = _services.FreeStreams.TryPop(out IClientStream? free)
            ? (Http2ClientStream)free
            : new Http2ClientStream(_services);
        handler.Begin(this, stream, Requests);
        return handler;
    }

    public void OnStreamClosed(Http2Stream stream)
    {
        ((Http2ClientStream)stream.Handler).OnClosed();
        if (IsCongested)
        {
            // What it held may have been what was too much.
            OnOutput();
        }

        if (_session.OpenStreams == 0)
        {
            _idleSince = _services.Loop.Now;
            if (_session.IsDraining)
            {
                // Closed at the end of the turn, with what is still to be written.
                OnOutput();
            }
            else
            {
                Arm();
            }
        }
    }

    /// <summary>A stream has sent payload, or kept it for lack of windows.</summary>
    public void OnSent(Http2ClientStream stream)
    {
        if (IsCongested)
        {
            stream.PauseOrigin();
        }
        else if (_session.UnsentBytes > _mostUnsent)
        {
            IsCongested = true;
            foreach (Http2Stream other in _session.OpenStreamsNow())
            {
                ((Http2ClientStream)other.Handler).PauseOrigin();
            }
        }
    }

    public void OnPeerSettings()
    {
    }

    public void OnGoAway(Http2Error error) => OnOutput();

    public void OnPong() => OnOutput();

    public void OnConnectionError(Http2Error error, string reason) =>
        _services.Telemetry.CountHttp2Error(error);

    public override void OnTimer(long now)
    {
        if (_closed)
        {
            return;
        }

        if (_isLast)
        {
            EndLastWords();
            return;
        }

        _session.OnTimer(now);
        if (_session.IsDead)
        {
            CloseAfterFlush();
        }
        else if (_session.OpenStreams == 0 && now >= IdleDeadline && IsStillTaking())
        {
            _idleSince = now;
            Arm();
        }
        else if (_session.OpenStreams == 0 && now >= IdleDeadline)
        {
            // No word of what was still to come: GOAWAY says that there was nothing.
            _session.Drain();
            CloseAfterFlush();
        }
        else
        {
            Arm();
        }
    }

    internal override void CloseNow() => Close();

    internal override void BeginDrain() => _session.Drain();

    internal override void CloseAfterFlush()
    {
        if (_closed)
        {
            return;
        }

        Write();
        _session.Abandon(Http2Error.None);
        _channel.CloseAfterFlush();
        if (!_channel.IsOpen)
        {
            Forget();
            return;
        }

        _isLast = true;
        _takenBefore = _channel.WrittenBytes;
        Arm();
    }

    /// <summary>A client that takes nothing of what is left is not waited for.</summary>
    private void EndLastWords()
    {
        if (IsStillTaking())
        {
            Arm();
            return;
        }

        _channel.Abort();
        Forget();
    }

    /// <summary>Something waits, and less than when this was asked before.</summary>
    private bool IsStillTaking()
    {
        long before = _takenBefore;
        _takenBefore = _channel.WrittenBytes;
        return _channel.UnsentBytes > 0 && _takenBefore != before;
    }

    private long IdleDeadline => Timeouts.KeepAlive == TimeSpan.Zero
        ? TimerNode.Never
        : _idleSince + (Timeouts.KeepAlive.Ticks / TimeSpan.TicksPerMicrosecond);

    /// <summary>Writes what is there, and what may follow it, until the socket is full.</summary>
    private void Flush()
    {
        while (!_closed && Write())
        {
            if (_channel.UnsentBytes > 0)
            {
                _session.SetBlocked(true);
                return;
            }

            _session.SetBlocked(false);
        }

        if (IsCongested && !_closed && _session.UnsentBytes <= _mostUnsent / 2)
        {
            EndCongestion();
        }

        bool over = _session.OpenStreams == 0 && (_session.HasSaidLast || _session.IsDead);
        if (!_closed && over && _channel.UnsentBytes == 0)
        {
            CloseAfterFlush();
        }
    }

    private void EndCongestion()
    {
        IsCongested = false;
        foreach (Http2Stream stream in _session.OpenStreamsNow())
        {
            if (stream.IsOpen)
            {
                ((Http2ClientStream)stream.Handler).ResumeOrigin();
            }
        }
    }

    private bool Write()
    {
        int count = _session.OutputCount;
        if (count == 0)
        {
            return false;
        }

        _channel.Send(_session.Output!, 0, count);
        _session.ClearOutput();
        return true;
    }

    private void Close()
    {
        if (!_closed)
        {
            _session.Abandon(Http2Error.Cancel);
            _channel.Close();
            Forget();
        }
    }

    private void Forget()
    {
        if (!_closed)
        {
            _closed = true;
            _session.Abandon(Http2Error.Cancel);
            _services.Loop.Timers.Remove(this);
            LeaveListener();
        }
    }

    private void Arm()
    {
        if (_isLast)
        {
            long idle = Timeouts.WriteIdle.Ticks / TimeSpan.TicksPerMicrosecond;
            long wait = idle == 0 ? LastMicroseconds : Math.Min(idle, LastMicroseconds);
            _services.Loop.Timers.Set(this, _services.Loop.Now + wait);
            return;
        }

        long deadline = _session.NextDeadline;
        if (_session.OpenStreams == 0)
        {
            deadline = Math.Min(deadline, IdleDeadline);
        }

        _services.Loop.Timers.Set(this, deadline);
    }
}
