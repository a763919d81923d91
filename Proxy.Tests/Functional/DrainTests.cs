using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
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

        await node.Child.WaitAsync(TimeSpan.FromSeconds(30));
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

    [Fact]
    public async Task With_grace_a_leaving_node_is_not_ready_and_goes_on_accepting_for_a_while()
    {
        await using var origin = new ScriptedOrigin().Serve(_ => Answer.Ok("ok"));
        await using var node =
            await NodeProcess.StartAsync(NodeSettings.To(origin.Url) with { Node = "drain-grace = 60s" });

        // A node that is still starting leaves without grace.
        await Eventually.IsTrueAsync(
            async () => (await node.ManageAsync("/ready")).Status == 200, () => "the node is ready");
        await node.Child.SignalAsync("TERM");
        await Eventually.IsTrueAsync(
            async () => (await node.ManageAsync("/ready")).Status == 500, () => "the node is not ready");
        var answer = await node.AskAsync("GET / HTTP/1.1\r\nHost: x.test\r\n\r\n");

        Assert.Equal((200, "close"), (answer.Status, answer.Value("Connection")));
        Assert.False(node.Child.HasEnded);

        // Two interrupts end the grace too.
        await node.Child.SignalAsync("INT");
        await node.Child.SignalAsync("INT");
        Assert.Equal(0, await node.Child.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task A_drained_node_sends_clients_away_and_serves_whoever_comes_until_that_is_taken_back()
    {
        await using var origin = new ScriptedOrigin().Serve(_ => Answer.Ok("ok"));
        await using var node = await NodeProcess.StartAsync(new NodeSettings
        {
            Rules = "management { read-only = false }\n" + NodeSettings.Pool("", origin.Url),
        });
        using var idle = await node.ConnectAsync();
        await idle.AskAsync("GET / HTTP/1.1\r\nHost: x.test\r\n\r\n");

        Assert.Equal(200, (await OrderAsync(node, "drain")).Status);
        var during = await node.AskAsync("GET / HTTP/1.1\r\nHost: x.test\r\n\r\n");
        Assert.Equal(WireEnd.Closed, await idle.ReadEndAsync());
        Assert.Equal("Not Healthy: draining: an operator", (await node.ManageAsync("/ready")).Text);
        Assert.Equal((200, "close"), (during.Status, during.Value("Connection")));

        Assert.Equal(200, (await OrderAsync(node, "undrain")).Status);
        using var client = await node.ConnectAsync();
        var after = await client.AskAsync("GET / HTTP/1.1\r\nHost: x.test\r\n\r\n");
        Assert.Empty(after.Values("Connection"));
        Assert.Equal(200, (await node.ManageAsync("/ready")).Status);
    }

    /// <summary>The kernel completes connections while the process does not run; the clients of those were told that
    /// somebody is there.</summary>
    [Fact]
    public async Task Connections_still_in_the_queue_when_the_node_stops_are_served()
    {
        await using var origin = new ScriptedOrigin().Serve(_ => Answer.Ok("ok"));
        await using var node = await NodeProcess.StartAsync(NodeSettings.To(origin.Url) with { Workers = 2 });
        var clients = new List<RawClient>();
        try
        {
            await node.Child.SignalAsync("STOP");
            for (int i = 0; i < 40; i++)
            {
                RawClient client = await node.ConnectAsync();
                clients.Add(client);
                await client.SendAsync("GET / HTTP/1.1\r\nHost: x.test\r\n\r\n");
            }

            await node.Child.SignalAsync("TERM");
            await node.Child.SignalAsync("CONT");

            foreach (RawClient client in clients)
            {
                Assert.Equal(200, (await client.ReadResponseAsync()).Status);
            }

            Assert.Equal(0, await node.Child.WaitAsync(Wire.Patience));
        }
        finally
        {
            clients.ForEach(static client => client.Dispose());
        }
    }

    /// <summary>RFC 9113 §6.8: first "open no more streams" without refusing those on their way, then, when the client
    /// has heard it, the last stream that counts.</summary>
    [Fact]
    public async Task Http2_leaves_in_two_steps_and_finishes_the_streams_it_has()
    {
        await using var origin = new ScriptedOrigin();
        await using var node = await NodeProcess.StartAsync(
            NodeSettings.To(origin.Url) with { Listener = "protocols = [h2c]\naccess-log { enabled = false }" });
        using var client = await node.ConnectAsync();
        await client.SendAsync((byte[])[.. Http2Wire.Start, .. Http2Wire.Get(1)]);
        var (connection, _) = await origin.RequestAsync();

        await node.Child.SignalAsync("TERM");
        Http2Frame first = await NextAsync(client, Http2Wire.GoAway);
        Http2Frame ping = await NextAsync(client, Http2Wire.Ping);
        await client.SendAsync(Http2Wire.Frame(Http2Wire.Ping, 1, 0, ping.Payload));
        Http2Frame second = await NextAsync(client, Http2Wire.GoAway);
        await connection.SendAsync(Answer.Ok("finished"));
        Http2Frame body = await NextAsync(client, Http2Wire.Data);

        Assert.Equal(int.MaxValue, BinaryPrimitives.ReadInt32BigEndian(first.Payload));
        Assert.Equal(1, BinaryPrimitives.ReadInt32BigEndian(second.Payload));
        Assert.Equal("finished", Encoding.ASCII.GetString(body.Payload));
        Assert.Equal(0, await node.Child.WaitAsync(Wire.Patience));
    }

    private static async Task<Http2Frame> NextAsync(RawClient client, byte type) =>
        (await Http2Wire.ReadAsync(client, frame => frame.Type == type))[^1];

    private static Task<WireMessage> OrderAsync(NodeProcess node, string verb) => RawClient.AskOnceAsync(
        node.ManagementPort,
        $"POST /api/node/{verb} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");

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
