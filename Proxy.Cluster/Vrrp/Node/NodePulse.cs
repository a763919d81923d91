using Proxy.Cluster.Vrrp.Guard;

namespace Proxy.Cluster.Vrrp.Node;

/// <summary>Looks after the node's parts for the heartbeat: each loop, and the pool of threads that actors work on,
/// which may be late for longer since no request waits for it. Used by one thread.</summary>
internal sealed class NodePulse : IDisposable
{
    private readonly IVipNode _node;
    private readonly TimeProvider _time;
    private readonly long _begin;
    private readonly HangWatch _watch;
    private readonly PulseSample[] _samples;
    private readonly ProcessState?[] _threads;
    private readonly PoolBeat _pool = new();
    private readonly ThreadCensus _census;

    private NodePulse(IVipNode node, TimeProvider time, TimeSpan hangAfter, TimeSpan every)
    {
        _node = node;
        _time = time;
        _census = new ThreadCensus(time);
        _begin = time.GetTimestamp();
        _watch = new HangWatch(node.Loops + 1, hangAfter, every);
        _samples = new PulseSample[node.Loops + 1];
        _threads = new ProcessState?[node.Loops];
    }

    public static NodePulse Start(IVipNode node, TimeProvider time, TimeSpan hangAfter, TimeSpan every) =>
        new(node, time, hangAfter, every);

    /// <summary>What hangs, in words; null when nothing does.</summary>
    public string? Stuck { get; private set; }

    /// <summary>True when every loop has taken a turn since it was asked last and nothing hangs; those that have are
    /// asked again.</summary>
    public bool Take()
    {
        bool isAlive = true;
        for (int i = 0; i < _node.Loops; i++)
        {
            isAlive &= _node.HasTurned(i);
        }

        bool isHeldUp = false;
        if (isAlive)
        {
            _census.Forget();
        }
        else
        {
            isHeldUp = _census.Look();
        }

        for (int i = 0; i < _node.Loops; i++)
        {
            bool hasTurned = _node.HasTurned(i);
            _samples[i] = new PulseSample(hasTurned, !hasTurned && (isHeldUp || IsBusy(i)));
        }

        _samples[^1] = new PulseSample(_pool.HasTurned, IsBusy: true);
        int stuck = _watch.Step(_time.GetElapsedTime(_begin), GC.GetTotalPauseDuration(), _samples);
        Stuck = stuck < 0 ? null : stuck < _node.Loops ? $"loop {stuck} hangs" : "the actors' threads hang";
        for (int i = 0; i < _node.Loops; i++)
        {
            _node.Ask(i);
        }

        _pool.Ask();
        return isAlive && stuck < 0;
    }

    public void Dispose()
    {
        foreach (ProcessState? thread in _threads)
        {
            thread?.Dispose();
        }
    }

    /// <summary>A thread that nothing is known of yet may be about to start.</summary>
    private bool IsBusy(int loop)
    {
        if (_threads[loop] is null && _node.ThreadOf(loop) is > 0 and var number)
        {
            _threads[loop] = ProcessState.OpenThread(number);
        }

        return _threads[loop] is not { } thread || thread.WantsCore() || thread.WaitsForDisk();
    }

    private sealed class PoolBeat : IThreadPoolWorkItem
    {
        private bool _hasTurned = true;

        public bool HasTurned => Volatile.Read(ref _hasTurned);

        public void Ask()
        {
            if (HasTurned)
            {
                Volatile.Write(ref _hasTurned, false);
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            }
        }

        public void Execute() => Volatile.Write(ref _hasTurned, true);
    }
}
