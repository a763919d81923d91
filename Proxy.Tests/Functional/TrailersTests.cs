using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

[Trait("Suite", "Functional")]
public sealed class TrailersTests
{
    [Fact]
    public async Task Trailers_of_a_response_reach_a_client_that_takes_them()
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();

        await client.SendAsync(slot.Request("GET /", "TE: trailers", "Connection: TE"));
        var (origin, request) = await slot.Origin.RequestAsync();
        await origin.SendAsync(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 42\r\n\r\n");
        var answer = await client.ReadResponseAsync();

        Assert.Equal("trailers", request.Value("TE"));
        Assert.Equal("ok", answer.Text);
        Assert.Equal(["X-Sum: 42"], answer.Trailers);
    }

    [Fact]
    public async Task Trailers_of_a_request_reach_the_origin()
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();

        await client.SendAsync(
            slot.Request("POST /", "Transfer-Encoding: chunked", "Trailer: X-Sum")
                + "2\r\nok\r\n0\r\nX-Sum: 42\r\n\r\n");
        var (origin, request) = await slot.Origin.RequestAsync();
        await origin.SendAsync(Answer.Ok("done"));

        Assert.Equal("ok", request.Text);
        Assert.Equal(["X-Sum: 42"], request.Trailers);
        Assert.Equal("done", (await client.ReadResponseAsync()).Text);
    }

    [Fact]
    public async Task Trailers_cannot_bring_in_what_decides_about_framing_or_routing()
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();

        await client.SendAsync(
            slot.Request("POST /", "Transfer-Encoding: chunked")
            + "2\r\nok\r\n0\r\nContent-Length: 9\r\nHost: evil.test\r\nX-Forwarded-For: 1.2.3.4\r\nX-Fine: 1\r\n\r\n");
        using var origin = await slot.Origin.ConnectionAsync();
        var answerOrEnd = await TryReadRequestAsync(origin);

        // Dropping the forbidden ones and refusing the message are both right.
        if (answerOrEnd is { Complete: true } request)
        {
            Assert.DoesNotContain(
                request.Trailers, t => t.StartsWith("Content-Length", StringComparison.OrdinalIgnoreCase));
            Assert.DoesNotContain(request.Trailers, t => t.StartsWith("Host", StringComparison.OrdinalIgnoreCase));
            Assert.DoesNotContain(
                request.Trailers, t => t.StartsWith("X-Forwarded", StringComparison.OrdinalIgnoreCase));
        }
        else
        {
            Assert.Equal(400, (await client.ReadResponseAsync()).Status);
        }
    }

    [Fact]
    public async Task Trailers_beyond_the_limit_end_the_exchange()
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();

        await client.SendAsync(slot.Request("GET /", "Connection: close"));
        var (origin, _) = await slot.Origin.RequestAsync();
        await origin.SendAsync(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Long: " + new string('x', 50_000)
                + "\r\n\r\n");
        var answer = await client.ReadResponseAsync();

        // When nothing was sent before the end was looked at, there is still time for an error.
        Assert.True(answer.Status == 502 || !answer.Complete, "The message was made to look complete.");
    }

    private static async Task<WireMessage?> TryReadRequestAsync(Wire origin)
    {
        try
        {
            return await origin.ReadRequestAsync();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
