using System.Net;
using System.Text;
using Proxy.Edge.Engine;
using Proxy.Edge.Tls;
using Proxy.Edge.Topology;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Simulation;

/// <summary>TLS connections on a network that cuts everything into pieces, with a handler that pauses when it likes:
/// what was sent comes back unchanged, whoever keeps the records, and both sides end in order.</summary>
public sealed class TlsSimulationTests : IDisposable
{
    private static readonly SocketTarget Address = SocketTarget.Inet(IPAddress.Loopback, 443);

    private readonly TestCertificates _authority = new();

    public void Dispose() => _authority.Dispose();

    [Theory]
    [InlineData("1.3", "TLS_AES_128_GCM_SHA256", false)]
    [InlineData("1.3", "TLS_AES_256_GCM_SHA384", false)]
    [InlineData("1.3", "TLS_CHACHA20_POLY1305_SHA256", false)]
    [InlineData("1.2", "TLS_AES_128_GCM_SHA256", true)]
    public void What_was_sent_comes_back_whatever_the_network_does(string version, string suite, bool keepsOpenSsl)
    {
        TestCertificates.Leaf leaf = _authority.Issue(["a.test"]);
        var certificate = new TlsCertificate(
            "a", Encoding.ASCII.GetBytes(leaf.CertificatePem), Encoding.ASCII.GetBytes(leaf.KeyPem), "", ["a.test"]);
        for (int seed = 0; seed < 25; seed++)
        {
            Run(seed, certificate, version == "1.3" ? TlsVersion.Tls13 : TlsVersion.Tls12, suite, keepsOpenSsl);
        }
    }

    private static void Run(
        int seed, TlsCertificate certificate, TlsVersion version, string suite, bool keepsOpenSsl)
    {
        var loop = new SimLoop(seed);
        using var shared = new TlsLoop(loop);
        var policy = new TlsServerPolicy { Tickets = loop.Random.Next(2) == 0 };
        var acceptor = new Acceptor(loop, shared, new TlsServerContext(policy, [certificate], new TlsTicketKeys()));
        int window = 1 << loop.Random.Next(9, 17);
        loop.Network.Link = () => new SimLink(window, window, loop.Random.Next(1, 300));
        _ = loop.Listen(Address, 10, acceptor, join: false);
        byte[] data = new byte[loop.Random.Next(1, 200_000)];
        loop.Random.NextBytes(data);
        SimPeer peer = loop.Network.ConnectIn(Address, ClientAddress.Unknown, 1);
        using var client = new TlsSimulationClient(loop, peer, version, suite, data);
        peer.Script = client;
        client.Step();

        for (int turn = 0; turn < 100_000 && client is { SawEnd: false, Problem: null } && loop.Turn(); turn++)
        {
        }

        Echo echo = acceptor.Echo!;
        Assert.Empty(loop.Failures);
        Assert.Null(client.Problem);
        Assert.True(data.SequenceEqual(client.Received), $"seed {seed}: {client.Received.Count} of {data.Length}");
        Assert.Equal((seed, true, false), (seed, echo.Ended, echo.Truncated));
        Assert.Equal((seed, keepsOpenSsl), (seed, echo.KeptOpenSsl));
        Assert.Equal((seed, 0L), (seed, loop.Buffers.RentedBytes));
    }

    private sealed class Acceptor(SimLoop loop, TlsLoop shared, TlsServerContext context) : IAcceptor
    {
        public Echo? Echo { get; private set; }

        public bool MayAccept => true;

        public void OnAccepted(Channel channel, ClientAddress address, int port)
        {
            Echo = new Echo(loop);
            Echo.Channel = TlsChannel.Server(shared, channel, context, Echo);
        }
    }

    /// <summary>Sends back what it gets, and pauses now and then.</summary>
    private sealed class Echo(SimLoop loop) : IChannelHandler
    {
        private bool _full;

        public TlsChannel Channel { get; set; } = null!;

        public bool Ended { get; private set; }

        public bool Truncated { get; private set; }

        public bool KeptOpenSsl { get; private set; }

        public void OnConnected()
        {
        }

        public void OnData(byte[] buffer, int offset, int count)
        {
            int first = loop.Random.Next(count + 1);
            Channel.Send(buffer, offset, first);
            Channel.Send(buffer, offset + first, count - first);
            _full = Channel.UnsentBytes > 0;
            if (_full || loop.Random.Next(4) == 0)
            {
                Channel.Pause();
                loop.After(loop.Random.Next(1000), Resume);
            }
        }

        public void OnEnd()
        {
            (Ended, Truncated, KeptOpenSsl) = (true, Channel.IsTruncated, Channel.KeepsOpenSsl);
            Channel.CloseAfterFlush();
        }

        public void OnDrained()
        {
            _full = false;
            Resume();
        }

        public void OnSpliced(long count, bool done)
        {
        }

        public void OnFailed(ChannelError error)
        {
        }

        private void Resume()
        {
            if (!_full && Channel.IsOpen)
            {
                Channel.Resume();
            }
        }
    }
}
