using System.Globalization;

namespace Proxy.Tests.Kit;

/// <summary>Debian's pebble, an ACME authority for tests, with a name server that says 127.0.0.1 to
/// everything.</summary>
internal sealed class PebbleAuthority : IAsyncDisposable
{
    private readonly TempFolder _folder;
    private readonly ChildProcess _names;
    private readonly ChildProcess _pebble;
    private readonly int _port;

    private PebbleAuthority(TempFolder folder, ChildProcess names, ChildProcess pebble, int port) =>
        (_folder, _names, _pebble, _port) = (folder, names, pebble, port);

    public string Directory => $"https://127.0.0.1:{_port}/dir";

    public string Log => _pebble.Output;

    /// <param name="httpPort">Where it looks for http-01 answers.</param>
    /// <param name="tlsPort">Likewise for tls-alpn-01.</param>
    /// <param name="lifetimeSeconds">Of the certificates it issues.</param>
    public static async Task<PebbleAuthority> StartAsync(
        TestCertificates certificates, int httpPort, int tlsPort, int lifetimeSeconds)
    {
        var folder = new TempFolder();
        TestCertificates.Leaf leaf = certificates.Issue(["localhost"]);
        string certificate = folder.Write("cert.pem", leaf.CertificatePem);
        string key = folder.Write("key.pem", leaf.KeyPem);
        int port = FreePort.Probe();
        int management = FreePort.Probe();
        int dns = FreePort.Probe();
        string config = folder.Write("pebble.json", $$"""
            { "pebble": {
                "listenAddress": "127.0.0.1:{{port}}", "managementListenAddress": "127.0.0.1:{{management}}",
                "certificate": "{{certificate}}", "privateKey": "{{key}}",
                "httpPort": {{httpPort}}, "tlsPort": {{tlsPort}},
                "certificateValidityPeriod": {{lifetimeSeconds}}
            } }
            """);
        string server = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{dns}");
        ChildProcess names = ChildProcess.Start(
            "pebble-challtestsrv",
            [
                "-dns01", server, "-http01", "", "-https01", "", "-tlsalpn01", "", "-management",
                $"127.0.0.1:{FreePort.Probe()}", "-defaultIPv6", "",
            ],
            folder.Path);
        ChildProcess pebble = ChildProcess.Start(
            "pebble", ["-config", config, "-dnsserver", server], folder.Path, ("PEBBLE_VA_NOSLEEP", "1"));
        var authority = new PebbleAuthority(folder, names, pebble, port);
        await pebble.WaitForOutputAsync("ACME directory available");
        return authority;
    }

    public async ValueTask DisposeAsync()
    {
        await _pebble.DisposeAsync();
        await _names.DisposeAsync();
        _folder.Dispose();
    }
}
