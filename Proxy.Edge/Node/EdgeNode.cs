using Proxy.Edge.Downstream;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Telemetry;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Node;

/// <summary>The data plane of a node: the loops, and the one door through which snapshots reach them.
/// Thread-safe.</summary>
public sealed class EdgeNode : IAsyncDisposable
{
    private readonly EdgeNodeOptions _options;
    private readonly EdgeLoop[] _loops;
    private readonly Thread[] _threads;
    private readonly SemaphoreSlim _publishing = new(1, 1);
    private readonly Dictionary<string, ConnectionBudget> _budgets = new(StringComparer.Ordinal);
    private Dictionary<string, AccessLog> _logs = new(StringComparer.Ordinal);
    private EdgeSnapshot _snapshot = EdgeSnapshot.Empty;
    private IReadOnlyList<BoundListener> _bound = [];

    public EdgeNode(EdgeNodeOptions options)
    {
        _options = options;
        _loops = new EdgeLoop[options.Loops];
        _threads = new Thread[options.Loops];
        for (int i = 0; i < options.Loops; i++)
        {
            _loops[i] = new EdgeLoop(options, i);
            _threads[i] = new Thread(_loops[i].Loop.Run) { Name = $"edge-{i}", IsBackground = true };
        }
    }

    /// <summary>The snapshot all loops run.</summary>
    public EdgeSnapshot Snapshot => Volatile.Read(ref _snapshot);

    /// <summary>Where the listeners are really bound.</summary>
    public IReadOnlyList<BoundListener> Listeners => Volatile.Read(ref _bound);

    /// <summary>For one watcher of the loops.</summary>
    public LoopPulse NewPulse() => new(_loops.Select(static loop => loop.Loop));

    public void Start()
    {
        foreach (Thread thread in _threads)
        {
            thread.Start();
        }
    }

    /// <summary>Has every loop take the snapshot over; completes when all have. Running exchanges keep what they began
    /// with. A listener or log that cannot be opened is reported and left out; everything else goes live.</summary>
    public async Task<IReadOnlyList<EdgeProblem>> PublishAsync(EdgeSnapshot snapshot)
    {
        await _publishing.WaitAsync();
        try
        {
            var problems = new List<EdgeProblem>();
            Dictionary<string, AccessLog> logs = OpenLogs(snapshot, problems);
            foreach (ListenerPlan listener in snapshot.Listeners)
            {
                _budgets.TryAdd(listener.Name, new ConnectionBudget());
            }

            // The first loop binds; the others join its addresses, which matters when the port was left to the kernel.
            Dictionary<string, SocketTarget> bound = await Call(
                _loops[0], () => _loops[0].Adopt(snapshot, logs, _budgets, null, problems));
            foreach (EdgeLoop loop in _loops.Skip(1))
            {
                await Call(loop, () => loop.Adopt(snapshot, logs, _budgets, bound, problems));
            }

            _options.Inherited.CloseRest();
            foreach (AccessLog old in _logs.Values)
            {
                _options.AccessLogs.Retire(old);
            }

            _logs = logs;
            Volatile.Write(ref _bound, [.. bound.Select(static pair => new BoundListener(pair.Key, pair.Value))]);
            Volatile.Write(ref _snapshot, snapshot);
            return problems;
        }
        finally
        {
            _publishing.Release();
        }
    }

    /// <summary>Accepts from the sockets of the process before this one, which still does so too. To be called when
    /// nothing can keep this process from serving any more.</summary>
    public async Task<IReadOnlyList<EdgeProblem>> BeginAcceptingAsync()
    {
        var problems = new List<EdgeProblem>();
        await OnEveryLoopAsync(loop => loop.BeginAccepting(problems));
        return problems;
    }

    /// <summary>The listening sockets of all loops for another process; whoever asks closes the
    /// descriptors.</summary>
    public async Task<IReadOnlyList<SharedListener>> ShareListenersAsync()
    {
        var sockets = new List<SharedListener>();
        await OnEveryLoopAsync(loop => sockets.AddRange(loop.ShareListeners()));
        return sockets;
    }

    /// <summary>Has clients go elsewhere, while everything that comes is still served.</summary>
    public Task SendClientsAwayAsync() => OnEveryLoopAsync(static loop => loop.SendClientsAway());

    /// <summary>Takes <see cref="SendClientsAwayAsync"/> back.</summary>
    public Task WelcomeClientsAsync() => OnEveryLoopAsync(static loop => loop.WelcomeClients());

    /// <summary>Takes what waits in the queues of the listening sockets, then closes them.</summary>
    public Task StopAcceptingAsync() => OnEveryLoopAsync(static loop => loop.StopAccepting());

    /// <summary>Stops accepting, ends every connection with the answer in hand, and closes what is left when the time
    /// is over.</summary>
    public async Task DrainAsync(TimeSpan limit)
    {
        var drained = new List<Task>();
        await OnEveryLoopAsync(loop =>
        {
            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            loop.Drain(limit, done);
            drained.Add(done.Task);
        });
        await Task.WhenAll(drained);
    }

    public async ValueTask DisposeAsync()
    {
        await OnEveryLoopAsync(static loop => loop.Loop.Stop());
        foreach (Thread thread in _threads)
        {
            thread.Join();
        }

        foreach (EdgeLoop loop in _loops)
        {
            loop.Loop.Dispose();
        }

        _publishing.Dispose();
    }

    private async Task OnEveryLoopAsync(Action<EdgeLoop> action)
    {
        foreach (EdgeLoop loop in _loops)
        {
            await Call(loop, () =>
            {
                action(loop);
                return true;
            });
        }
    }

    private static Task<T> Call<T>(EdgeLoop loop, Func<T> function)
    {
        var call = new LoopCall<T>(function);
        loop.Loop.Post(call);
        return call.Result;
    }

    private Dictionary<string, AccessLog> OpenLogs(EdgeSnapshot snapshot, List<EdgeProblem> problems)
    {
        var logs = new Dictionary<string, AccessLog>(StringComparer.Ordinal);
        foreach (ListenerPlan listener in snapshot.Listeners)
        {
            if (listener.AccessLog is null)
            {
                continue;
            }

            if (_options.AccessLogs.TryOpen(listener.AccessLog, out AccessLog? log, out string? error))
            {
                logs[listener.Name] = log;
            }
            else
            {
                problems.Add(new EdgeProblem(listener.Name, error));
            }
        }

        return logs;
    }
}
