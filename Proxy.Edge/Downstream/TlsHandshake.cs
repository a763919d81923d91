using Proxy.Edge.Downstream.Http2;
using Proxy.Edge.Engine;
using Proxy.Edge.Relay;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Tls;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Downstream;

/// <summary>A client from accept to the end of its TLS handshake; then the protocol that was agreed on takes its
/// place.</summary>
internal sealed class TlsHandshake : ClientConnection, IChannelHandler
{
    /// <summary>For somebody who typed http:// for a TLS port.</summary>
    private static readonly byte[] PlainAnswer =
        ("HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 42\r\n"
        + "Connection: close\r\n\r\nThis port speaks HTTPS; use https:// here\n").Select(static c => (byte)c).ToArray();

    private readonly LoopServices _services;
    private readonly ListenerSlot _slot;
    private readonly TlsChannel _channel;
    private bool _over;

    public TlsHandshake(
        LoopServices services, ListenerSlot slot, Channel channel, ListenerTlsPlan plan,
        ClientAddress peer, int port, long serial)
        : base(slot, channel: null, peer, port, serial)
    {
        _services = services;
        _slot = slot;
        _channel = TlsChannel.Server(services.Tls, channel, plan.Endpoint.Current, this);
        _channel.AnswerToPlaintext = PlainAnswer;
        services.Handshakes++;
        services.Loop.Timers.Set(
            this, services.Loop.Now + (plan.HandshakeTimeout.Ticks / TimeSpan.TicksPerMicrosecond));
    }

    internal override long IdleSince => 0;

    public void OnConnected()
    {
        End();
        _services.Telemetry.Counters.TlsHandshakes++;
        if (_channel.IsChallenge)
        {
            _channel.Close();
            LeaveListener();
            return;
        }

        if (_channel.IsResumed)
        {
            _services.Telemetry.Counters.TlsResumed++;
        }

        HandOver(_channel.SpeaksHttp2
            ? new Http2Client(_services, _slot, _channel, Peer, PeerPort, ConnectionSerial)
            : new Http1Client(_services, _slot, _channel, Peer, PeerPort, ConnectionSerial));
    }

    public void OnData(byte[] buffer, int offset, int count)
    {
    }

    public void OnEnd()
    {
    }

    public void OnDrained()
    {
    }

    public void OnSpliced(long count, bool done)
    {
    }

    public void OnFailed(ChannelError error) => Fail(_channel.Failure);

    public override void OnTimer(long now)
    {
        _channel.Abort();
        Fail(TlsFailure.Timeout);
    }

    internal override void CloseNow()
    {
        _channel.Abort();
        Fail(TlsFailure.None);
    }

    internal override void CloseAfterFlush() => CloseNow();

    private void Fail(TlsFailure failure)
    {
        End();
        if (failure != TlsFailure.None)
        {
            _services.Telemetry.CountTlsFailure(failure);
        }

        LeaveListener();
    }

    private void End()
    {
        if (!_over)
        {
            _over = true;
            _services.Handshakes--;
            _services.Loop.Timers.Remove(this);
        }
    }
}
