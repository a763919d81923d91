using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>Expect: 100-continue (RFC 9110 §10.1.1), and answers that come before the request is complete.</summary>
[Trait("Suite", "Functional")]
public sealed class ContinueTests
{
    [Fact]
    public async Task The_origins_100_reaches_a_client_that_waits_for_it()
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();

        await client.SendAsync(slot.Request("PUT /", "Content-Length: 5", "Expect: 100-continue"));
        using var origin = await slot.Origin.ConnectionAsync();
        var head = await origin.ReadHeadAsync();
        Assert.Equal("100-continue", head.Value("Expect"));
        await origin.SendAsync("HTTP/1.1 100 Continue\r\n\r\n");
        Assert.Equal(100, (await client.ReadResponseAsync()).Status);

        await client.SendAsync("hello");
        Assert.Equal("hello", System.Text.Encoding.Latin1.GetString(await origin.ReadExactlyAsync(5)));
        await origin.SendAsync(Answer.Ok("done"));
        Assert.Equal("done", (await client.ReadResponseAsync()).Text);
    }

    [Fact]
    public async Task A_refusal_instead_of_100_reaches_the_client_before_any_body()
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();

        await client.SendAsync(slot.Request("PUT /", "Content-Length: 5", "Expect: 100-continue"));
        using var origin = await slot.Origin.ConnectionAsync();
        await origin.ReadHeadAsync();
        await origin.SendAsync(Answer.With(403, "no", "Connection: close"));
        var answer = await client.ReadResponseAsync();

        Assert.Equal(403, answer.Status);
        Assert.Equal("no", answer.Text);
    }

    [Fact]
    public async Task Behind_a_refusal_the_unsent_body_is_not_taken_for_a_request()
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();

        await client.SendAsync(slot.Request("PUT /", "Content-Length: 41", "Expect: 100-continue"));
        using var origin = await slot.Origin.ConnectionAsync();
        await origin.ReadHeadAsync();
        await origin.SendAsync(Answer.With(403, "no"));
        var answer = await client.ReadResponseAsync();
        Assert.Equal(403, answer.Status);

        // Either the proxy closes, or what follows is the body, never a request of its own.
        await client.SendAsync("GET /smuggled HTTP/1.1\r\nHost: x.test\r\n\r\n\r\n");
        if (answer.Value("Connection") == "close")
        {
            Assert.NotEqual(WireEnd.Open, await client.ReadEndAsync());
        }

        var seen = System.Text.Encoding.Latin1.GetString(await ReadWhatComesAsync(origin));
        Assert.DoesNotContain("Host: x.test\r\nX-Forwarded", seen, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_client_that_does_not_wait_gets_its_body_through()
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();

        await client.SendAsync(slot.Post("/", "hello", "Expect: 100-continue"));
        var (origin, request) = await slot.Origin.RequestAsync();
        Assert.Equal("hello", request.Text);
        await origin.SendAsync(Answer.Ok("done"));
        var answer = await client.ReadResponseAsync();

        Assert.Equal("done", (answer.Status == 100 ? await client.ReadResponseAsync() : answer).Text);
    }

    [Fact]
    public async Task A_final_answer_in_the_middle_of_a_body_reaches_the_client()
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();

        await client.SendAsync(slot.Request("POST /", "Content-Length: 100000") + new string('x', 1000));
        using var origin = await slot.Origin.ConnectionAsync();
        await origin.ReadHeadAsync();
        await origin.SendAsync(Answer.With(413, "too much", "Connection: close"));
        origin.CloseSend();
        var answer = await client.ReadResponseAsync();

        Assert.Equal(413, answer.Status);
        Assert.Equal("too much", answer.Text);
    }

    [Fact]
    public async Task After_an_early_answer_neither_connection_is_used_in_the_middle_of_a_body()
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();

        await client.SendAsync(slot.Request("POST /early", "Content-Length: 100000") + new string('x', 1000));
        using var first = await slot.Origin.ConnectionAsync();
        await first.ReadHeadAsync();
        await first.SendAsync(Answer.Ok("early"));
        Assert.Equal("early", (await client.ReadResponseAsync()).Text);

        using var other = await slot.ConnectAsync();
        await other.SendAsync(slot.Request("GET /other"));
        var (second, request) = await slot.Origin.RequestAsync();
        Assert.Equal("/other", request.Target);
        await second.SendAsync(Answer.Ok("other"));
        Assert.Equal("other", (await other.ReadResponseAsync()).Text);
    }

    private static async Task<byte[]> ReadWhatComesAsync(Wire connection) =>
        await connection.IsSilentAsync(TimeSpan.FromMilliseconds(300))
            ? []
            : System.Text.Encoding.Latin1.GetBytes(connection.Unread);
}
