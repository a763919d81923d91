using System.Collections.Concurrent;

namespace Proxy.Actors.Runtime;

/// <summary>
/// One background thread for one actor. After disposal late turns (a watch on the dead actor) go to the fallback.
/// </summary>
internal sealed class ThreadDispatcher : IDispatcher, IDisposable
{
    private readonly IDispatcher _fallback;
    private readonly BlockingCollection<IRunnable> _turns = [];

    public ThreadDispatcher(string name, IDispatcher fallback)
    {
        _fallback = fallback;
        new Thread(Loop) { Name = name, IsBackground = true }.Start();
    }

    public TimeProvider Time => _fallback.Time;

    public IRandom Random => _fallback.Random;

    public int MessagesPerTurn => _fallback.MessagesPerTurn;

    public void Schedule(IRunnable runnable)
    {
        try
        {
            _turns.Add(runnable);
        }
        catch (InvalidOperationException)
        {
            _fallback.Schedule(runnable);
        }
    }

    public IDispatcher Dedicated(string name) => _fallback.Dedicated(name);

    /// <summary>
    /// The thread ends after the turns already queued. Called from that very thread, so it does not join.
    /// </summary>
    public void Dispose() => _turns.CompleteAdding();

    private void Loop()
    {
        foreach (var turn in _turns.GetConsumingEnumerable())
        {
            turn.Execute();
        }
    }
}
