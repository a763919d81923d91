using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

[Trait("Suite", "Functional")]
public sealed class PipeliningTests
{
    [Fact]
    public async Task Requests_sent_at_once_are_answered_in_order()
    {
        var slot = await SharedNode.TakeSlotAsync();
        slot.Origin.Serve(request => Answer.Ok(request.Target));
        using var client = await slot.ConnectAsync();

        await client.SendAsync(string.Concat(Enumerable.Range(0, 50).Select(i => slot.Request($"GET /{i}"))));

        for (var i = 0; i < 50; i++)
        {
            Assert.Equal($"/{i}", (await client.ReadResponseAsync()).Text);
        }
    }

    [Fact]
    public async Task A_request_behind_a_body_is_a_request()
    {
        var slot = await SharedNode.TakeSlotAsync();
        slot.Origin.Serve(request => Answer.Ok($"{request.Method} {request.Target} {request.Text}"));
        using var client = await slot.ConnectAsync();

        await client.SendAsync(
            slot.Post("/a", "GET /not HTTP/1.1")
            + slot.Request("POST /b", "Transfer-Encoding: chunked") + "3\r\nxyz\r\n0\r\n\r\n"
            + slot.Request("GET /c"));

        Assert.Equal("POST /a GET /not HTTP/1.1", (await client.ReadResponseAsync()).Text);
        Assert.Equal("POST /b xyz", (await client.ReadResponseAsync()).Text);
        Assert.Equal("GET /c ", (await client.ReadResponseAsync()).Text);
    }

    [Fact]
    public async Task A_bad_request_behind_a_good_one_spoils_only_itself()
    {
        var slot = await SharedNode.TakeSlotAsync();
        slot.Origin.Serve(request => Answer.Ok(request.Target));
        using var client = await slot.ConnectAsync();

        await client.SendAsync(slot.Request("GET /good") + "GET /bad HTTP/1.1\r\nno colon\r\n\r\n");

        Assert.Equal("/good", (await client.ReadResponseAsync()).Text);
        Assert.Equal(400, (await client.ReadResponseAsync()).Status);
        Assert.NotEqual(WireEnd.Open, await client.ReadEndAsync());
    }

    [Fact]
    public async Task Nothing_is_answered_behind_a_request_that_said_close()
    {
        var slot = await SharedNode.TakeSlotAsync();
        slot.Origin.Serve(request => Answer.Ok(request.Target));
        using var client = await slot.ConnectAsync();

        await client.SendAsync(slot.Request("GET /last", "Connection: close") + slot.Request("GET /ignored"));

        Assert.Equal("/last", (await client.ReadResponseAsync()).Text);
        Assert.NotEqual(WireEnd.Open, await client.ReadEndAsync());
    }

    [Fact]
    public async Task A_client_that_closes_its_sending_side_still_gets_its_answers()
    {
        var slot = await SharedNode.TakeSlotAsync();
        slot.Origin.Serve(request => Answer.Ok(request.Target));
        using var client = await slot.ConnectAsync();

        await client.SendAsync(slot.Request("GET /1") + slot.Request("GET /2"));
        client.CloseSend();

        Assert.Equal("/1", (await client.ReadResponseAsync()).Text);
        Assert.Equal("/2", (await client.ReadResponseAsync()).Text);
        Assert.NotEqual(WireEnd.Open, await client.ReadEndAsync());
    }

    [Fact]
    public async Task A_slow_answer_holds_back_the_ones_behind_it()
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();

        await client.SendAsync(slot.Request("GET /slow") + slot.Request("GET /quick"));
        var (origin, first) = await slot.Origin.RequestAsync();
        Assert.Equal("/slow", first.Target);
        Assert.True(await client.IsSilentAsync(TimeSpan.FromMilliseconds(100)));
        await origin.SendAsync(Answer.Ok("slow"));

        Assert.Equal("slow", (await client.ReadResponseAsync()).Text);
        await origin.ReadRequestAsync();
        await origin.SendAsync(Answer.Ok("quick"));
        Assert.Equal("quick", (await client.ReadResponseAsync()).Text);
    }

    [Fact]
    public async Task Empty_lines_before_a_request_are_skipped()
    {
        var slot = await SharedNode.TakeSlotAsync();
        slot.Origin.Serve(request => Answer.Ok(request.Target));
        using var client = await slot.ConnectAsync();

        await client.SendAsync("\r\n" + slot.Request("GET /1") + "\r\n" + slot.Request("GET /2"));

        Assert.Equal("/1", (await client.ReadResponseAsync()).Text);
        Assert.Equal("/2", (await client.ReadResponseAsync()).Text);
    }
}
