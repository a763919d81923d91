using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>The limits of a head hold where they are set, not where some buffer happens to end.</summary>
[Trait("Suite", "Functional")]
public sealed class HeadLimitTests
{
    [Theory]
    [InlineData(1024, 200)]
    [InlineData(1025, 431)]
    public async Task As_many_fields_as_are_allowed_arrive(int fields, int status)
    {
        await using var origin = new ScriptedOrigin().Serve(static request => Answer.Ok(
            $"{request.Fields.Count(static field => field.Name.StartsWith("f-", StringComparison.Ordinal))}"));
        await using NodeProcess node = await StartAsync(origin, "fields = 1024");

        string more = string.Concat(Enumerable.Range(1, fields - 1).Select(static i => $"f-{i}: {i}\r\n"));
        WireMessage answer = await node.AskAsync($"GET / HTTP/1.1\r\nHost: x.test\r\n{more}\r\n");

        Assert.Equal(status, answer.Status);
        if (status == 200)
        {
            Assert.Equal($"{fields - 1}", answer.Text);
        }
    }

    [Theory]
    [InlineData(60_000, 200)]
    [InlineData(1_000_000, 200)]
    [InlineData(1 << 20, 200)]
    [InlineData((1 << 20) + 1, 431)]
    public async Task A_head_as_large_as_is_allowed_arrives(int bytes, int status)
    {
        await using var origin = new ScriptedOrigin().Serve(static _ => Answer.Ok("ok"));
        await using NodeProcess node = await StartAsync(origin, "head = 1M");

        WireMessage answer = await node.AskAsync(
            $"GET / HTTP/1.1\r\nHost: x.test\r\nx-large: {new string('x', bytes - 43)}\r\n\r\n");

        Assert.Equal(status, answer.Status);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("%7E%41")]
    [InlineData("%c3%a9")]
    [InlineData("a/../")]
    public async Task A_target_as_large_as_is_allowed_arrives(string piece)
    {
        await using var origin = new ScriptedOrigin().Serve(static _ => Answer.Ok("ok"));
        await using NodeProcess node = await StartAsync(origin, "head = 1M, target = 1M");

        string path = string.Concat(Enumerable.Repeat(piece, 1_000_000 / piece.Length));
        WireMessage answer = await node.AskAsync($"GET /{path} HTTP/1.1\r\nHost: x.test\r\n\r\n");

        Assert.Equal(200, answer.Status);
    }

    [Fact]
    public async Task A_large_head_behind_another_request_is_read_when_that_one_is_answered()
    {
        await using var origin = new ScriptedOrigin();
        await using NodeProcess node = await StartAsync(origin, "head = 1M");
        using RawClient client = await node.ConnectAsync();

        await client.SendAsync("GET /first HTTP/1.1\r\nHost: x.test\r\n\r\n");
        var (first, _) = await origin.RequestAsync();
        Task sending = client.SendAsync(
            $"GET /second HTTP/1.1\r\nHost: x.test\r\nx-large: {new string('x', 800_000)}\r\n\r\n");
        await first.SendAsync(Answer.Ok("1"));
        Assert.Equal("1", (await client.ReadResponseAsync()).Text);
        WireMessage request = await first.ReadRequestAsync();
        await first.SendAsync(Answer.Ok("2"));
        await sending;

        Assert.Equal("/second", request.Target);
        Assert.Equal("2", (await client.ReadResponseAsync()).Text);
    }

    private static Task<NodeProcess> StartAsync(ScriptedOrigin origin, string limits) => NodeProcess.StartAsync(
        NodeSettings.To(origin.Url) with { Listener = $"access-log {{ enabled = false }}, limits {{ {limits} }}" });
}
