using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>Connections on which openssl changes its keys (RFC 8446 §4.6.3), with every suite of TLS 1.3.</summary>
[Trait("Suite", "Functional")]
public sealed class TlsKeyUpdateTests : IAsyncDisposable
{
    /// <summary>$1 = port, $2 = suite. Asks for a page of 40 KB before and after each change of keys: "k" changes the
    /// client's, "K" asks for the server's as well.</summary>
    private const string Script = """
        coproc CLIENT { openssl s_client -connect 127.0.0.1:$1 -servername shop.test -ciphersuites $2 2>&1; }
        await() { while IFS= read -r -u ${CLIENT[0]} line; do [[ $line == *"$1"* ]] && return; done; exit 1; }
        ask() { printf 'GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n' >&${CLIENT[1]}; await 'HTTP/1.1 200'; await END; }
        ask; ask
        for key in k K k K; do printf '%s\n' $key >&${CLIENT[1]}; await KEYUPDATE; ask; done
        ask
        kill $CLIENT_PID
        echo all answered
        """;

    private readonly TestCertificates _authority = new();
    private readonly ScriptedOrigin _origin = new();

    public TlsKeyUpdateTests() => _origin.Serve(static _ => Answer.Ok(new string('x', 40_000) + "\nEND\n"));

    public async ValueTask DisposeAsync()
    {
        await _origin.DisposeAsync();
        _authority.Dispose();
    }

    [Theory]
    [InlineData("TLS_AES_128_GCM_SHA256")]
    [InlineData("TLS_AES_256_GCM_SHA384")]
    [InlineData("TLS_CHACHA20_POLY1305_SHA256")]
    public async Task Requests_go_on_after_keys_have_changed(string suite)
    {
        TestCertificates.Leaf leaf = _authority.Issue(["shop.test"]);
        await using NodeProcess node = await NodeProcess.StartAsync(new NodeSettings
        {
            Listener = "access-log { enabled = false }\ntls { certificates = [ { certificate = a.pem } ] }",
            Rules = NodeSettings.Pool("", _origin.Url),
            Files = new Dictionary<string, string> { ["a.pem"] = leaf.CertificatePem + leaf.KeyPem },
        });

        (int code, string output) = await ChildProcess.RunAsync(
            "bash", ["-c", Script, "bash", $"{node.Port}", suite], node.Folder);

        Assert.Contains("all answered", output, StringComparison.Ordinal);
        Assert.Equal(0, code);
    }
}
