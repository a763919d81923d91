using System.Globalization;
using System.Text.Json;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>What an operator sees of a running node.</summary>
[Trait("Suite", "Functional")]
public sealed class SeeingTests
{
    [Fact]
    public async Task Management_says_alive_and_ready_and_shows_pools_and_configuration()
    {
        await using var origin = new ScriptedOrigin().Serve(_ => Answer.Ok("ok"));
        await using var node = await NodeProcess.StartAsync(NodeSettings.To(origin.Url));

        Assert.Equal(200, (await node.ManageAsync("/alive")).Status);
        Assert.Equal(200, (await node.ManageAsync("/ready")).Status);
        var pools = await node.ManageAsync("/api/pools");
        var config = await node.ManageAsync("/api/config");

        using var parsed = JsonDocument.Parse(pools.Text);
        Assert.Contains("app", pools.Text, StringComparison.Ordinal);
        Assert.Contains("m1", pools.Text, StringComparison.Ordinal);
        Assert.Equal(200, config.Status);
        Assert.Contains(origin.Port.ToString(CultureInfo.InvariantCulture), config.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("role = spare", "spare")]
    [InlineData("state = \"+H\"", "standby")]
    [InlineData("role = standby, state = \"+R\"", "spare")]
    public async Task A_member_is_shown_in_the_role_it_has_whether_by_its_role_or_by_Apaches_flags(
        string keys, string role)
    {
        await using var origin = new ScriptedOrigin().Serve(_ => Answer.Ok("ok"));
        NodeSettings settings = NodeSettings.To(origin.Url, origin.Url);
        await using var node = await NodeProcess.StartAsync(settings with
        {
            Rules = settings.Rules.Replace("name = m2,", $"name = m2, {keys},", StringComparison.Ordinal),
        });

        using var pools = JsonDocument.Parse((await node.ManageAsync("/api/pools")).Text);

        Assert.Equal(
            ["primary", role],
            pools.RootElement[0].GetProperty("members").EnumerateArray()
                .Select(static member => member.GetProperty("role").GetString()));
    }

    [Fact]
    public async Task Requests_are_counted()
    {
        await using var origin = new ScriptedOrigin().Serve(_ => Answer.Ok("ok"));
        await using var node = await NodeProcess.StartAsync(NodeSettings.To(origin.Url));

        for (var i = 0; i < 7; i++)
        {
            await node.AskAsync("GET / HTTP/1.1\r\nHost: x.test\r\n\r\n");
        }

        await Eventually.IsTrueAsync(
            async () => Metrics((await node.ManageAsync("/metrics")).Text, "requests_total").Sum() >= 7,
            () => "seven requests");
        var metrics = (await node.ManageAsync("/metrics")).Text;
        Assert.NotEmpty(Metrics(metrics, "proxy_gc_allocated_bytes_total"));
        Assert.Contains("# TYPE ", metrics, StringComparison.Ordinal);
        Assert.Contains("_bucket{", metrics, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("combined")]
    [InlineData("json")]
    public async Task Every_request_has_its_line_in_the_access_log(string format)
    {
        await using var origin = new ScriptedOrigin().Serve(_ => Answer.With(201, "made"));
        await using var node = await NodeProcess.StartAsync(
            NodeSettings.To(origin.Url) with
            {
                Listener = $"access-log {{ format = {format}, path = \"access.log\" }}",
            });

        await node.AskAsync("GET /seen?x=1 HTTP/1.1\r\nHost: x.test\r\nUser-Agent: \"odd\\\"\r\n\r\n");
        var path = Path.Combine(node.Folder, "access.log");
        await Eventually.IsTrueAsync(() => File.Exists(path) && File.ReadAllText(path).Contains('\n'), () => "a line");

        var line = File.ReadAllLines(path).Single();
        Assert.Contains("/seen?x=1", line, StringComparison.Ordinal);
        Assert.Contains("201", line, StringComparison.Ordinal);
        Assert.Contains("127.0.0.1", line, StringComparison.Ordinal);
        if (format == "json")
        {
            using var parsed = JsonDocument.Parse(line);
            Assert.Equal(JsonValueKind.Object, parsed.RootElement.ValueKind);
        }
    }

    [Fact]
    public async Task An_error_of_the_proxy_names_itself_and_leaks_no_addresses()
    {
        var origin = new ScriptedOrigin();
        await origin.DisposeAsync();
        await using var node = await NodeProcess.StartAsync(NodeSettings.To(origin.Url));

        var answer = await node.AskAsync("GET / HTTP/1.1\r\nHost: x.test\r\n\r\n");

        Assert.True(answer.Has("Proxy-Status"));
        Assert.DoesNotContain(
            origin.Port.ToString(CultureInfo.InvariantCulture), answer.Head + answer.Text, StringComparison.Ordinal);
    }

    private static IEnumerable<double> Metrics(string text, string name) => text.Split('\n')
        .Where(line => !line.StartsWith('#') && line.Split('{', ' ')[0].EndsWith(name, StringComparison.Ordinal))
        .Select(line => double.Parse(line.Split(' ')[^1], CultureInfo.InvariantCulture));
}
