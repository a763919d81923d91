using System.Text;

[assembly: AssemblyFixture(typeof(Proxy.Tests.Kit.SharedNode))]

namespace Proxy.Tests.Kit;

/// <summary>One node for all tests that need nothing special, so that they are fast. It has many equal <see cref="Slot"/>s,
/// each with a host name, a pool and a scripted origin of its own; a test takes a new one and cannot disturb another.
/// The node starts when the first slot is taken.</summary>
internal sealed class SharedNode : IAsyncDisposable
{
    private const int Slots = 300;

    private readonly Lock _startLock = new();
    private readonly List<ScriptedOrigin> _origins = [];
    private Task<NodeProcess>? _node;
    private int _taken;

    public static async Task<Slot> TakeSlotAsync()
    {
        var shared = await TestContext.Current.GetFixture<SharedNode>()
            ?? throw new InvalidOperationException("The assembly fixture is missing.");
        return await shared.TakeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_node is not null)
        {
            await (await _node).DisposeAsync();
        }

        foreach (var origin in _origins)
        {
            await origin.DisposeAsync();
        }
    }

    private async Task<Slot> TakeAsync()
    {
        Task<NodeProcess> starting;
        lock (_startLock)
        {
            starting = _node ??= StartAsync();
        }

        var node = await starting;
        Assert.False(node.Child.HasEnded, $"The node of all tests has ended. It wrote:\n{node.Log}");
        var number = Interlocked.Increment(ref _taken) - 1;
        Assert.True(number < Slots, "All slots of the shared node are used; raise their number.");
        return new Slot(node, HostOf(number), _origins[number]);
    }

    private Task<NodeProcess> StartAsync()
    {
        var routes = new StringBuilder();
        var pools = new StringBuilder();
        for (var i = 0; i < Slots; i++)
        {
            var origin = new ScriptedOrigin();
            _origins.Add(origin);
            routes.Append(System.Globalization.CultureInfo.InvariantCulture, $$"""
                    { match { host = "{{HostOf(i)}}" }, pool = s{{i}} }

                """);
            pools.Append(System.Globalization.CultureInfo.InvariantCulture, $$"""
                    s{{i}} { members = [ { name = m, url = "{{origin.Url}}" } ], health { passive { failures = 0 } } }

                """);
        }

        return NodeProcess.StartAsync(
            new NodeSettings { Workers = 2, Rules = $"routes = [\n{routes}\n]\npools {{\n{pools}\n}}" });
    }

    private static string HostOf(int number) => $"s{number}.test";
}

/// <summary>A host name of the shared node and the only origin behind it.</summary>
internal sealed record Slot(NodeProcess Node, string Host, ScriptedOrigin Origin)
{
    public Task<RawClient> ConnectAsync(int receiveBuffer = 0) => Node.ConnectAsync(receiveBuffer);

    /// <summary>A request without body.</summary>
    /// <param name="start">Method and target.</param>
    public string Request(string start, params string[] fields) => Message(start, "", fields);

    /// <summary>A request with a body of known length.</summary>
    public string Post(string target, string body, params string[] fields) =>
        Message($"POST {target}", body, [$"Content-Length: {body.Length}", .. fields]);

    private string Message(string start, string body, string[] fields) =>
        $"{start} HTTP/1.1\r\nHost: {Host}\r\n" + string.Concat(fields.Select(field => field + "\r\n")) + "\r\n" + body;
}
