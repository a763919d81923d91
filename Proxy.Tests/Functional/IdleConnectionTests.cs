using System.Globalization;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

[Trait("Suite", "Functional")]
public sealed class IdleConnectionTests
{
    private const int First = 1_000;
    private const int More = 4_000;

    [Fact]
    public async Task Thousands_of_idle_connections_cost_two_kilobytes_each_at_most()
    {
        await using var origin = new ScriptedOrigin().Serve(_ => Answer.Ok("ok"));
        await using var node = await NodeProcess.StartAsync(NodeSettings.To(origin.Url));
        var clients = new List<RawClient>();
        try
        {
            // The first thousand pays for code and tables that are there once.
            await OpenAsync(node, clients, First);
            var before = PrivateKilobytes(node.Child.Id);
            await OpenAsync(node, clients, More);
            var each = (PrivateKilobytes(node.Child.Id) - before) / (double)More;

            Assert.True(each <= 2.0, $"{each:F2} KB per idle connection");
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
    }

    private static async Task OpenAsync(NodeProcess node, List<RawClient> clients, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var client = await node.ConnectAsync();
            clients.Add(client);
            Assert.Equal("ok", (await client.AskAsync("GET / HTTP/1.1\r\nHost: x.test\r\n\r\n")).Text);
        }
    }

    private static long PrivateKilobytes(int process) => File.ReadLines($"/proc/{process}/smaps_rollup")
        .Where(line => line.StartsWith("Private_Dirty:", StringComparison.Ordinal))
        .Select(line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture))
        .Single();
}
