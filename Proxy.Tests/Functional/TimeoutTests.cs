using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>Nobody can hold a connection for ever, on either side. Limits are short here so that the tests
/// are.</summary>
[Trait("Suite", "Functional")]
public sealed class TimeoutTests
{
    private const string ClientLimits = """
        timeouts {
          head = 500ms, keep-alive = 700ms, body-idle = 500ms, write-idle = 700ms, min-rate = 10K, rate-grace = 1s
        }
        """;

    private const string OriginLimits =
        "timeouts { connect = 500ms, response = 500ms, body-idle = 500ms, write-idle = 700ms }";

    [Fact]
    public async Task A_head_that_does_not_end_is_given_up()
    {
        await using var origin = new ScriptedOrigin();
        await using var node = await StartAsync(origin);
        using var client = await node.ConnectAsync();

        await client.SendAsync("GET / HTTP/1.1\r\nHost: x.test\r\nA: ");

        await AssertGivenUpAsync(client, 408);
        Assert.Equal(0, origin.Connections);
    }

    [Fact]
    public async Task A_head_that_drips_is_given_up_although_bytes_keep_coming()
    {
        await using var origin = new ScriptedOrigin();
        await using var node = await StartAsync(origin);
        using var client = await node.ConnectAsync();

        await client.SendAsync("GET / HTTP/1.1\r\nHost: x.test\r\nA: ");
        var dripping = DripAsync(client);

        await AssertGivenUpAsync(client, 408);
        await dripping;
    }

    [Fact]
    public async Task An_idle_connection_ends_quietly()
    {
        await using var origin = new ScriptedOrigin().Serve(_ => Answer.Ok("ok"));
        await using var node = await StartAsync(origin);
        using var client = await node.ConnectAsync();

        Assert.Equal("ok", (await client.AskAsync("GET / HTTP/1.1\r\nHost: x.test\r\n\r\n")).Text);

        Assert.Equal(WireEnd.Closed, await client.ReadEndAsync());
    }

    [Fact]
    public async Task A_request_body_that_stops_is_given_up_and_never_completed()
    {
        await using var origin = new ScriptedOrigin();
        await using var node = await StartAsync(origin);
        using var client = await node.ConnectAsync();

        await client.SendAsync("POST / HTTP/1.1\r\nHost: x.test\r\nContent-Length: 100\r\n\r\nhello");
        using var connection = await origin.ConnectionAsync();
        await connection.ReadUntilAsync("hello");

        await AssertGivenUpAsync(client, 408);
        Assert.NotEqual(WireEnd.Open, await connection.ReadEndAsync());
    }

    [Fact]
    public async Task A_request_body_that_drips_is_given_up()
    {
        await using var origin = new ScriptedOrigin();
        await using var node = await StartAsync(origin, origin: "timeouts { response = 30s }");
        using var client = await node.ConnectAsync();

        await client.SendAsync("POST / HTTP/1.1\r\nHost: x.test\r\nContent-Length: 100000\r\n\r\n");
        var dripping = DripAsync(client);

        await AssertGivenUpAsync(client, 408);
        await dripping;
    }

    [Fact]
    public async Task A_client_that_does_not_read_is_given_up_and_the_origin_is_let_go()
    {
        await using var origin = new ScriptedOrigin();
        await using var node = await StartAsync(origin, origin: "timeouts { write-idle = 30s, body-idle = 30s }");
        using var client = await node.ConnectAsync(receiveBuffer: 4096);

        await client.SendAsync("GET / HTTP/1.1\r\nHost: x.test\r\n\r\n");
        var (connection, _) = await origin.RequestAsync();
        await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
        var piece = new byte[256 * 1024];
        try
        {
            for (var i = 0; i < 4000; i++)
            {
                await connection.SendAsync(piece);
            }

            Assert.Fail("The proxy swallowed a gigabyte for a client that does not read.");
        }
        catch (System.Net.Sockets.SocketException)
        {
            // Let go, as it should be.
        }
    }

    [Fact]
    public async Task A_slow_reader_holds_back_the_origin_instead_of_filling_memory()
    {
        await using var origin = new ScriptedOrigin();
        await using var node = await NodeProcess.StartAsync(NodeSettings.To(origin.Url));
        using var client = await node.ConnectAsync(receiveBuffer: 4096);

        await client.SendAsync("GET / HTTP/1.1\r\nHost: x.test\r\n\r\n");
        var (connection, _) = await origin.RequestAsync();
        await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
        var taken = await connection.SendUntilBlockedAsync(new byte[64 * 1024], 200_000_000, TimeSpan.FromSeconds(1));

        // Mostly the kernel's buffers of four sockets; the proxy's own share is below a megabyte.
        Assert.InRange(taken, 1, 40_000_000);
    }

    [Fact]
    public async Task An_origin_that_does_not_answer_is_504()
    {
        await using var origin = new ScriptedOrigin();
        await using var node = await StartAsync(origin);
        using var client = await node.ConnectAsync();

        await client.SendAsync("POST / HTTP/1.1\r\nHost: x.test\r\nContent-Length: 2\r\n\r\nhi");
        var (connection, _) = await origin.RequestAsync();
        var answer = await client.ReadResponseAsync();

        Assert.Equal(504, answer.Status);
        Assert.Contains("http_response_timeout", answer.Value("Proxy-Status"), StringComparison.Ordinal);
        Assert.NotEqual(WireEnd.Open, await connection.ReadEndAsync());
    }

    [Fact]
    public async Task An_origin_that_stops_in_its_body_ends_the_response_as_an_abort()
    {
        await using var origin = new ScriptedOrigin();
        await using var node = await StartAsync(origin, "timeouts { body-idle = 500ms }");
        using var client = await node.ConnectAsync();

        await client.SendAsync("GET / HTTP/1.1\r\nHost: x.test\r\n\r\n");
        var (connection, _) = await origin.RequestAsync();
        await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
        var answer = await client.ReadResponseAsync();

        Assert.False(answer.Complete);
        Assert.NotEqual(WireEnd.Open, await connection.ReadEndAsync());
    }

    [Fact]
    public async Task An_origin_that_refuses_is_502_with_the_cause()
    {
        var origin = new ScriptedOrigin();
        await origin.DisposeAsync();
        await using var node = await NodeProcess.StartAsync(NodeSettings.To(origin.Url));

        var answer = await node.AskAsync("GET / HTTP/1.1\r\nHost: x.test\r\n\r\n");

        Assert.Equal(502, answer.Status);
        Assert.Contains("connection_refused", answer.Value("Proxy-Status"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_leaves_frees_the_origin()
    {
        await using var origin = new ScriptedOrigin();
        await using var node = await NodeProcess.StartAsync(NodeSettings.To(origin.Url));
        using var client = await node.ConnectAsync();

        await client.SendAsync("GET / HTTP/1.1\r\nHost: x.test\r\n\r\n");
        var (connection, _) = await origin.RequestAsync();
        client.Reset();

        Assert.NotEqual(WireEnd.Open, await connection.ReadEndAsync());
    }

    private static Task<NodeProcess> StartAsync(ScriptedOrigin member, string origin = OriginLimits) =>
        NodeProcess.StartAsync(new NodeSettings
        {
            Listener = "access-log { enabled = false }\n" + ClientLimits,
            Rules = NodeSettings.Pool(origin + "\nretry { attempts = 0 }", member.Url),
        });

    /// <summary>Either side may have been writing, so the status may be lost to a reset; a success it must not
    /// be.</summary>
    private static async Task AssertGivenUpAsync(RawClient client, int status)
    {
        var rest = System.Text.Encoding.Latin1.GetString(await client.ReadToEndAsync());
        Assert.True(rest.Length == 0 || rest.StartsWith($"HTTP/1.1 {status} ", StringComparison.Ordinal), rest);
    }

    private static async Task DripAsync(RawClient client)
    {
        try
        {
            for (var i = 0; i < 100; i++)
            {
                await client.SendAsync("x");
                await Task.Delay(
                    TimeSpan.FromMilliseconds(50), TimeProvider.System, TestContext.Current.CancellationToken);
            }

            Assert.Fail("Five seconds of dripping were accepted.");
        }
        catch (System.Net.Sockets.SocketException)
        {
            // Given up, as it should be.
        }
    }
}
