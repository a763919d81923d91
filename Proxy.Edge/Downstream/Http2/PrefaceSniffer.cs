using Proxy.Edge.Engine;
using Proxy.Edge.Http2;
using Proxy.Edge.Relay;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Downstream.Http2;

/// <summary>A client of a listener that takes HTTP/2 without TLS, until its first bytes tell what it speaks. HTTP/2 is
/// known beforehand (RFC 9113 §3.3); there is no upgrade.</summary>
internal sealed class PrefaceSniffer : ClientConnection, IChannelHandler
{
    private readonly LoopServices _services;
    private readonly ListenerSlot _slot;
    private readonly Channel _channel;
    private HeldBytes _held;
    private bool _over;

    public PrefaceSniffer(
        LoopServices services, ListenerSlot slot, Channel channel, ClientAddress peer, int port, long serial)
        : base(slot, channel: null, peer, port, serial)
    {
        _services = services;
        _slot = slot;
        _channel = channel;
        channel.Handler = this;
        TimeSpan limit = Listener.Plan.Timeouts.Head;
        services.Loop.Timers.Set(
            this, limit == TimeSpan.Zero ? Never : services.Loop.Now + (limit.Ticks / TimeSpan.TicksPerMicrosecond));
    }

    internal override long IdleSince => 0;

    public void OnConnected()
    {
    }

    public void OnData(byte[] buffer, int offset, int count)
    {
        if (_held.IsEmpty && TryDecide(buffer, offset, count))
        {
            return;
        }

        _held.Add(_services.Loop.Buffers, buffer, offset, count);
        if (TryDecide(_held.Buffer, _held.Start, _held.Length))
        {
            _held.Drop(_services.Loop.Buffers);
        }
    }

    public void OnEnd() => CloseNow();

    public void OnDrained()
    {
    }

    public void OnSpliced(long count, bool done)
    {
    }

    public void OnFailed(ChannelError error) => Leave();

    public override void OnTimer(long now) => CloseNow();

    internal override void CloseNow()
    {
        _channel.Close();
        Leave();
    }

    internal override void CloseAfterFlush() => CloseNow();

    private bool TryDecide(byte[] buffer, int offset, int count)
    {
        ReadOnlySpan<byte> preface = Http2Preface.Bytes;
        int seen = Math.Min(count, preface.Length);
        bool http2 = preface[..seen].SequenceEqual(buffer.AsSpan(offset, seen));
        if (http2 && seen < preface.Length)
        {
            return false;
        }

        _over = true;
        _services.Loop.Timers.Remove(this);
        if (http2)
        {
            var client = new Http2Client(_services, _slot, _channel, Peer, PeerPort, ConnectionSerial);
            HandOver(client);
            client.OnData(buffer, offset, count);
        }
        else if ((Listener.Plan.Protocols & ClientProtocols.Http1) != 0)
        {
            var client = new Http1Client(_services, _slot, _channel, Peer, PeerPort, ConnectionSerial);
            HandOver(client);
            client.OnData(buffer, offset, count);
        }
        else
        {
            _channel.Close();
            LeaveListener();
        }

        return true;
    }

    private void Leave()
    {
        if (!_over)
        {
            _over = true;
            _services.Loop.Timers.Remove(this);
            _held.Drop(_services.Loop.Buffers);
            LeaveListener();
        }
    }
}
