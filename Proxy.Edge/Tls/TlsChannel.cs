using System.Runtime.InteropServices;
using Proxy.Edge.Engine;
using Proxy.Edge.Os.OpenSsl;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Tls;

/// <summary>TLS on a channel (RFC 8446, RFC 5246): to its handler a channel like any other. One receive of the inner
/// channel becomes as few deliveries as possible, one Send one write of the inner channel. Its handler's OnConnected is
/// called when the handshake is done, on the server's side too. Loop thread only.</summary>
public sealed unsafe class TlsChannel : Channel, IChannelHandler, ITurnEnd
{
    /// <summary>First byte of a handshake record.</summary>
    private const byte HandshakeRecord = 22;

    /// <summary>Less than this waits for the end of the turn: a last answer and the close_notify behind it leave in one
    /// system call. Small, because what waits here is not seen in <see cref="UnsentBytes"/>.</summary>
    private const int MostCollected = 16 * 1024;

    private readonly TlsLoop _shared;
    private readonly Channel _inner;
    private readonly TlsServerHandshake? _server;
    private readonly TlsSession _session;
    private KeptBytes _early;
    private KeptBytes _held;
    private bool _handshaking = true;
    private bool _started;
    private bool _paused;
    private bool _collecting;
    private bool _notified;
    private bool _truncated;
    private bool _closing;

    private TlsChannel(TlsLoop shared, Channel inner, nint context, TlsServerHandshake? server)
    {
        _shared = shared;
        _inner = inner;
        _session = new TlsSession(shared, context);
        _server = server;
    }

    public override int UnsentBytes => _inner.UnsentBytes + _early.Count;

    public override long WrittenBytes => _inner.WrittenBytes;

    public override bool IsTruncated => _truncated;

    /// <summary>Why the handshake failed, once the handler was told that it did.</summary>
    public TlsFailure Failure { get; private set; }

    /// <summary>The name the client asked for, lower case; empty when none.</summary>
    public string ServerName => _server?.ServerName ?? "";

    /// <summary>A client validating a name for ACME: close it.</summary>
    public bool IsChallenge => _server is { IsChallenge: true };

    /// <summary>Clients of this host are asked for a certificate.</summary>
    public bool AsksForCertificate => _server?.Host is { Auth.Policy.Mode: not ClientAuthentication.None };

    public bool IsResumed => _session.IsResumed;

    /// <summary>What a peer gets whose first bytes are no TLS at all, before the end; nothing by default.</summary>
    public byte[] AnswerToPlaintext { get; set; } = [];

    /// <summary>The rules a server's side was made by.</summary>
    public TlsServerContext? ServerContext => _server?.Context;

    /// <summary>Facts of the finished handshake. Made anew by each call.</summary>
    public TlsDetails Details() => _session.Details();

    /// <summary>Whether ALPN agreed on HTTP/2.</summary>
    public bool SpeaksHttp2 { get; private set; }

    /// <summary>The server's side on an accepted channel.</summary>
    public static TlsChannel Server(TlsLoop shared, Channel inner, TlsServerContext context, IChannelHandler handler)
    {
        var handshake = new TlsServerHandshake(context);
        var channel = new TlsChannel(shared, inner, context.Default.Context.Handle, handshake) { Handler = handler };
        Ssl.SSL_set_accept_state(channel._session.Handle);
        inner.Handler = channel;
        return channel;
    }

    /// <summary>Connects to an origin and does the handshake as its client.</summary>
    /// <param name="name">Name for SNI that the origin's certificate must have; an IP address is not sent but must
    /// be in the certificate.</param>
    public static TlsChannel Client(
        TlsLoop shared, SocketTarget target, TlsClientContext context, string name, TlsOffer offer,
        IChannelHandler handler)
    {
        var relay = new Unconnected();
        Channel inner = shared.Loop.Connect(target, relay);
        var channel = new TlsChannel(shared, inner, context.Handle, server: null) { Handler = handler };
        Ssl.SSL_set_connect_state(channel._session.Handle);
        context.Prepare(channel._session.Handle, name, offer);
        inner.Handler = channel;
        return channel;
    }

    public void OnConnected()
    {
        _started = true;
        Handshake();
    }

    public void OnData(byte[] buffer, int offset, int count)
    {
        if (_held.Count > 0 || _paused)
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
                bool first = !_started;
                _started = true;
                if (first && _server is not null && buffer[offset] != HandshakeRecord)
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
                Claim();
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

        if (_held.Count > 0 || _session.HasPending)
        {
            Pump();
        }

        if (IsOpen && !IsEnded)
        {
            _truncated = true;
            IsEnded = true;
            Handler.OnEnd();
        }
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
            Failure = _handshaking && _started ? TlsFailure.Peer : TlsFailure.None;
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

        if (IsOpen && !_paused && (_held.Count > 0 || _session.HasPending))
        {
            Pump();
        }
    }

    public override void Send(byte[] buffer, int offset, int count)
    {
        if (!IsOpen || count == 0 || _closing)
        {
            return;
        }

        if (_handshaking)
        {
            _early.Add(_shared.Loop.Buffers, buffer.AsSpan(offset, count));
            return;
        }

        fixed (byte* bytes = &MemoryMarshal.GetArrayDataReference(buffer))
        {
            Encrypt(bytes + offset, count);
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
        _inner.Pause();
    }

    public override void Resume()
    {
        _paused = false;
        if (!IsOpen)
        {
            return;
        }

        _inner.Resume();
        if (!_handshaking && (_held.Count > 0 || _session.HasPending))
        {
            Collect();
        }
    }

    public override bool SpliceTo(Channel target, long count) => false;

    public override void ShutdownSend()
    {
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

    private void Handshake()
    {
        Claim();
        int result = TlsCallbacks.Step(_session.Handle, _server);
        if (result == 1)
        {
            // What is to be said last leaves with the first answer, when a request came right behind.
            FinishHandshake();
            return;
        }

        int error = Ssl.SSL_get_error(_session.Handle, result);
        if (error is Ssl.SSL_ERROR_WANT_READ or Ssl.SSL_ERROR_WANT_WRITE)
        {
            bool more = error == Ssl.SSL_ERROR_WANT_WRITE;
            Flush();
            if (more && IsOpen)
            {
                Handshake();
            }

            return;
        }

        bool rejected = Ssl.SSL_get_verify_result(_session.Handle) != Crypto.X509_V_OK;
        Flush();
        TlsFailure failure = _server is { Failure: not TlsFailure.None } known ? known.Failure
            : rejected ? TlsFailure.Certificate
            : TlsFailure.Protocol;
        Fail(failure, rejected ? ChannelError.CertificateRejected : ChannelError.TlsFailed);
    }

    private void FinishHandshake()
    {
        _handshaking = false;
        _session.Finish(_server);
        SpeaksHttp2 = TlsDetails.SpeaksHttp2(_session.Handle);
        Handler.OnConnected();
        if (IsOpen && _early.Take(out int count) is { } early)
        {
            // Encrypting reads nothing, so received bytes that wait stay where they are.
            Send(early, 0, count);
            _shared.Loop.Buffers.Return(early);
        }
    }

    /// <summary>Hands out what can be decrypted, as much as fits at a time. False when there was nothing.</summary>
    private bool Deliver()
    {
        byte[] plain = _shared.Plain;
        bool more = true;
        bool any = false;
        while (more && IsOpen && !_paused)
        {
            Claim();
            int filled = 0;
            TlsReadEnd end = TlsReadEnd.None;
            fixed (byte* into = &MemoryMarshal.GetArrayDataReference(plain))
            {
                while (filled <= TlsLoop.PlainBytes - 16384)
                {
                    int count = _session.Read(into + Headroom + filled, TlsLoop.PlainBytes - filled, out end);
                    if (end != TlsReadEnd.None)
                    {
                        break;
                    }

                    filled += count;
                    if (_shared.InCount == 0 && !_session.HasPending)
                    {
                        more = false;
                        break;
                    }
                }
            }

            more &= end == TlsReadEnd.None;
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
    private void Show(byte[] plain, int count)
    {
        byte* rest = _shared.In;
        int left = _shared.InCount;
        Handler.OnData(plain, Headroom, count);
        _shared.SetInput(rest, left);
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

    /// <summary>What OpenSSL writes from now on is ours; what another channel has not sent yet goes first.</summary>
    private void Claim()
    {
        if (!ReferenceEquals(_shared.OutOwner, this))
        {
            _shared.OutOwner?.Flush();
            _shared.OutOwner = this;
        }
    }

    private void Encrypt(byte* bytes, int count)
    {
        Claim();
        while (count > 0)
        {
            if (_shared.OutCount > TlsLoop.SendBytes)
            {
                Flush();
            }

            int written = _session.Write(bytes, count, _server);
            if (written == 0)
            {
                Crypto.ERR_clear_error();
                return;
            }

            bytes += written;
            count -= written;
        }
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
            Claim();
            _session.WriteEnd();
            Crypto.ERR_clear_error();
        }
    }

    private void Fail(TlsFailure failure, ChannelError error)
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

        _session.Release();
        _held.Drop(_shared.Loop.Buffers);
        _early.Drop(_shared.Loop.Buffers);
    }
}
