using System.CommandLine;
using Proxy.Cluster.Commands.Ctl;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>`ctl` against a running node: what it says becomes true.</summary>
[Trait("Suite", "Functional")]
public sealed class ControlTests
{
    [Fact]
    public async Task A_member_is_drained_and_made_ready_again()
    {
        await using var one = new ScriptedOrigin().Serve(static _ => Answer.Ok("one"));
        await using var two = new ScriptedOrigin().Serve(static _ => Answer.Ok("two"));
        await using var node = await NodeProcess.StartAsync(new NodeSettings
        {
            Rules = "management { read-only = false }\n" + NodeSettings.Pool("", one.Url, two.Url),
        });

        Assert.Equal((0, "app/m1: drain\n", ""), await RunAsync(node, "members", "drain", "app", "m1"));
        await StateAsync(node, "m1", "sticky-only");
        for (int i = 0; i < 6; i++)
        {
            Assert.Equal("two", (await node.AskAsync("GET / HTTP/1.1\r\nHost: x.test\r\n\r\n")).Text);
        }

        Assert.Equal((0, "app/m1: ready\n", ""), await RunAsync(node, "members", "ready", "app", "m1"));
        await StateAsync(node, "m1", "open");
    }

    [Fact]
    public async Task A_member_that_is_not_there_is_an_error_that_names_those_that_are()
    {
        await using var one = new ScriptedOrigin().Serve(static _ => Answer.Ok("one"));
        await using var node = await NodeProcess.StartAsync(new NodeSettings
        {
            Rules = "management { read-only = false }\n" + NodeSettings.Pool("", one.Url),
        });

        var (code, _, errors) = await RunAsync(node, "members", "maint", "app", "m9");

        Assert.Equal(1, code);
        Assert.Contains("m1", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_nodes_of_the_cluster_are_listed()
    {
        await using var one = new ScriptedOrigin().Serve(static _ => Answer.Ok("one"));
        await using var node = await NodeProcess.StartAsync(NodeSettings.To(one.Url));

        await Eventually.IsTrueAsync(
            async () => (await RunAsync(node, "cluster", "members")).Output.Contains("Up", StringComparison.Ordinal),
            () => $"the node is Up; {node.Log}");
        var (code, output, _) = await RunAsync(node, "cluster", "members");

        Assert.Equal(0, code);
        Assert.Matches("(?m)^test-node +Up", output);
    }

    private static Task StateAsync(NodeProcess node, string member, string state) => Eventually.IsTrueAsync(
        async () => (await RunAsync(node, "members", "list")).Output.Split('\n')
            .Any(line => line.Contains($" {member} ", StringComparison.Ordinal)
                && line.Contains($" {state} ", StringComparison.Ordinal)),
        () => $"{member} is {state}");

    private static async Task<(int Code, string Output, string Errors)> RunAsync(
        NodeProcess node, params string[] words)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var errors = new StringWriter { NewLine = "\n" };
        ParseResult parsed = CtlCommand.Make().Parse([.. words, "--url", $"http://127.0.0.1:{node.ManagementPort}"]);
        int code = await parsed.InvokeAsync(
            new InvocationConfiguration { Output = output, Error = errors }, TestContext.Current.CancellationToken);
        return (code, output.ToString(), errors.ToString());
    }
}
