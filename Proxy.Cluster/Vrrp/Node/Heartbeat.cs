namespace Proxy.Cluster.Vrrp.Node;

/// <summary>Has the heart beat on a thread of its own: timers run on the pool, and a pool that is blocked must not look
/// like loops that hang. A beat that was not dealt with yet is not repeated.</summary>
internal sealed class Heartbeat : IDisposable
{
    private readonly ManualResetEvent _isOver = new(false);
    private readonly TimeSpan _every;
    private readonly Action _beat;
    private bool _isPending;

    private Heartbeat(TimeSpan every, Action beat)
    {
        _every = every;
        _beat = beat;
        new Thread(Run) { IsBackground = true, Name = "vip-heartbeat" }.Start();
    }

    /// <param name="every">Between two beats.</param>
    /// <param name="beat">Called on the thread; has to lead to <see cref="Done"/>.</param>
    public static Heartbeat Start(TimeSpan every, Action beat) => new(every, beat);

    public void Done() => Volatile.Write(ref _isPending, false);

    public void Dispose() => _isOver.Set();

    private void Run()
    {
        while (!_isOver.WaitOne(_every))
        {
            if (!Volatile.Read(ref _isPending))
            {
                Volatile.Write(ref _isPending, true);
                _beat();
            }
        }

        _isOver.Dispose();
    }
}
