using System.Globalization;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

[Trait("Suite", "Functional")]
public sealed class IdleConnectionTests
{
    // As long and with as many fields as a browser's, because a connection may keep what it needed once.
    private static readonly string Request =
        "GET / HTTP/1.1\r\nHost: x.test\r\n"
        + string.Concat(Enumerable.Range(0, 12).Select(i => $"X-Field-{i}: {new string('v', 50)}\r\n")) + "\r\n";

    private const int First = 2_000;
    private const int More = 8_000;

    [Fact]
    public async Task Thousands_of_idle_connections_cost_two_kilobytes_each_at_most()
    {
        await using var origin = new ScriptedOrigin().Serve(_ => Answer.Ok("ok"));
        await using var node = await NodeProcess.StartAsync(NodeSettings.To(origin.Url));
        var clients = new List<RawClient>();
        try
        {
            // The first ones pay for code and tables that are there once.
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
            Assert.Equal("ok", (await client.AskAsync(Request)).Text);
        }
    }

    private static long PrivateKilobytes(int process) => File.ReadLines($"/proc/{process}/smaps_rollup")
        .Where(line => line.StartsWith("Private_Dirty:", StringComparison.Ordinal))
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1])
        .Select(number => long.Parse(number, CultureInfo.InvariantCulture))
        .Single();
}
