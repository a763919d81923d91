using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Proxy.Tests.Kit;

/// <summary>A <see cref="Wire"/> inside TLS, by the TLS of .NET: as a client of the proxy or as its origin.</summary>
internal sealed class TlsWire : Wire
{
    private readonly Socket _socket;
    private readonly SslStream _tls;

    private TlsWire(Socket socket)
        : base(socket)
    {
        _socket = socket;
        _tls = new SslStream(new NetworkStream(socket, ownsSocket: false));
    }

    /// <summary>The protocol that was agreed on; empty = none.</summary>
    public string Protocol => _tls.NegotiatedApplicationProtocol.ToString();

    /// <summary>A client that trusts whoever answers.</summary>
    public static async Task<TlsWire> ConnectAsync(int port, string name, params string[] protocols)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
        var wire = new TlsWire(socket);
        await wire._tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = name,
                ApplicationProtocols = [.. protocols.Select(static one => new SslApplicationProtocol(one))],
#pragma warning disable CA5359 // what certificates are good is not for this client to test; its peer is the test itself
                RemoteCertificateValidationCallback = static (_, _, _, _) => true,
#pragma warning restore CA5359
            },
            TestContext.Current.CancellationToken);
        return wire;
    }

    /// <summary>The next connection of a listening socket whose handshake succeeds; tests that wait for their own node
    /// knock at any port.</summary>
    public static async Task<TlsWire> AcceptAsync(Socket listener, X509Certificate2 certificate)
    {
        while (true)
        {
            Socket socket = await listener.AcceptAsync(TestContext.Current.CancellationToken);
            var wire = new TlsWire(socket);
            try
            {
                await wire._tls.AuthenticateAsServerAsync(
                    new SslServerAuthenticationOptions { ServerCertificate = certificate },
                    TestContext.Current.CancellationToken);
                return wire;
            }
            catch (Exception error) when (error is IOException or AuthenticationException)
            {
                wire.Dispose();
            }
        }
    }

    /// <summary>Ends our direction as TLS wants it: close_notify, then FIN.</summary>
    public async Task EndAsync()
    {
        await _tls.ShutdownAsync();
        CloseSend();
    }

    protected override async ValueTask<int> SendSomeAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        await _tls.WriteAsync(bytes, cancellation);
        return bytes.Length;
    }

    protected override async ValueTask<int> ReceiveSomeAsync(Memory<byte> room, CancellationToken cancellation)
    {
        try
        {
            return await _tls.ReadAsync(room, cancellation);
        }
        catch (IOException error)
        {
            throw error.InnerException as SocketException ?? new SocketException((int)SocketError.ConnectionReset);
        }
    }
}
