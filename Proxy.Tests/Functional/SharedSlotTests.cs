using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

[Trait("Suite", "Functional")]
public sealed class SharedSlotTests
{
    [Fact]
    public async Task A_node_alone_keeps_to_the_limit_of_the_cluster()
    {
        await using var origin = new ScriptedOrigin();
        await using var node = await NodeProcess.StartAsync(new NodeSettings
        {
            Rules = $$"""
                routes = [ { match { path = "/" }, pool = app } ]
                pools { app { members = [ { name = a, url = "{{origin.Url}}", max-connections-cluster = 1 } ] } }
                """,
        });
        using var first = await node.ConnectAsync();
        using var second = await node.ConnectAsync();

        await first.SendAsync("GET /1 HTTP/1.1\r\nHost: x\r\n\r\n");
        var (connection, request) = await origin.RequestAsync();
        Assert.Equal("/1", request.Target);

        await second.SendAsync("GET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.True(await second.IsSilentAsync(TimeSpan.FromMilliseconds(200)));
        await connection.SendAsync(Answer.Ok("one"));
        Assert.Equal("one", (await first.ReadResponseAsync()).Text);

        // The slot is free: the one who waited has its turn.
        request = await connection.ReadRequestAsync();
        Assert.Equal("/2", request.Target);
        await connection.SendAsync(Answer.Ok("two"));
        Assert.Equal("two", (await second.ReadResponseAsync()).Text);
    }
}
