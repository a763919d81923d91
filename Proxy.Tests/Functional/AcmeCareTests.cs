using System.Globalization;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>What an operator sees of ordering: metrics, `check`, and a bundle of authorities that is replaced while
/// the node runs.</summary>
[Trait("Suite", "Functional")]
public sealed class AcmeCareTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    private readonly TestCertificates _authority = new();
    private readonly TestCertificates _others = new("Other Authority");

    public void Dispose()
    {
        _authority.Dispose();
        _others.Dispose();
    }

    [Fact]
    public async Task A_replaced_ca_file_is_used_without_a_restart_and_metrics_and_check_tell_how_it_went()
    {
        using var http = new FreePort();
        using var tls = new FreePort();
        await using PebbleAuthority pebble =
            await PebbleAuthority.StartAsync(_authority, http.Number, tls.Number, 30 * 24 * 3600);
        await using NodeProcess node = await StartAsync(pebble.Directory, http.Number);
        await node.Child.WaitForOutputAsync("acme: no certificate for shop.test, www.shop.test: directory: ");
        Assert.Equal(1, await MetricAsync(node, "proxy_acme_orders_total", "result=\"failed\""));
        Assert.Contains("is shown until ACME has issued one", (await CheckAsync(node)).Output, StringComparison.Ordinal);

        await File.WriteAllTextAsync(
            Path.Combine(node.Folder, "ca.pem"), _authority.CaPem, TestContext.Current.CancellationToken);
        await Eventually.IsTrueAsync(
            () => node.Log.Contains("new connections get the new certificates", StringComparison.Ordinal),
            () => $"a certificate; node:\n{node.Log}\npebble:\n{pebble.Log}",
            Patience);

        Assert.Contains("ca.pem was replaced", node.Log, StringComparison.Ordinal);
        Assert.Equal(1, await MetricAsync(node, "proxy_acme_orders_total", "result=\"issued\""));
        long next = await MetricAsync(node, "proxy_acme_next_order_seconds", "");
        long now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        Assert.InRange(next - now, 15 * 24 * 3600, 25 * 24 * 3600);
        (int code, string output) = await CheckAsync(node);
        Assert.Equal(0, code);
        Assert.DoesNotContain("ACME", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_changes_nothing_and_tells_what_cannot_be_used()
    {
        using var folder = new TempFolder();
        string file = folder.Write("node.conf", Config("https://127.0.0.1:1/dir"));

        (int missing, string told) = await RunCheckAsync(folder, file);
        Assert.Equal(2, missing);
        Assert.Contains("proxy.acme.ca-file: ", told, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(folder.Path, "state")));

        folder.Write("ca.pem", _authority.CaPem);
        folder.Write("state/acme/node.key", "short");
        (int damaged, told) = await RunCheckAsync(folder, file);
        Assert.Equal(0, damaged);
        Assert.Contains("node.key: not a key of 32 bytes", told, StringComparison.Ordinal);
        Assert.Equal("node.key", Path.GetFileName(Assert.Single(
            Directory.GetFiles(Path.Combine(folder.Path, "state", "acme")))));
    }

    private static string Config(string directory) => $$"""
        proxy {
          node { state-dir = state }
          listeners = [
            { name = web, bind = "127.0.0.1:0", tls { acme = [shop.test] } }
            { name = plain, bind = "127.0.0.1:0" }
          ]
          routes = [ { match { path = "/" }, respond { status = 200 } } ]
          acme { directory = "{{directory}}", agree-terms = true, ca-file = ca.pem }
        }
        """;

    private static Task<(int Code, string Output)> CheckAsync(NodeProcess node) => ChildProcess.RunAsync(
        "dotnet", [Repository.Program, "check", Path.Combine(node.Folder, "node.conf")], node.Folder);

    private static Task<(int Code, string Output)> RunCheckAsync(TempFolder folder, string file) =>
        ChildProcess.RunAsync("dotnet", [Repository.Program, "check", file], folder.Path);

    private static async Task<long> MetricAsync(NodeProcess node, string name, string label)
    {
        string metrics = (await node.ManageAsync("/metrics")).Text;
        string line = Assert.Single(
            metrics.Split('\n'),
            line => line.StartsWith($"{name}{{", StringComparison.Ordinal)
                && line.Contains("names=\"shop.test, www.shop.test\"", StringComparison.Ordinal)
                && line.Contains(label, StringComparison.Ordinal));
        return long.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
    }

    private Task<NodeProcess> StartAsync(string directory, int http) => NodeProcess.StartAsync(new NodeSettings
    {
        Listener = "access-log { enabled = false }\ntls { acme = [shop.test, www.shop.test] }",
        Rules = $$"""
            listeners += { name = plain, bind = "127.0.0.1:{{http}}" }
            routes = [ { match { path = "/" }, respond { status = 200 } } ]
            acme { directory = "{{directory}}", agree-terms = true, ca-file = ca.pem }
            """,
        Files = new Dictionary<string, string> { ["ca.pem"] = _others.CaPem },
    });
}
