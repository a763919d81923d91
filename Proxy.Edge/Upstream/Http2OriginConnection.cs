using Proxy.Edge.Engine;
using Proxy.Edge.Http2;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Timing;
using Proxy.Edge.Tls;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Upstream;

/// <summary>One HTTP/2 connection to an origin, shared by many requests. What they write during a turn of the loop
/// leaves in one send at its end.</summary>
internal sealed class Http2OriginConnection : TimerNode, IChannelHandler, IHttp2SessionHandler, ITurnEnd
{
    // Heads as large as HTTP/1.1 allows them; requests are asked for, so nothing else comes from an origin.
    private static readonly Http2Limits Limits = new() { HeadBytes = 64 * 1024, Fields = 256 };

    private readonly OriginServices _services;
    private readonly Channel _channel;
    private readonly TlsClientContext? _tlsContext;
    private readonly List<Http2Origin> _heads = [];
    private long _idleSince;
    private int _served;
    private bool _retired;
    private bool _addressBlamed;
    private bool _collecting;
    private bool _closed;

    public Http2OriginConnection(OriginServices services, LoopMember member, SocketTarget address)
    {
        _services = services;
        Member = member;
        _tlsContext = member.Plan.Tls?.Context;
        _idleSince = services.Loop.Now;
        Session = new Http2Session(Http2Role.Client, Limits, services.Http2, services.Loop.Buffers, this);

        // Nothing is written before the handshake has told what the origin speaks.
        Session.SetBlocked(true);
        _channel = member.Connect(address, this, offerHttp2: true);
        Session.Start(services.Loop.Now);
    }

    public LoopMember Member { get; }

    public Http2Session Session { get; }

    public bool IsConnected { get; private set; }

    /// <summary>Why the connection was lost, for its streams.</summary>
    public ProxyFault? Fault { get; private set; }

    /// <summary>The handshake chose HTTP/1.1: the streams' requests were not sent.</summary>
    public bool SpeaksOther { get; private set; }

    /// <summary>The origin wants HTTP/1.1 instead, and may have it: what was not answered may be sent again that
    /// way.</summary>
    public bool IsLeftForHttp1 { get; private set; }

    /// <summary>Another request may be sent here.</summary>
    public bool HasRoom => !IsLeaving
        && Session.OpenStreams < Math.Min(Session.PeerMaxStreams, Member.Reuse.MaxStreams);

    /// <summary>Nobody uses it, so that the origin may have closed it without our having seen it.</summary>
    public bool IsIdle => IsConnected && Session.OpenStreams == 0;

    private bool IsLeaving => _closed || _retired || !Session.CanOpen || Member.IsRetired
        || !ReferenceEquals(_tlsContext, Member.Plan.Tls?.Context)
        || (_served > 0 && !Member.Reuse.Enabled)
        || (Member.Reuse.MaxRequests > 0 && _served >= Member.Reuse.MaxRequests);

    /// <summary>An idle connection that got input or ended; a PING counts, which does no harm.</summary>
    public bool MayBeStale() => _channel.HasUnreadInput();

    public Http2Origin Open()
    {
        bool reused = IsIdle && _served > 0;
        if (reused)
        {
            Member.Counters.IdleConnections--;
        }

        _served++;
        Http2Origin stream = _services.FreeStreams.TryPop(out Http2Origin? free) ? free : new Http2Origin(_services);
        stream.Attach(this, reused);
        return stream;
    }

    /// <summary>No more requests; it closes when those under way are answered.</summary>
    public void Retire()
    {
        _retired = true;
        CloseIfUnused();
    }

    /// <summary>The origin said HTTP_1_1_REQUIRED of a request, or of everything.</summary>
    public void OnHttp1Required()
    {
        if (!IsLeftForHttp1 && Member.TurnToHttp1())
        {
            IsLeftForHttp1 = true;
            _retired = true;

            // Closed at the end of the turn, unless others still use it.
            OnOutput();
        }
    }

    /// <summary>Once for all streams that waited for this connection.</summary>
    public void OnConnectFailed()
    {
        if (!_addressBlamed)
        {
            _addressBlamed = true;
            Member.NextAddress();
        }
    }

    /// <summary>The stream's head goes to its user after the input in hand, if no body has come with it.</summary>
    public void FlushLater(Http2Origin stream) => _heads.Add(stream);

    public void OnConnected()
    {
        bool http2 = _channel is not TlsChannel tls || tls.SpeaksHttp2;
        if (!http2)
        {
            LeaveToHttp1();
            return;
        }

        IsConnected = true;
        foreach (Http2Stream stream in Session.OpenStreamsNow())
        {
            ((Http2Origin)stream.Handler).OnConnected();
        }

        Session.SetBlocked(false);
        Flush();
        Arm();
    }

    public void OnData(byte[] buffer, int offset, int count)
    {
        bool alive = Session.Receive(buffer, offset, count, _services.Loop.Now);
        for (int i = 0; i < _heads.Count; i++)
        {
            _heads[i].FlushHead();
        }

        _heads.Clear();
        if (!alive && !_closed)
        {
            Write();
            Lose(ProxyFault.BadResponse);
        }
    }

    public void OnEnd() => Lose(ProxyFault.OriginClosedEarly);

    public void OnDrained()
    {
        Session.SetBlocked(false);
        Flush();
    }

    public void OnSpliced(long count, bool done)
    {
        // Frames are made in user space.
    }

    public void OnFailed(ChannelError error) => Lose(OriginFault.Of(error));

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
        _collecting = false;
        Flush();
        CloseIfUnused();
    }

    public IHttp2StreamHandler OnStream(Http2Stream stream) =>
        throw new InvalidOperationException("an origin opens no streams");

    public void OnStreamClosed(Http2Stream stream)
    {
        ((Http2Origin)stream.Handler).OnClosed();
        if (_closed || Session.OpenStreams > 0)
        {
            return;
        }

        _idleSince = _services.Loop.Now;
        if (IsConnected)
        {
            Member.Counters.IdleConnections++;
            Arm();
        }

        if (IsLeaving || !IsConnected)
        {
            // Closed at the end of the turn, with what is still to be written.
            OnOutput();
        }
    }

    public void OnPeerSettings()
    {
    }

    public void OnGoAway(Http2Error error)
    {
        if (error == Http2Error.Http11Required)
        {
            OnHttp1Required();
        }

        OnOutput();
    }

    public void OnPong()
    {
    }

    public void OnConnectionError(Http2Error error, string reason)
    {
    }

    public override void OnTimer(long now)
    {
        if (_closed)
        {
            return;
        }

        Session.OnTimer(now);
        if (Session.IsDead)
        {
            Lose(ProxyFault.OriginReset);
        }
        else if (Session.OpenStreams == 0 && now >= IdleDeadline)
        {
            Retire();
        }
        else
        {
            Arm();
        }
    }

    private long IdleDeadline => _idleSince + (Member.Reuse.IdleTimeout.Ticks / TimeSpan.TicksPerMicrosecond);

    /// <summary>The handshake chose HTTP/1.1. A member that may speak either gets the connection as a kept one, and the
    /// requests are sent again over it; for another this is a failure.</summary>
    private void LeaveToHttp1()
    {
        if (Member.Plan.Protocol != OriginProtocol.Auto)
        {
            Lose(ProxyFault.OriginTlsFailed);
            return;
        }

        SpeaksOther = _closed = true;
        Member.LearnHttp1(this, _channel);
        Session.Abandon(Http2Error.Cancel);
        _services.Loop.Timers.Remove(this);
    }

    private void CloseIfUnused()
    {
        if (!_closed && Session.OpenStreams == 0 && (IsLeaving || (!IsConnected && _served > 0)))
        {
            if (IsConnected)
            {
                Member.Counters.IdleConnections--;
                Session.Drain();
                Write();
            }

            Forget();
            _channel.CloseAfterFlush();
        }
    }

    private void Flush()
    {
        while (!_closed && IsConnected && Write())
        {
            if (_channel.UnsentBytes > 0)
            {
                Session.SetBlocked(true);
                return;
            }

            Session.SetBlocked(false);
        }
    }

    private bool Write()
    {
        int count = Session.OutputCount;
        if (count == 0 || !IsConnected)
        {
            return false;
        }

        _channel.Send(Session.Output!, 0, count);
        Session.ClearOutput();
        return true;
    }

    private void Lose(ProxyFault fault)
    {
        if (_closed)
        {
            return;
        }

        if (IsIdle && _served > 0)
        {
            Member.Counters.IdleConnections--;
        }

        Fault = fault;
        Forget();
        _channel.CloseAfterFlush();
    }

    private void Forget()
    {
        _closed = true;
        Member.Forget(this);
        Session.Abandon(Http2Error.Cancel);
        _services.Loop.Timers.Remove(this);
    }

    private void Arm()
    {
        long deadline = Session.NextDeadline;
        if (Session.OpenStreams == 0)
        {
            deadline = Math.Min(deadline, IdleDeadline);
        }

        _services.Loop.Timers.Set(this, deadline);
    }
}
