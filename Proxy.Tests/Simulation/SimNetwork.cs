using Proxy.Edge.Engine;
using Proxy.Edge.Topology;

namespace Proxy.Tests.Simulation;

/// <summary>How a simulated server meets a connection.</summary>
internal enum SimAccept : byte
{
    Accept,
    Refuse,

    /// <summary>Packets vanish; the kernel gives up much later than any proxy should.</summary>
    Silence,
}

/// <summary>A server outside the proxy.</summary>
internal interface ISimServer
{
    SimAccept OnConnect();

    void OnAccepted(SimPeer peer);
}

/// <summary>How a connection behaves.</summary>
/// <param name="ToProxy">Window of the direction towards the proxy, bytes.</param>
/// <param name="Latency">One way, microseconds.</param>
internal readonly record struct SimLink(int ToProxy, int FromProxy, long Latency);

/// <summary>Two ends and what lies between.</summary>
internal static class SimConnection
{
    public static void Join(SimLoop loop, SimChannel channel, SimPeer peer, SimLink link)
    {
        var toProxy = new SimPipe(loop, $"{channel.Number} to the proxy", link.ToProxy, link.Latency) { Reader = channel, Writer = peer };
        var fromProxy = new SimPipe(loop, $"{channel.Number} from the proxy", link.FromProxy, link.Latency) { Reader = peer, Writer = channel };
        (toProxy.Opposite, fromProxy.Opposite) = (fromProxy, toProxy);
        (channel.In, channel.Out) = (toProxy, fromProxy);
        (peer.In, peer.Out) = (fromProxy, toProxy);
    }

    /// <summary>What close() does: an end, or a reset when the peer's last words were not read.</summary>
    public static void CloseEnd(SimPipe input, SimPipe output, bool reset)
    {
        input.ReaderGone = true;
        if (reset || input.Arrived > 0)
        {
            output.Reset();
        }
        else
        {
            output.End();
        }
    }
}

/// <summary>Who listens where, on both sides of the proxy.</summary>
internal sealed class SimNetwork(SimLoop loop)
{
    private const long KernelConnectTimeout = 127_000_000;
    private const long AcceptRetry = 20_000;

    private readonly Dictionary<SocketTarget, ISimServer> _servers = [];
    private readonly Dictionary<SocketTarget, SimListening> _listeners = [];
    private long _number;

    /// <summary>Draws the properties of the next connection.</summary>
    public Func<SimLink> Link { get; set; } = () => new SimLink(64 * 1024, 64 * 1024, 100);

    public void Serve(SocketTarget address, ISimServer server) => _servers[address] = server;

    public IListening Listen(SocketTarget bind, IAcceptor acceptor)
    {
        var listening = new SimListening(this, bind, acceptor);
        if (!_listeners.TryAdd(bind, listening))
        {
            throw new IOException($"cannot listen on {bind}: address in use");
        }

        return listening;
    }

    public Channel ConnectOut(SocketTarget target, IChannelHandler handler)
    {
        var channel = new SimChannel(loop, ++_number, connecting: true) { Handler = handler };
        SimLink link = Link();
        ISimServer? server = _servers.GetValueOrDefault(target);
        switch (server?.OnConnect() ?? SimAccept.Refuse)
        {
            case SimAccept.Accept:
                var peer = new SimPeer(loop, channel.Number);
                SimConnection.Join(loop, channel, peer, link);
                loop.After(link.Latency, () =>
                {
                    peer.IsConnected = true;
                    server!.OnAccepted(peer);
                });
                loop.After(link.Latency * 2, () => channel.Connected(null));
                break;
            case SimAccept.Refuse:
                loop.After(link.Latency * 2, () => channel.Connected(ChannelError.ConnectRefused));
                break;
            default:
                loop.After(KernelConnectTimeout, () => channel.Connected(ChannelError.ConnectTimeout));
                break;
        }

        return channel;
    }

    /// <summary>A client connects to the proxy; the script of the returned peer must be set at once.</summary>
    public SimPeer ConnectIn(SocketTarget target, ClientAddress address, int port)
    {
        var channel = new SimChannel(loop, ++_number, connecting: true);
        var peer = new SimPeer(loop, channel.Number);
        SimLink link = Link();
        SimConnection.Join(loop, channel, peer, link);
        peer.IsConnected = true;
        loop.After(link.Latency, () => Accept(target, channel, address, port));
        return peer;
    }

    private void Accept(SocketTarget target, SimChannel channel, ClientAddress address, int port)
    {
        if (!_listeners.TryGetValue(target, out SimListening? listening))
        {
            channel.Abort();
            return;
        }

        if (!listening.Acceptor.MayAccept)
        {
            loop.After(AcceptRetry, () => Accept(target, channel, address, port));
            return;
        }

        listening.Acceptor.OnAccepted(channel, address, port);
        channel.Accepted();
    }

    private sealed class SimListening(SimNetwork network, SocketTarget bound, IAcceptor acceptor) : IListening
    {
        public SocketTarget Bound => bound;

        public IAcceptor Acceptor => acceptor;

        public void Begin()
        {
        }

        public int Duplicate() => -1;

        public void Close() => network._listeners.Remove(bound);
    }
}
