using System.Net.Sockets;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>SIGTERM: what was begun is finished, nothing new is taken, and it ends in bounded time.</summary>
[Trait("Suite", "Functional")]
public sealed class DrainTests
{
    [Fact]
    public async Task A_request_under_way_is_finished_and_then_the_node_ends()
    {
        await using var origin = new ScriptedOrigin();
        await using var node = await NodeProcess.StartAsync(NodeSettings.To(origin.Url));
        using var client = await node.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: x.test\r\n\r\n");
        var (connection, _) = await origin.RequestAsync();

        await node.Child.SignalAsync("TERM");
        await Eventually.IsTrueAsync(() => RefusesAsync(node), () => "new connections are refused");
        await connection.SendAsync(Answer.Ok("finished"));
        var answer = await client.ReadResponseAsync();

        Assert.Equal("finished", answer.Text);
        Assert.Equal("close", answer.Value("Connection"));
        Assert.NotEqual(WireEnd.Open, await client.ReadEndAsync());
        Assert.Equal(0, await node.Child.WaitAsync(Wire.Patience));
    }

    [Fact]
    public async Task An_idle_node_ends_at_once_and_its_idle_connections_with_it()
    {
        await using var origin = new ScriptedOrigin().Serve(_ => Answer.Ok("ok"));
        await using var node = await NodeProcess.StartAsync(NodeSettings.To(origin.Url));
        using var client = await node.ConnectAsync();
        await client.AskAsync("GET / HTTP/1.1\r\nHost: x.test\r\n\r\n");

        await node.Child.SignalAsync("TERM");

        Assert.Equal(WireEnd.Closed, await client.ReadEndAsync());
        Assert.Equal(0, await node.Child.WaitAsync(TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public async Task A_request_that_does_not_end_is_cut_off_after_the_time_for_draining()
    {
        await using var origin = new ScriptedOrigin();
        await using var node =
            await NodeProcess.StartAsync(NodeSettings.To(origin.Url) with { Node = "drain-timeout = 1s" });
        using var client = await node.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: x.test\r\n\r\n");
        await origin.RequestAsync();

        await node.Child.SignalAsync("TERM");

        await node.Child.WaitAsync(TimeSpan.FromSeconds(8));
        await client.ReadToEndAsync();
    }

    [Fact]
    public async Task A_second_interrupt_ends_the_node_now()
    {
        await using var origin = new ScriptedOrigin();
        await using var node = await NodeProcess.StartAsync(NodeSettings.To(origin.Url));
        using var client = await node.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: x.test\r\n\r\n");
        await origin.RequestAsync();

        await node.Child.SignalAsync("INT");
        await Eventually.IsTrueAsync(() => RefusesAsync(node), () => "new connections are refused");
        Assert.False(node.Child.HasEnded);
        await node.Child.SignalAsync("INT");

        await node.Child.WaitAsync(TimeSpan.FromSeconds(5));
    }

    private static async Task<bool> RefusesAsync(NodeProcess node)
    {
        try
        {
            using var client = await node.ConnectAsync();
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }
}
