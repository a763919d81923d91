using System.Diagnostics;
using System.Net.Sockets;
using Proxy.Cluster.Management;
using Proxy.Cluster.Shutdown;
using Proxy.Edge.Node;

namespace Proxy.Cluster.Restart;

/// <summary>A node's change from one process to the next without losing a connection attempt: the new process gets the
/// listening sockets, serves, and only then the old one stops accepting, drains and ends. Begun by
/// <see cref="UpgradeAsync"/>, or by somebody who starts the program with --take-over.</summary>
internal sealed class HotRestart : IPredecessor, IAsyncDisposable
{
    /// <summary>Within this time a new process has to serve. Reading a large configuration and its certificates takes
    /// seconds.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly NodeDeparture _departure;
    private readonly Func<Task<IReadOnlyList<SharedListener>>> _share;
    private readonly Action<string> _log;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly List<Func<Task>> _releases = [];
    private TaskCompletionSource<ControlAnswer>? _upgrade;
    private HandoverDesk? _desk;
    private string? _deskProblem = "the node is still starting";

    /// <param name="share">All listening sockets, as duplicates.</param>
    public HotRestart(
        NodeDeparture departure,
        IReadOnlyList<IHandoverState> state,
        Func<Task<IReadOnlyList<SharedListener>>> share,
        Action<string> log,
        TimeProvider time)
    {
        _departure = departure;
        _share = share;
        _log = log;
        _time = time;
        State = state;
        departure.UpgradeWith(UpgradeAsync);
    }

    public IReadOnlyList<IHandoverState> State { get; }

    public string? Refusal => _departure.Phase is NodePhase.Serving or NodePhase.Draining
        ? null
        : $"the node is {_departure.State}";

    /// <summary>What only one process of the node can have, such as its place in the cluster: given up when the
    /// successor serves, before it is told that it may take it.</summary>
    public void BeforeGivingWay(Func<Task> release) => _releases.Add(release);

    /// <summary>Where the processes of a node meet.</summary>
    public static string Place(string stateDirectory) =>
        Path.Combine(Path.GetFullPath(stateDirectory), "handover.sock");

    /// <summary>From now on the next process may ask. Without a state directory to write to the node serves all the
    /// same.</summary>
    public void Open(string path)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!); // not null: Place names a file
            _desk = HandoverDesk.Open(path, this, _time, Patience);
            _deskProblem = null;
        }
        catch (Exception error) when (error is IOException or SocketException or UnauthorizedAccessException
            or ArgumentException)
        {
            _deskProblem = $"no handover at {path}: {error.Message}";
            _log(_deskProblem);
        }
    }

    /// <summary>Starts the program anew and answers when it serves, or why it does not.</summary>
    public async Task<ControlAnswer> UpgradeAsync()
    {
        var done = new TaskCompletionSource<ControlAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_deskProblem is { } problem)
            {
                return ControlAnswer.Refused(problem);
            }

            if (_upgrade is not null)
            {
                return ControlAnswer.Refused("another process is about to take over");
            }

            _upgrade = done;
        }

        try
        {
            using Process? successor = SuccessorProcess.Start(out string trouble);
            if (successor is null)
            {
                _log($"the program could not be started anew: {trouble}");
                return ControlAnswer.Refused(trouble);
            }

            _log($"started process {successor.Id} to take over");
            Task<int> ended = EndAsync(successor);
            Task first = await Task.WhenAny(done.Task, ended, Task.Delay(Patience, _time));
            if (first == done.Task)
            {
                return await done.Task;
            }

            string why = first == ended
                ? $"process {successor.Id} ended with code {await ended} before it served; its log says why"
                : $"process {successor.Id} does not serve within {Patience.TotalSeconds} s";
            if (first != ended)
            {
                successor.Kill();
            }

            _log($"{why}; this process goes on");
            return ControlAnswer.Refused(why);
        }
        finally
        {
            lock (_gate)
            {
                _upgrade = null;
            }
        }
    }

    public Task<IReadOnlyList<SharedListener>> ShareSocketsAsync() => _share();

    public async Task GiveWayAsync(int successor)
    {
        // First, so that management can still answer whoever asked for it.
        lock (_gate)
        {
            _upgrade?.TrySetResult(ControlAnswer.Done);
        }

        foreach (Func<Task> release in _releases)
        {
            try
            {
                await release();
            }
            catch (Exception error)
            {
                _log($"giving way: {error.Message}");
            }
        }

        await _departure.HandedOverAsync(successor);
    }

    public void Log(string what) => _log(what);

    public ValueTask DisposeAsync() => _desk?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static async Task<int> EndAsync(Process process)
    {
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
