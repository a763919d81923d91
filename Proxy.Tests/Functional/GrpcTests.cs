using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>What a gRPC client sees of the proxy's own errors.</summary>
[Trait("Suite", "Functional")]
public sealed class GrpcTests
{
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

    private static Task<string> CallAsync(NodeProcess node, string contentType, string protocol) => Curl.BodyAsync(
        protocol, "-i", "-H", $"Content-Type: {contentType}", "-H", "TE: trailers", "--data-binary", "call",
        $"{node.Url}/shop.Cart/Add");

    private static Task<NodeProcess> StartAsync(FreePort nobody) => NodeProcess.StartAsync(new NodeSettings
    {
        Listener = Protocols,
        Rules = NodeSettings.Pool("", $"http://127.0.0.1:{nobody.Number}"),
    });
}
