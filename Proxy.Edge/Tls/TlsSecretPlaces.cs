using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Proxy.Edge.Os.OpenSsl;

namespace Proxy.Edge.Tls;

/// <summary>Where OpenSSL keeps the traffic secrets of a TLS 1.3 connection. It tells them only as text for key logs,
/// which takes a tenth of a handshake to write. So the process does two handshakes with itself, compares what the
/// log says with the memory of the connection, and later looks at the places found. Unless each secret was found at
/// one place only, the same both times and on both sides, nothing is ever read, and OpenSSL keeps its records.
/// Immutable; thread-safe.</summary>
internal sealed unsafe class TlsSecretPlaces
{
    private const int MaxFlights = 8;

    private static readonly Lazy<TlsSecretPlaces?> Found = new(Find);

    [ThreadStatic]
    private static Dictionary<string, byte[]>? _log;

    private readonly int _client;
    private readonly int _server;

    private TlsSecretPlaces(int client, int server) => (_client, _server) = (client, server);

    /// <summary>Null when this OpenSSL does not show them.</summary>
    public static TlsSecretPlaces? Known => Found.Value;

    /// <summary>Copies the secret of what the client sends, or the server.</summary>
    public void Read(nint ssl, bool client, Span<byte> into) =>
        new ReadOnlySpan<byte>((byte*)ssl + (client ? _client : _server), into.Length).CopyTo(into);

    private static TlsSecretPlaces? Find()
    {
        (int Client, int Server)? first = Try("TLS_AES_256_GCM_SHA384");
        (int Client, int Server)? second = Try("TLS_AES_128_GCM_SHA256");
        return first is { } places && first == second ? new TlsSecretPlaces(places.Client, places.Server) : null;
    }

    private static (int Client, int Server)? Try(string suite)
    {
        var server = new TlsContextHandle(Ssl.TLS_server_method());
        var client = new TlsContextHandle(Ssl.TLS_client_method());
        server.SetVersions(TlsVersion.Tls13, TlsVersion.Tls13);
        server.SetSuites("DEFAULT", suite, ["X25519", "P-256"]);
        server.AddCertificate(Certificate());
        Ssl.SSL_CTX_set_keylog_callback(server.Handle, &OnKeyLog);
        nint serverSide = Ssl.SSL_new(server.Handle);
        nint clientSide = Ssl.SSL_new(client.Handle);
        _log = [];
        try
        {
            Shake(serverSide, clientSide);
            if (!_log.TryGetValue("CLIENT_TRAFFIC_SECRET_0", out byte[]? clientSecret)
                || !_log.TryGetValue("SERVER_TRAFFIC_SECRET_0", out byte[]? serverSecret))
            {
                return null;
            }

            int clientPlace = OnlyPlace(serverSide, clientSecret);
            int serverPlace = OnlyPlace(serverSide, serverSecret);
            return clientPlace >= 0 && serverPlace >= 0
                && clientPlace == OnlyPlace(clientSide, clientSecret)
                && serverPlace == OnlyPlace(clientSide, serverSecret)
                ? (clientPlace, serverPlace)
                : null;
        }
        finally
        {
            _log = null;
            Ssl.SSL_free(serverSide);
            Ssl.SSL_free(clientSide);
            Crypto.ERR_clear_error();
            GC.KeepAlive(server);
            GC.KeepAlive(client);
        }
    }

    private static void Shake(nint serverSide, nint clientSide)
    {
        nint serverEnd;
        nint clientEnd;
        _ = Crypto.BIO_new_bio_pair(&serverEnd, 64 * 1024, &clientEnd, 64 * 1024);
        Ssl.SSL_set_bio(serverSide, serverEnd, serverEnd);
        Ssl.SSL_set_bio(clientSide, clientEnd, clientEnd);
        Ssl.SSL_set_accept_state(serverSide);
        Ssl.SSL_set_connect_state(clientSide);
        bool done = false;
        for (int i = 0; i < MaxFlights && !done; i++)
        {
            bool clientDone = Ssl.SSL_do_handshake(clientSide) == 1;
            done = Ssl.SSL_do_handshake(serverSide) == 1 && clientDone;
        }
    }

    /// <summary>Where the bytes lie in the memory block of a connection; -1 when nowhere, or at more than one
    /// place.</summary>
    private static int OnlyPlace(nint ssl, ReadOnlySpan<byte> secret)
    {
        var memory = new ReadOnlySpan<byte>((void*)ssl, (int)SizeOf(ssl));
        int place = memory.IndexOf(secret);
        return place >= 0 && memory[(place + 1)..].IndexOf(secret) < 0 ? place : -1;
    }

    /// <summary>Bytes of a block, by the allocator that OpenSSL uses: one that was loaded before the C library
    /// (LD_PRELOAD) stands before it in the order of the whole program. 0 when it does not say.</summary>
    private static nuint SizeOf(nint block) =>
        NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), "malloc_usable_size", out nint function)
            ? ((delegate* unmanaged<nint, nuint>)function)(block)
            : 0;

    /// <summary>For a peer that does not look at it.</summary>
    private static TlsCertificate Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=self", key, HashAlgorithmName.SHA256);
        using X509Certificate2 certificate =
            request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        return new TlsCertificate(
            "self", Encoding.ASCII.GetBytes(certificate.ExportCertificatePem()),
            Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem()), "", []);
    }

    /// <summary>A line is: label, client random, secret.</summary>
    [UnmanagedCallersOnly]
    private static void OnKeyLog(nint ssl, byte* line)
    {
        string[] parts = OpenSslLibrary.Text(line).Split(' ');
        if (_log is { } log && parts.Length == 3)
        {
            log[parts[0]] = Convert.FromHexString(parts[2]);
        }
    }
}
