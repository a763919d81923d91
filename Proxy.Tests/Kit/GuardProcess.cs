using System.Globalization;
using Proxy.Cluster.Vrrp.Guard;
using Proxy.Cluster.Vrrp.Machine;

namespace Proxy.Tests.Kit;

/// <summary>"proxy vip-guard" in a host of the lab. The test talks to it in the node's place, and a sleeping process
/// stands for the node's life.</summary>
internal sealed class GuardProcess : IAsyncDisposable
{
    private readonly NetworkLab _lab;
    private readonly int _host;
    private readonly TempFolder _folder = new();
    private readonly List<(long At, GuardEvent Event)> _events = [];
    private readonly Lock _eventsLock = new();
    private Task _reading = Task.CompletedTask;
    private VipGuardClient? _client;

    private GuardProcess(NetworkLab lab, int host)
    {
        _lab = lab;
        _host = host;
        Child = StartChild();
        Node = StartNode();
    }

    public ChildProcess Child { get; private set; }

    /// <summary>Stands for the node.</summary>
    public ChildProcess Node { get; private set; }

    public VipGuardClient Client => _client ?? throw new InvalidOperationException("not connected");

    public string SocketPath => Path.Combine(_folder.Path, "guard.sock");

    public IReadOnlyList<GuardEvent> Events
    {
        get
        {
            lock (_eventsLock)
            {
                return [.. _events.Select(static each => each.Event)];
            }
        }
    }

    public static async Task<GuardProcess> StartAsync(NetworkLab lab, int host)
    {
        var guard = new GuardProcess(lab, host);
        await Eventually.IsTrueAsync(() => File.Exists(guard.SocketPath), guard.Log);
        return guard;
    }

    public string Log() => string.Create(
        CultureInfo.InvariantCulture, $"guard {_host}:\n{Child.Output}\n{string.Join('\n', Events)}\n");

    /// <summary>A session as a node has it: hello, routers, commit.</summary>
    public async Task ConfigureAsync(TimeSpan hangAfter, params VirtualRouterSettings[] routers)
    {
        await ConnectAsync();
        Client.Hello(hangAfter, Node.Id);
        foreach (VirtualRouterSettings router in routers)
        {
            Client.Configure(router);
        }

        Client.Commit();
        await Eventually.IsTrueAsync(
            () => routers.All(router => StateOf(router.Id) is not null), () => $"every router's state\n{Log()}");
    }

    public Task ConfigureAsync(params VirtualRouterSettings[] routers) => ConfigureAsync(TimeSpan.Zero, routers);

    /// <summary>The last thing heard about a router.</summary>
    public RouterReport? StateOf(ushort id) => Events.OfType<GuardEvent.Router>()
        .Where(report => report.Value.Id == id).Select(static report => (RouterReport?)report.Value).LastOrDefault();

    /// <summary>When a router was first heard to be in that state after the given moment.</summary>
    /// <param name="since">Timestamp of the system's clock.</param>
    public async Task<TimeSpan> TimeToAsync(ushort id, VrrpState state, long since)
    {
        long? at = null;
        await Eventually.IsTrueAsync(
            () =>
            {
                lock (_eventsLock)
                {
                    at = _events
                        .Where(each => each.At >= since && each.Event is GuardEvent.Router { Value: var report }
                            && report.Id == id && report.State == state)
                        .Select(static each => (long?)each.At).FirstOrDefault();
                    return at is not null;
                }
            },
            () => $"router {id} in state {state}\n{Log()}");
        return TimeProvider.System.GetElapsedTime(since, at!.Value);
    }

    public async Task<RouterCounters> CountAsync(ushort id)
    {
        int before = Events.Count;
        Client.Query();
        RouterCounters? counters = null;
        await Eventually.IsTrueAsync(
            () =>
            {
                counters = Events.Skip(before).OfType<GuardEvent.Counters>()
                    .Where(each => each.Value.Id == id).Select(static each => (RouterCounters?)each.Value)
                    .LastOrDefault();
                return counters is not null;
            },
            Log);
        return counters!.Value;
    }

    /// <summary>Another node in the place of the one that ended.</summary>
    public async Task ReplaceNodeAsync()
    {
        await Node.DisposeAsync();
        Node = StartNode();
    }

    /// <summary>The guard dies without a word and is started again.</summary>
    public async Task CrashAndRestartAsync()
    {
        await Child.DisposeAsync();
        await _reading;
        File.Delete(SocketPath);
        lock (_eventsLock)
        {
            _events.Clear();
        }

        Child = StartChild();
        await Eventually.IsTrueAsync(() => File.Exists(SocketPath), Log);
    }

    public async ValueTask DisposeAsync()
    {
        await Child.DisposeAsync();
        await _reading;
        _client?.Dispose();
        await Node.DisposeAsync();
        _folder.Dispose();
    }

    private static ChildProcess StartNode() => ChildProcess.Start("sleep", ["600"], "/");

    private ChildProcess StartChild() => _lab.Start(
        _host, _folder.Path, "dotnet", Repository.Program, "vip-guard", "--socket", SocketPath);

    private async Task ConnectAsync()
    {
        VipGuardClient? before = _client;
        VipGuardClient client = await VipGuardClient.ConnectAsync(
            SocketPath, TestContext.Current.CancellationToken);
        _client = client;
        Task previous = _reading;
        _reading = ReadAsync(client);
        before?.Dispose();
        await previous;
    }

    private async Task ReadAsync(VipGuardClient client)
    {
        try
        {
            while (await client.ReceiveAsync(CancellationToken.None) is { } next)
            {
                lock (_eventsLock)
                {
                    _events.Add((TimeProvider.System.GetTimestamp(), next));
                }
            }
        }
        catch (ObjectDisposedException)
        {
            // The session was replaced.
        }
    }
}
