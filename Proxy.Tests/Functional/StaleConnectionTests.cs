using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>A kept connection may end at any moment. That costs a client nothing when nothing was sent, or when the
/// request may be repeated (RFC 9110 §9.2.2).</summary>
[Trait("Suite", "Functional")]
public sealed class StaleConnectionTests
{
    [Fact]
    public async Task A_connection_is_kept_and_used_again()
    {
        var slot = await SharedNode.TakeSlotAsync();
        slot.Origin.Serve(request => Answer.Ok(request.Target));
        using var client = await slot.ConnectAsync();

        for (var i = 0; i < 20; i++)
        {
            Assert.Equal($"/{i}", (await client.AskAsync(slot.Request($"GET /{i}"))).Text);
        }

        Assert.Equal(1, slot.Origin.Connections);
    }

    [Theory]
    [InlineData("GET", false)]
    [InlineData("GET", true)]
    [InlineData("POST", false)]
    [InlineData("POST", true)]
    public async Task A_connection_that_ended_while_idle_is_not_used(string method, bool reset)
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();
        var first = await ServeOneAsync(slot, client);
        if (reset)
        {
            first.Reset();
        }
        else
        {
            first.Dispose();
        }

        // What has not reached the node yet, it cannot know; that race is another test's.
        var pool = slot.Host.Split('.')[0];
        await Eventually.IsTrueAsync(
            async () => !(await slot.Node.ManageAsync($"/api/pools/{pool}")).Text.Contains(
                "\"idle\": 1", StringComparison.Ordinal),
            () => "the node has noticed the end");
        await client.SendAsync(slot.Request($"{method} /second", "Content-Length: 0"));
        var (second, request) = await slot.Origin.RequestAsync();
        await second.SendAsync(Answer.Ok("second"));

        Assert.Equal("/second", request.Target);
        Assert.Equal("second", (await client.ReadResponseAsync()).Text);
    }

    [Fact]
    public async Task A_GET_on_a_connection_that_ends_at_that_moment_is_repeated()
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();
        var first = await ServeOneAsync(slot, client);

        await client.SendAsync(slot.Request("GET /second"));
        Assert.Equal("/second", (await first.ReadRequestAsync()).Target);
        first.Reset();
        var (second, request) = await slot.Origin.RequestAsync();
        await second.SendAsync(Answer.Ok("second"));

        Assert.Equal("/second", request.Target);
        Assert.Equal("second", (await client.ReadResponseAsync()).Text);
    }

    [Fact]
    public async Task A_PUT_with_its_body_is_repeated_whole()
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();
        var first = await ServeOneAsync(slot, client);

        await client.SendAsync(slot.Request("PUT /second", "Content-Length: 5") + "hello");
        Assert.Equal("hello", (await first.ReadRequestAsync()).Text);
        first.Dispose();
        var (second, request) = await slot.Origin.RequestAsync();
        await second.SendAsync(Answer.Ok("second"));

        Assert.Equal("hello", request.Text);
        Assert.Equal("second", (await client.ReadResponseAsync()).Text);
    }

    [Fact]
    public async Task A_POST_that_may_have_been_done_is_not_repeated()
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();
        var first = await ServeOneAsync(slot, client);

        await client.SendAsync(slot.Post("/second", "pay"));
        Assert.Equal("pay", (await first.ReadRequestAsync()).Text);
        first.Reset();

        Assert.Equal(502, (await client.ReadResponseAsync()).Status);
        Assert.Equal(1, slot.Origin.Connections);
    }

    [Fact]
    public async Task Nothing_is_repeated_once_a_response_has_begun()
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();
        var first = await ServeOneAsync(slot, client);

        await client.SendAsync(slot.Request("GET /second"));
        await first.ReadRequestAsync();
        await first.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
        Assert.Equal("half", System.Text.Encoding.Latin1.GetString(
            (await ReadStartAsync(client, 4)).Body));
        first.Reset();
        await client.ReadToEndAsync();

        Assert.Equal(1, slot.Origin.Connections);
    }

    [Fact]
    public async Task A_connection_on_which_an_origin_spoke_unasked_is_not_used()
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();
        var first = await ServeOneAsync(slot, client);
        await first.SendAsync("HTTP/1.1 408 Request Timeout\r\nContent-Length: 4\r\n\r\nEVIL");
        await Eventually.IsTrueAsync(
            async () => !await first.IsSilentAsync(TimeSpan.FromMilliseconds(10)),
            () => "the proxy drops the connection");

        await client.SendAsync(slot.Request("GET /second"));
        var (second, _) = await slot.Origin.RequestAsync();
        await second.SendAsync(Answer.Ok("second"));

        Assert.Equal("second", (await client.ReadResponseAsync()).Text);
    }

    [Fact]
    public async Task An_origin_that_says_close_is_not_asked_again_on_that_connection()
    {
        var slot = await SharedNode.TakeSlotAsync();
        slot.Origin.Serve(request => Answer.Ok(request.Target, "Connection: close"));
        using var client = await slot.ConnectAsync();

        Assert.Equal("/1", (await client.AskAsync(slot.Request("GET /1"))).Text);
        Assert.Equal("/2", (await client.AskAsync(slot.Request("GET /2"))).Text);

        Assert.Equal(2, slot.Origin.Connections);
    }

    /// <summary>One exchange, after which the proxy keeps the connection.</summary>
    private static async Task<Wire> ServeOneAsync(Slot slot, RawClient client)
    {
        await client.SendAsync(slot.Request("GET /first"));
        var (connection, _) = await slot.Origin.RequestAsync();
        await connection.SendAsync(Answer.Ok("first"));
        Assert.Equal("first", (await client.ReadResponseAsync()).Text);
        return connection;
    }

    private static async Task<WireMessage> ReadStartAsync(RawClient client, int bytes)
    {
        var message = await client.ReadHeadAsync();
        message.Body = await client.ReadExactlyAsync(bytes);
        return message;
    }
}
