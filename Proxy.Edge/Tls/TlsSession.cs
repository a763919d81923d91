using Proxy.Edge.Os.OpenSsl;

namespace Proxy.Edge.Tls;

/// <summary>Why a read gave nothing.</summary>
internal enum TlsReadEnd : byte
{
    None,

    /// <summary>Needs more input.</summary>
    Empty,

    /// <summary>The peer has ended its direction (close_notify).</summary>
    Ended,

    Broken,
}

/// <summary>What protects one connection: OpenSSL's object, which a server's side gives up for
/// <see cref="TlsRecords"/> after its first answer. Reads the input of its loop and writes to its output. Loop thread
/// only.</summary>
internal sealed unsafe class TlsSession
{
    private readonly TlsLoop _shared;
    private nint _ssl;
    private TlsHandover? _handover;
    private TlsRecords? _records;
    private TlsAgreement _agreement = TlsAgreement.None;
    private IReadOnlyList<byte[]> _peerChain = [];
    private bool _resumed;
    private bool _http2;
    private bool _hasEnded;
    private bool _peerHasEnded;

    public TlsSession(TlsLoop shared, nint context)
    {
        _shared = shared;
        _ssl = Ssl.SSL_new(context);
        nint bio = shared.NewBio();
        Ssl.SSL_set_bio(_ssl, bio, bio);
    }

    /// <summary>0 once it is given up.</summary>
    public nint Handle => _ssl;

    /// <summary>There is something to do without more input.</summary>
    public bool HasPending => _ssl != 0 && Ssl.SSL_has_pending(_ssl) != 0;

    public bool IsOver => _ssl == 0 && _records is null;

    /// <summary>OpenSSL is still needed, but may not be for long: see <see cref="TakeOver"/>.</summary>
    public bool IsHandingOver => _handover is not null;

    public bool IsResumed => _ssl == 0 ? _resumed : Ssl.SSL_session_reused(_ssl) == 1;

    /// <summary>Whether ALPN agreed on HTTP/2.</summary>
    public bool SpeaksHttp2 => _ssl == 0 ? _http2 : Protocol(_ssl).SequenceEqual("h2"u8);

    /// <summary>Once the handshake is done, or has come as far as early data.</summary>
    public TlsAgreement Agreement => _ssl == 0 ? _agreement : TlsAgreement.Of(_ssl);

    /// <summary>Of the finished handshake; read anew by each call. Empty when the peer showed none.</summary>
    public IReadOnlyList<byte[]> PeerCertificates => _ssl == 0 ? _peerChain : PeerChain.Read(_ssl);

    /// <summary>The handshake is done.</summary>
    /// <param name="early">There was early data: then answers to it were sealed before, and nobody counted
    /// them.</param>
    public void Finish(TlsServerHandshake? server, bool early)
    {
        server?.Finish(_ssl);
        if (server is not null && !early)
        {
            _handover = TlsHandover.Begin(_ssl, isServer: true);
        }

        if (_handover is null)
        {
            Ssl.SSL_set_read_ahead(_ssl, 1);
        }
    }

    /// <summary>Decrypts some of the input.</summary>
    public int Read(byte* into, int room, out TlsReadEnd end)
    {
        int count = 0;
        end = TlsReadEnd.Ended;
        if (!_peerHasEnded)
        {
            count = _records is { } records ? Open(records, into, out end) : ReadSsl(into, room, out end);
        }

        if (end == TlsReadEnd.Ended)
        {
            // RFC 8446 §6.1: what comes behind close_notify is ignored.
            _peerHasEnded = true;
            _shared.SetInput(null, 0);
        }

        return count;
    }

    /// <summary>What ALPN agreed on; empty when nothing. Valid as long as the connection.</summary>
    private static ReadOnlySpan<byte> Protocol(nint ssl)
    {
        byte* data;
        uint length;
        Ssl.SSL_get0_alpn_selected(ssl, &data, &length);
        return new ReadOnlySpan<byte>(data, (int)length);
    }

    private int ReadSsl(byte* into, int room, out TlsReadEnd end)
    {
        byte* from = _shared.In;
        int count = Ssl.SSL_read(_ssl, into, room);
        _handover?.CountRead(new ReadOnlySpan<byte>(from, (int)(_shared.In - from)));
        if (count > 0)
        {
            end = TlsReadEnd.None;
            return count;
        }

        end = Ssl.SSL_get_error(_ssl, count) switch
        {
            Ssl.SSL_ERROR_WANT_READ => TlsReadEnd.Empty,
            Ssl.SSL_ERROR_ZERO_RETURN => TlsReadEnd.Ended,
            _ => TlsReadEnd.Broken,
        };
        return 0;
    }

    /// <summary>Encrypts a record to the output, which has room for it. Returns the bytes it took; 0 when nothing can
    /// be written any more.</summary>
    public int Write(byte* bytes, int count, TlsServerHandshake? server, bool early)
    {
        if (_hasEnded)
        {
            return 0;
        }

        if (_records is { } records)
        {
            int take = Math.Min(count, TlsRecords.MaxData);
            _shared.OutCount += records.Seal(bytes, take, _shared.OutEnd);
            return take;
        }

        int from = _shared.OutCount;
        int written = server is { OwesTicket: true } ? server.WriteWithTicket(_ssl, bytes, count)
            : early ? TlsEarlyData.Write(_ssl, bytes, count)
            : Ssl.SSL_write(_ssl, bytes, count);
        CountWritten(from);
        return Math.Max(0, written);
    }

    public void WriteTicket(TlsServerHandshake server)
    {
        int from = _shared.OutCount;
        server.SendTicket(_ssl);
        CountWritten(from);
    }

    /// <summary>Says that nothing more will come (close_notify).</summary>
    public void WriteEnd()
    {
        _hasEnded = true;
        if (_records is { } records)
        {
            _shared.OutCount += records.SealAlert(0, _shared.OutEnd);
        }
        else if (_ssl != 0)
        {
            int from = _shared.OutCount;
            _ = Ssl.SSL_shutdown(_ssl);
            CountWritten(from);
        }
    }

    /// <summary>From now on without OpenSSL's object, if nothing is half done.</summary>
    public void TakeOver()
    {
        if (_handover?.TryFinish(_ssl, _shared.Ciphers) is { } records)
        {
            _records = records;
            _resumed = Ssl.SSL_session_reused(_ssl) == 1;
            _http2 = SpeaksHttp2;
            _agreement = TlsAgreement.Of(_ssl);
            _peerChain = PeerChain.Read(_ssl);
            FreeSsl();
        }
    }

    /// <summary>Bytes of more input that complete the record of which the beginning was kept; with OpenSSL always
    /// all.</summary>
    public int Missing(ReadOnlySpan<byte> kept, ReadOnlySpan<byte> more)
    {
        if (_records is null)
        {
            return more.Length;
        }

        Span<byte> header = stackalloc byte[TlsRecords.HeaderBytes];
        int known = Math.Min(kept.Length, header.Length);
        kept[..known].CopyTo(header);
        int added = Math.Min(more.Length, header.Length - known);
        more[..added].CopyTo(header[known..]);
        int length = TlsRecords.Length(header[..(known + added)]);
        return length == 0 ? more.Length : Math.Clamp(length - kept.Length, 0, more.Length);
    }

    /// <param name="keeps">The session may be resumed though the connection did not end in order.</param>
    public void Release(bool keeps)
    {
        if (keeps && _ssl != 0)
        {
            // It would not be good any more otherwise; that rule is older than TLS 1.2 and gone since.
            Ssl.SSL_set_shutdown(_ssl, Ssl.SSL_SENT_SHUTDOWN);
        }

        FreeSsl();
        _records?.Dispose();
        _records = null;
    }

    private int Open(TlsRecords records, byte* into, out TlsReadEnd end)
    {
        while (true)
        {
            byte* input = _shared.In;
            int available = _shared.InCount;
            RecordOutcome outcome = records.Open(input, available, into, out int taken, out int count);
            _shared.SetInput(input + taken, available - taken);
            switch (outcome)
            {
                case RecordOutcome.Data:
                    end = TlsReadEnd.None;
                    return count;
                case RecordOutcome.Incomplete:
                    end = TlsReadEnd.Empty;
                    return 0;
                case RecordOutcome.Closed:
                    end = TlsReadEnd.Ended;
                    return 0;
                case RecordOutcome.Broken:
                    if (records.Alert != 0 && !_hasEnded)
                    {
                        _shared.OutCount += records.SealAlert(records.Alert, _shared.OutEnd);
                    }

                    end = TlsReadEnd.Broken;
                    return 0;
                default:
                    break;
            }
        }
    }

    private void CountWritten(int from) =>
        _handover?.CountWritten(_shared.Out.AsSpan(from, _shared.OutCount - from));

    private void FreeSsl()
    {
        _handover?.Forget();
        _handover = null;
        if (_ssl != 0)
        {
            Ssl.SSL_free(_ssl);
            _ssl = 0;
        }
    }
}
