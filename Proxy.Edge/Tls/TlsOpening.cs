using Proxy.Edge.Engine;
using Proxy.Edge.Os.OpenSsl;

namespace Proxy.Edge.Tls;

/// <summary>The beginning of a TLS connection: its handshake step by step, and what had to wait for the end of it. Its
/// channel drops it then. Loop thread only.</summary>
internal sealed class TlsOpening(
    TlsChannel channel, TlsLoop shared, TlsSession session, TlsServerHandshake? server, TlsEarlyData? early)
{
    /// <summary>First byte of a handshake record.</summary>
    private const byte HandshakeRecord = 22;

    private KeptBytes _unsent;

    /// <summary>The peer is there: connected, or it has sent something.</summary>
    public bool HasStarted { get; private set; }

    /// <summary>Plaintext that the handler has sent.</summary>
    public int UnsentBytes => _unsent.Count;

    /// <summary>Something was received.</summary>
    /// <returns>False when the first that a client sends is no TLS at all.</returns>
    public bool Accepts(byte first)
    {
        bool isFirst = !HasStarted;
        HasStarted = true;
        return !isFirst || server is null || first == HandshakeRecord;
    }

    public void Keep(ReadOnlySpan<byte> plain) => _unsent.Add(shared.Loop.Buffers, plain);

    /// <summary>Goes as far as the input suffices. True when the handshake is done and nothing waits any more; the
    /// channel may be closed afterwards.</summary>
    public bool Step()
    {
        HasStarted = true;
        shared.Claim(channel);
        int result = early is { IsReading: true }
            ? early.Step(channel, shared, session.Handle)
            : TlsCallbacks.Step(session.Handle, server);
        if (!channel.IsOpen)
        {
            return false;
        }

        if (result == 1)
        {
            // What is to be said last leaves with the first answer, when a request came right behind.
            Finish();
            return true;
        }

        int error = Ssl.SSL_get_error(session.Handle, result);
        if (error is Ssl.SSL_ERROR_WANT_READ or Ssl.SSL_ERROR_WANT_WRITE)
        {
            channel.Flush();
            return error == Ssl.SSL_ERROR_WANT_WRITE && channel.IsOpen && Step();
        }

        bool rejected = Ssl.SSL_get_verify_result(session.Handle) != Crypto.X509_V_OK;
        channel.Flush();
        TlsFailure failure = server is { Failure: not TlsFailure.None } known ? known.Failure
            : rejected ? TlsFailure.Certificate
            : TlsFailure.Protocol;
        channel.Fail(failure, rejected ? ChannelError.CertificateRejected : ChannelError.TlsFailed);
        return false;
    }

    public void Drop() => _unsent.Drop(shared.Loop.Buffers);

    private void Finish()
    {
        TlsEarlyData? begun = early is { HasBegun: true } ? early : null;
        session.Finish(server, begun is not null);
        channel.OnHandshakeDone(wasEarly: begun is not null);
        if (begun is not null)
        {
            EndEarly(begun.End);
            return;
        }

        channel.Handler.OnConnected();
        if (channel.IsOpen && _unsent.Take(out int count) is { } unsent)
        {
            // Encrypting reads nothing, so received bytes that wait stay where they are.
            channel.Send(unsent, 0, count);
            shared.Loop.Buffers.Return(unsent);
        }
    }

    /// <summary>What the handler did before, and had to wait for the end of the handshake, is done now.</summary>
    private void EndEarly(EarlyEnd end)
    {
        if (end == EarlyEnd.Close)
        {
            channel.CloseAfterFlush();
            if (!channel.IsOpen)
            {
                channel.Handler.OnDrained();
            }

            return;
        }

        if (!channel.TakesInput)
        {
            channel.Pause();
        }

        if (end == EarlyEnd.Shutdown)
        {
            channel.ShutdownSend();
        }

        channel.Handler.OnConnected();
    }
}
