using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>gRPC through a node: calls of every kind by a client and a server of another make, and what a client
/// sees of the proxy's own errors.</summary>
[Trait("Suite", "Functional")]
public sealed class GrpcTests
{
    private const string GrpcServing = "1";
    private const string GrpcNotServing = "2";
    private const string Protocols = "access-log { enabled = false }\nprotocols = [\"http/1.1\", h2c]";

    [Fact]
    public async Task A_call_that_nobody_serves_is_unavailable_in_grpcs_own_words()
    {
        using var nobody = new FreePort();
        await using NodeProcess node = await StartAsync(nobody);

        string answer = await CallAsync(node, "application/grpc+proto", "--http2-prior-knowledge");

        Assert.StartsWith("HTTP/2 200", answer, StringComparison.Ordinal);
        Assert.Contains("content-type: application/grpc\n", answer, StringComparison.Ordinal);
        Assert.Contains("grpc-status: 14\n", answer, StringComparison.Ordinal);
        Assert.Contains("error=connection_refused", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("text/plain", answer, StringComparison.Ordinal);
        Assert.EndsWith("\n\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_does_not_speak_grpc_gets_the_http_status()
    {
        using var nobody = new FreePort();
        await using NodeProcess node = await StartAsync(nobody);

        string other = await CallAsync(node, "application/grpc-web", "--http2-prior-knowledge");
        string one = await CallAsync(node, "application/grpc", "--http1.1");

        Assert.StartsWith("HTTP/2 50", other, StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 50", one, StringComparison.Ordinal);
        Assert.DoesNotContain("grpc-status", other, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("grpc-status", one, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_kind_of_call_goes_through(bool tls)
    {
        using var authority = new TestCertificates();
        TestCertificates.Leaf leaf = authority.Issue(["calls.test"]);
        await using NodeOrigin server = await NodeOrigin.GrpcAsync();
        await using NodeProcess node = await NodeProcess.StartAsync(new NodeSettings
        {
            Listener = "access-log { enabled = false }\n" + (tls
                ? "protocols = [h2], tls { certificates = [ { certificate = a.pem } ] }"
                : "protocols = [h2c]"),
            Rules = NodeSettings.Pool("protocol = h2", $"http://127.0.0.1:{server.Port}"),
            Files = new Dictionary<string, string>
            {
                ["a.pem"] = leaf.CertificatePem + leaf.KeyPem, ["ca.pem"] = authority.CaPem,
            },
        });
        string script = Path.Combine(Repository.Root, "Proxy.Tests", "Kit", "Apps", "grpc", "client.js");
        string address = $"127.0.0.1:{node.Port}";
        string[] arguments = tls ? [script, address, "ca.pem", "calls.test"] : [script, address];

        var (code, output) = await ChildProcess.RunAsync("node", arguments, node.Folder);

        const string Expected = """
            unary hello kept
            large true
            client-stream 500 5000000
            bidi 50
            held-back yes
            server-stream 52428800
            status 9 not säfe
            deadline 4
            cancel 1
            end

            """;
        Assert.True(code == 0 && output == Expected, $"{code}: {output}\n{node.Log}");
        await Eventually.IsTrueAsync(
            () => server.Output.Split("cancelled").Length == 3, () => $"two cancelled calls in {server.Output}");
    }

    [Fact]
    public async Task A_call_ends_at_the_time_its_client_gave_it_whatever_the_server_does()
    {
        await using NodeOrigin origin = await NodeOrigin.Http2Async();
        await using NodeProcess node = await NodeProcess.StartAsync(new NodeSettings
        {
            Listener = Protocols, Rules = NodeSettings.Pool("protocol = h2", $"http://127.0.0.1:{origin.Port}"),
        });

        string answer = await Curl.BodyAsync(
            "--http2-prior-knowledge", "-i", "-H", "Content-Type: application/grpc", "-H", "TE: trailers",
            "-H", "grpc-timeout: 200m", "--data-binary", "call", $"{node.Url}/wait");

        Assert.Contains("grpc-status: 4\n", answer, StringComparison.Ordinal);
        await origin.WaitForAsync("aborted");
    }

    [Theory]
    [InlineData(GrpcServing, 200)]
    [InlineData(GrpcNotServing, 503)]
    public async Task Members_are_checked_by_grpcs_own_health_service(string status, int expected)
    {
        await using NodeOrigin server = await NodeOrigin.GrpcAsync(status);
        await using NodeProcess node = await NodeProcess.StartAsync(new NodeSettings
        {
            Listener = Protocols,
            Rules = NodeSettings.Pool(
                "protocol = h2, health { active { method = GRPC, path = \"/test.Calls\", interval = 100ms } }\n"
                + $"initial-state = {(expected == 200 ? "down" : "up")}",
                $"http://127.0.0.1:{server.Port}"),
        });

        await node.Child.WaitForOutputAsync(expected == 200 ? "member app/m1 is Open" : "not serving");
        string answer = await CallAsync(node, "text/plain", "--http2-prior-knowledge");
        Assert.Contains(expected == 200 ? "HTTP/2 415" : "HTTP/2 503", answer, StringComparison.Ordinal);
    }

    private static Task<string> CallAsync(NodeProcess node, string contentType, string protocol) => Curl.BodyAsync(
        protocol, "-i", "-H", $"Content-Type: {contentType}", "-H", "TE: trailers", "--data-binary", "call",
        $"{node.Url}/shop.Cart/Add");

    private static Task<NodeProcess> StartAsync(FreePort nobody) => NodeProcess.StartAsync(new NodeSettings
    {
        Listener = Protocols,
        Rules = NodeSettings.Pool("", $"http://127.0.0.1:{nobody.Number}"),
    });
}
