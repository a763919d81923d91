using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>Two nodes and a real authority: one node orders, the other is asked by the authority, both show the
/// certificate.</summary>
[Trait("Suite", "Functional")]
public sealed class SharedCertificateTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TestCertificates _authority = new();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task The_authority_may_ask_any_node_and_all_show_what_one_was_issued()
    {
        int[] peers = [FreePort.Probe(), FreePort.Probe()];
        using var asked = new FreePort();
        using var unused = new FreePort();
        await using PebbleAuthority pebble = await PebbleAuthority.StartAsync(
            _authority, asked.Number, unused.Number, 30 * 24 * 3600);
        await using NodeProcess b = await StartAsync("b", peers, pebble, $$"""
            listeners += { name = plain, bind = "127.0.0.1:{{asked.Number}}" }
            """);
        await using NodeProcess a = await StartAsync("a", peers, pebble, "");

        foreach (NodeProcess node in (NodeProcess[])[a, b])
        {
            await Eventually.IsTrueAsync(
                () => node.Log.Contains("new connections get the new certificates", StringComparison.Ordinal),
                () => $"a certificate; a:\n{a.Log}\nb:\n{b.Log}\npebble:\n{pebble.Log}", Patience);
        }

        string shown = await ShownAsync(a);
        Assert.NotEmpty(shown);
        Assert.Equal(shown, await ShownAsync(b));
        Assert.Contains("issued, valid until", a.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("issued, valid until", b.Log, StringComparison.Ordinal);
    }

    private static async Task<string> ShownAsync(NodeProcess node)
    {
        string all = (await ChildProcess.RunAsync(
            "openssl", ["s_client", "-connect", $"127.0.0.1:{node.Port}", "-servername", "shop.test"], node.Folder))
            .Output.Replace("DONE\n", "", StringComparison.Ordinal); // from standard error, anywhere between the lines
        int begin = all.IndexOf("-----BEGIN CERTIFICATE-----", StringComparison.Ordinal);
        int end = all.IndexOf("-----END CERTIFICATE-----", StringComparison.Ordinal);
        return begin < 0 || end < 0 || !all.Contains("Pebble Intermediate", StringComparison.Ordinal)
            ? ""
            : all[begin..end];
    }

    private Task<NodeProcess> StartAsync(string name, int[] peers, PebbleAuthority pebble, string more) =>
        NodeProcess.StartAsync(new NodeSettings
        {
            Node = $"name = {name}, drain-grace = 0",
            Listener = "access-log { enabled = false }\ntls { acme = [shop.test] }",
            Rules = $$"""
                routes = [ { match { path = "/" }, respond { status = 200, body = hello } } ]
                {{more}}
                cluster { peers { bind = "127.0.0.1:{{peers[name == "a" ? 0 : 1]}}", secret-file = secret
                  seeds = [ "127.0.0.1:{{peers[0]}}", "127.0.0.1:{{peers[1]}}" ]
                } }
                acme {
                  directory = "{{pebble.Directory}}", agree-terms = true, contact = ["ops@shop.test"]
                  challenge = http-01, ca-file = authority.pem
                }
                """,
            Files = new Dictionary<string, string>
            {
                ["authority.pem"] = _authority.CaPem, ["secret"] = "0123456789abcdef0123456789abcdef",
            },
        });
}
