using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

[Trait("Suite", "Functional")]
public sealed class InterimResponseTests
{
    [Fact]
    public async Task Early_hints_are_passed_with_their_fields_before_the_final_answer()
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();

        await client.SendAsync(slot.Request("GET /"));
        var (origin, _) = await slot.Origin.RequestAsync();
        await origin.SendAsync("HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n");
        var hint = await client.ReadResponseAsync();
        await origin.SendAsync("HTTP/1.1 103 Early Hints\r\nLink: </b.css>; rel=preload\r\n\r\n" + Answer.Ok("page"));
        var second = await client.ReadResponseAsync();

        Assert.Equal(103, hint.Status);
        Assert.Equal("</a.css>; rel=preload", hint.Value("Link"));
        Assert.Equal(103, second.Status);
        Assert.Equal("page", (await client.ReadResponseAsync()).Text);
    }

    [Fact]
    public async Task A_client_of_HTTP_1_0_gets_only_the_final_answer()
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();

        await client.SendAsync($"GET / HTTP/1.0\r\nHost: {slot.Host}\r\n\r\n");
        var (origin, _) = await slot.Origin.RequestAsync();
        await origin.SendAsync("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" + Answer.Ok("page"));

        var answer = await client.ReadResponseAsync();
        Assert.Equal(200, answer.Status);
        Assert.Equal("page", answer.Text);
    }

    [Fact]
    public async Task The_connection_to_the_origin_stays_in_step_behind_interim_answers()
    {
        var slot = await SharedNode.TakeSlotAsync();
        slot.Origin.Serve(request =>
            "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
                + Answer.Ok(request.Target));
        using var client = await slot.ConnectAsync();

        for (var i = 0; i < 20; i++)
        {
            await client.SendAsync(slot.Request($"GET /{i}"));
            var answer = await client.ReadResponseAsync();
            while (answer.Status < 200)
            {
                answer = await client.ReadResponseAsync();
            }

            Assert.Equal($"/{i}", answer.Text);
        }

        Assert.Equal(1, slot.Origin.Connections);
    }

    [Fact]
    public async Task An_endless_row_of_interim_answers_is_cut_off()
    {
        var slot = await SharedNode.TakeSlotAsync();
        using var client = await slot.ConnectAsync();

        await client.SendAsync($"GET / HTTP/1.0\r\nHost: {slot.Host}\r\n\r\n");
        var (origin, _) = await slot.Origin.RequestAsync();
        var row = string.Concat(Enumerable.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 1000));
        try
        {
            for (var i = 0; i < 50; i++)
            {
                await origin.SendAsync(row);
            }
        }
        catch (System.Net.Sockets.SocketException)
        {
            // The proxy had enough.
        }

        Assert.Equal(502, (await client.ReadResponseAsync()).Status);
    }
}
