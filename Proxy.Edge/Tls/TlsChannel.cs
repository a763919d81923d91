using System.Runtime.InteropServices;
using Proxy.Edge.Engine;
using Proxy.Edge.Os.OpenSsl;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Tls;

/// <summary>TLS on a channel (RFC 8446, RFC 5246): to its handler a channel like any other. One receive of the inner
/// channel becomes as few deliveries as possible, one Send one write of the inner channel. Its handler's OnConnected is
/// called when the handshake is done, on the server's side too. Loop thread only.</summary>
public sealed unsafe class TlsChannel : TlsConnection, IChannelHandler, ITurnEnd
{
    /// <summary>Less than this waits for the end of the turn: a last answer and the close_notify behind it leave in one
    /// system call. Small, because what waits here is not seen in <see cref="UnsentBytes"/>.</summary>
    private const int MostCollected = 16 * 1024;

    private readonly TlsLoop _shared;
    private TlsOpening? _opening;
    private KeptBytes _held;
    private bool _paused;
    private bool _collecting;
    private bool _notified;
    private bool _innerEnded;
    private bool _closing;

    private TlsChannel(TlsLoop shared, Channel inner, nint context, TlsServerHandshake? server)
        : base(new TlsSession(shared, context), server, inner)
    {
        _shared = shared;
        _opening = new TlsOpening(this, shared, _session, server, _earlyData);
    }

    private TlsChannel(TlsLoop shared, Channel inner, TlsServerContext context)
        : this(shared, inner, context.Default.Context.Handle, new TlsServerHandshake(context)) =>
        Ssl.SSL_set_accept_state(_session.Handle);

    private TlsChannel(TlsLoop shared, Channel inner, TlsOrigin origin, TlsOffer offer)
        : this(shared, inner, origin.Context.Handle, server: null)
    {
        Origin = origin;
        Ssl.SSL_set_connect_state(_session.Handle);
        origin.Context.Prepare(_session.Handle, origin.Name, offer);
        origin.Offer(_session.Handle, shared.Loop.Now);
    }

    internal bool TakesInput => IsOpen && !_paused && !_closing;

    public override int UnsentBytes => _inner.UnsentBytes + (_opening?.UnsentBytes ?? 0);

    /// <summary>The server's side on an accepted channel.</summary>
    public static TlsChannel Server(TlsLoop shared, Channel inner, TlsServerContext context, IChannelHandler handler)
    {
        var channel = new TlsChannel(shared, inner, context) { Handler = handler };
        inner.Handler = channel;
        return channel;
    }

    /// <summary>Connects to an origin and does the handshake as its client.</summary>
    public static TlsChannel Client(
        TlsLoop shared, SocketTarget target, TlsOrigin origin, TlsOffer offer, IChannelHandler handler)
    {
        var relay = new Unconnected();
        Channel inner = shared.Loop.Connect(target, relay);
        var channel = new TlsChannel(shared, inner, origin, offer) { Handler = handler };
        inner.Handler = channel;
        return channel;
    }

    public void OnConnected() => Handshake();

    public void OnData(byte[] buffer, int offset, int count)
    {
        if (_held.Count > 0 || (_paused && !IsEarly))
        {
            int used = Continue(buffer.AsSpan(offset, count));
            offset += used;
            count -= used;
            if (count == 0 || !IsOpen)
            {
                return;
            }
        }

        fixed (byte* bytes = &MemoryMarshal.GetArrayDataReference(buffer))
        {
            _shared.SetInput(bytes + offset, count);
            if (_handshaking)
            {
                if (!_opening!.Accepts(buffer[offset]))
                {
                    _inner.Send(AnswerToPlaintext, 0, AnswerToPlaintext.Length);
                    Fail(TlsFailure.NotTls, ChannelError.TlsFailed);
                    return;
                }

                Handshake();
            }

            if (!_handshaking && IsOpen && !Deliver() && IsOpen && _server is { OwesTicket: true })
            {
                // The client sends no request yet, so there is no answer to give the ticket with.
                _shared.Claim(this);
                _session.WriteTicket(_server);
                Flush();
                Collect();
            }

            KeepRest();
        }
    }

    public void OnEnd()
    {
        if (_handshaking)
        {
            Fail(TlsFailure.Peer, ChannelError.TlsFailed);
            return;
        }

        _innerEnded = true;
        if (HasWork)
        {
            Pump();
        }

        EndUnannounced();
    }

    public void OnDrained()
    {
        if (!_inner.IsOpen)
        {
            bool told = !IsOpen;
            Release();
            IsOpen = false;
            if (_closing || !told)
            {
                Handler.OnDrained();
            }

            return;
        }

        if (!_handshaking && IsOpen)
        {
            Handler.OnDrained();
        }
    }

    public void OnSpliced(long count, bool done)
    {
    }

    public void OnFailed(ChannelError error)
    {
        if (IsOpen)
        {
            IsOpen = false;
            Failure = _handshaking && _opening!.HasStarted ? TlsFailure.Peer : TlsFailure.None;
            Release();
            Handler.OnFailed(error);
        }
    }

    /// <summary>Resumed while plaintext or ciphertext was waiting here, or the first answer was written.</summary>
    public void OnTurnEnd()
    {
        _collecting = false;
        if (IsOpen)
        {
            _session.TakeOver();
        }

        if (IsOpen && !_paused && HasWork)
        {
            Pump();
            EndUnannounced();
        }
    }

    public override void Send(byte[] buffer, int offset, int count)
    {
        if (!IsOpen || count == 0 || _closing)
        {
            return;
        }

        if (_handshaking && !IsEarly)
        {
            _opening!.Keep(buffer.AsSpan(offset, count));
            return;
        }

        fixed (byte* bytes = &MemoryMarshal.GetArrayDataReference(buffer))
        {
            _shared.Encrypt(this, bytes + offset, count);
        }

        if (_shared.OutCount > MostCollected)
        {
            Flush();
        }
        else
        {
            _shared.SendAtTurnEnd();
        }

        if (_session.IsHandingOver)
        {
            Collect();
        }
    }

    public override void Pause()
    {
        _paused = true;
        if (!IsEarly)
        {
            // The end of the handshake must come in, whoever waits for it.
            _inner.Pause();
        }
    }

    public override void Resume()
    {
        _paused = false;
        if (!IsOpen)
        {
            return;
        }

        _inner.Resume();
        if (!_handshaking && HasWork)
        {
            Collect();
        }
    }

    public override bool SpliceTo(Channel target, long count) => false;

    public override void ShutdownSend()
    {
        if (IsEarly)
        {
            _earlyData!.End = EarlyEnd.Shutdown;
            return;
        }

        Notify();
        Flush();
        _inner.ShutdownSend();
    }

    public override void CloseAfterFlush()
    {
        if (!IsOpen)
        {
            return;
        }

        if (IsEarly)
        {
            _earlyData!.End = EarlyEnd.Close;
            _closing = true;
            return;
        }

        Notify();
        Flush();
        _inner.CloseAfterFlush();
        if (_inner.IsOpen)
        {
            _closing = _paused = true;
        }
        else
        {
            IsOpen = false;
            Release();
        }
    }

    public override void Close()
    {
        if (IsOpen)
        {
            IsOpen = false;
            Notify();
            Flush();
            _inner.Close();
            Release();
        }
    }

    public override void Abort()
    {
        if (IsOpen)
        {
            IsOpen = false;
            Flush();
            _inner.Abort();
            Release();
        }
    }

    public override bool HasUnreadInput() =>
        _held.Count > 0 || _session.HasPending || _inner.HasUnreadInput();

    /// <summary>The handshake is done, and the handler is not told yet.</summary>
    /// <param name="wasEarly">The handler may have closed meanwhile, and that is still to be done.</param>
    internal void OnHandshakeDone(bool wasEarly)
    {
        _handshaking = false;
        _closing &= !wasEarly;
    }

    private void Handshake()
    {
        if (_opening!.Step())
        {
            _opening = null;
        }
    }

    /// <summary>Hands out what can be decrypted, as much as fits at a time. False when there was nothing.</summary>
    private bool Deliver()
    {
        byte[] plain = _shared.Plain;
        bool more = true;
        bool any = false;
        if (_earlyData is { HasKept: true } early && !_paused)
        {
            any = true;
            Show(plain, early.Restore(_shared));
        }

        while (more && IsOpen && !_paused)
        {
            _shared.Claim(this);
            int filled = _shared.Fill(_session, out TlsReadEnd end);
            more = end == TlsReadEnd.None;
            if (filled > 0)
            {
                any = true;
                Show(plain, filled);
            }

            if (end is TlsReadEnd.Ended or TlsReadEnd.Broken && IsOpen)
            {
                EndReading(end);
            }
        }

        // Answers of the protocol itself: key updates, alerts.
        Flush();
        return any;
    }

    /// <summary>The handler may use other channels of this loop, so our place in the input is put aside.</summary>
    internal void Show(byte[] plain, int count)
    {
        byte* rest = _shared.In;
        int left = _shared.InCount;
        Handler.OnData(plain, Headroom, count);
        _shared.SetInput(rest, left);
    }

    /// <summary>Nothing more comes though no close_notify was seen. It may still be among what a handler that has
    /// paused was not shown.</summary>
    private void EndUnannounced()
    {
        if (_innerEnded && IsOpen && !IsEnded && !(_paused && HasWork))
        {
            _truncated = true;
            IsEnded = true;
            Handler.OnEnd();
        }
    }

    private void EndReading(TlsReadEnd end)
    {
        if (end == TlsReadEnd.Ended)
        {
            if (!IsEnded)
            {
                IsEnded = true;
                Handler.OnEnd();
            }

            return;
        }

        Crypto.ERR_clear_error();
        Flush();
        Break(ChannelError.Reset);
    }

    /// <summary>Works through ciphertext kept while the handler had paused us.</summary>
    private void Pump()
    {
        if (_held.Take(out int count) is not { } held)
        {
            _shared.SetInput(null, 0);
            Deliver();
            return;
        }

        fixed (byte* bytes = &MemoryMarshal.GetArrayDataReference(held))
        {
            _shared.SetInput(bytes, count);
            Deliver();
            KeepRest();
        }

        _shared.Loop.Buffers.Return(held);
    }

    /// <summary>Goes on where input was kept back. Returns how much of the new input was used.</summary>
    private int Continue(ReadOnlySpan<byte> input)
    {
        int used = _paused ? input.Length : _session.Missing(_held.Bytes, input);
        _held.Add(_shared.Loop.Buffers, input[..used]);
        if (!_paused)
        {
            Pump();
        }

        if (IsOpen && used < input.Length && (_paused || _held.Count > 0))
        {
            _held.Add(_shared.Loop.Buffers, input[used..]);
            used = input.Length;
        }

        return used;
    }

    private bool HasWork => _held.Count > 0 || _earlyData is { HasKept: true } || _session.HasPending;

    private void Collect()
    {
        if (!_collecting)
        {
            _collecting = true;
            _shared.Loop.AtTurnEnd(this);
        }
    }

    private void KeepRest()
    {
        int left = _shared.InCount;
        if (left > 0 && IsOpen)
        {
            _held.Add(_shared.Loop.Buffers, new ReadOnlySpan<byte>(_shared.In, left));
        }

        _shared.SetInput(null, 0);
    }

    internal void Flush()
    {
        int count = _shared.OutCount;
        if (count > 0 && ReferenceEquals(_shared.OutOwner, this))
        {
            _shared.OutCount = 0;
            _inner.Send(_shared.Out, 0, count);
        }
    }

    /// <summary>Says that nothing more will come (close_notify), once.</summary>
    private void Notify()
    {
        if (!_notified && !_handshaking && !_session.IsOver && _inner.IsOpen)
        {
            _notified = true;
            _shared.Claim(this);
            _session.WriteEnd();
            Crypto.ERR_clear_error();
        }
    }

    internal void Fail(TlsFailure failure, ChannelError error)
    {
        Crypto.ERR_clear_error();
        Failure = failure;
        Break(error);
    }

    private void Break(ChannelError error)
    {
        if (!IsOpen)
        {
            return;
        }

        IsOpen = false;
        _shared.SetInput(null, 0);
        // The alert, if any, goes out first.
        Flush();
        _inner.CloseAfterFlush();
        Release();
        Handler.OnFailed(error);
    }

    private void Release()
    {
        if (ReferenceEquals(_shared.OutOwner, this))
        {
            _shared.OutCount = 0;
            _shared.OutOwner = null;
        }

        if (Failure != TlsFailure.None)
        {
            // The session that it tried may be what it stumbled over.
            Origin?.Clear();
        }

        _session.Release(keeps: Origin is not null && !_handshaking);
        _held.Drop(_shared.Loop.Buffers);
        _opening?.Drop();
        _earlyData?.Drop(_shared.Loop.Buffers);
    }
}
