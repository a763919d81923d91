using System.CommandLine;
using Proxy.Cluster.Commands.Ctl;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>`ctl roll` over two real nodes.</summary>
[Trait("Suite", "Functional")]
public sealed class RollTests
{
    [Fact]
    public async Task Two_nodes_leave_one_by_one_and_what_starts_them_again_is_enough()
    {
        await using ScriptedOrigin origin = Load.Origin("one");
        NodeSettings settings = new()
        {
            Rules = "management { read-only = false }\n" + NodeSettings.Pool("", origin.Url),
        };
        await using var first = await NodeProcess.StartAsync(settings);
        await using var second = await NodeProcess.StartAsync(settings);
        NodeProcess[] nodes = [first, second];
        var again = new List<ChildProcess>();
        Task<(int Code, string Output, string Errors)> roll = RollAsync(nodes, "--watch", "1", "--drain", "1");
        try
        {
            foreach (NodeProcess node in nodes)
            {
                await Eventually.IsTrueAsync(() => node.Child.HasEnded, () => "the node leaves", Patience);
                again.Add(ChildProcess.Start("dotnet", [Repository.Program, "run", "node.conf"], node.Folder));
            }

            var (code, output, errors) = await roll;

            Assert.Equal(("", 0), (errors, code));
            Assert.Contains("all 2 nodes are done", output, StringComparison.Ordinal);
        }
        finally
        {
            foreach (ChildProcess process in again)
            {
                await process.DisposeAsync();
            }
        }
    }

    [Fact]
    public async Task A_dry_run_changes_nothing_and_finds_a_node_that_is_away()
    {
        await using ScriptedOrigin origin = Load.Origin("one");
        await using var node = await NodeProcess.StartAsync(NodeSettings.To(origin.Url));
        using var port = new FreePort();

        var (good, table, _) = await RunAsync($"http://127.0.0.1:{node.ManagementPort}", "--dry-run");
        var (bad, _, errors) = await RunAsync(
            $"http://127.0.0.1:{node.ManagementPort},http://127.0.0.1:{port.Number}", "--dry-run");

        Assert.Equal((0, 1), (good, bad));
        Assert.Contains("drain, leave", table, StringComparison.Ordinal);
        Assert.Contains("would stop at once", errors, StringComparison.Ordinal);
        Assert.False(node.Child.HasEnded);
    }

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static Task<(int Code, string Output, string Errors)> RollAsync(
        IEnumerable<NodeProcess> nodes, params string[] words) =>
        RunAsync(string.Join(',', nodes.Select(static node => $"http://127.0.0.1:{node.ManagementPort}")), words);

    private static async Task<(int Code, string Output, string Errors)> RunAsync(string nodes, params string[] words)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        ParseResult parsed = CtlCommand.Make().Parse(["roll", "--nodes", nodes, .. words]);
        int code = await parsed.InvokeAsync(
            new InvocationConfiguration { Output = output, Error = errors }, TestContext.Current.CancellationToken);
        return (code, output.ToString(), errors.ToString());
    }
}
