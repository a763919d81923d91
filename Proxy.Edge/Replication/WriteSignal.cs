namespace Proxy.Edge.Replication;

/// <summary>Wakes whoever sends what loops write. A loop pays for it only when the sender has nothing to do; while it
/// is busy, writing costs one read.</summary>
public sealed class WriteSignal
{
    private Action _wake = static () => { };
    private int _armed;

    /// <summary>What wakes the sender: must neither wait nor throw, runs on the writing loop's thread.</summary>
    public void Attach(Action wake) => Volatile.Write(ref _wake, wake);

    /// <summary>From now on the next write wakes. The sender looks once more afterwards, before it goes to sleep.
    /// </summary>
    public void Arm() => Interlocked.Exchange(ref _armed, 1);

    /// <summary>Something waits to be sent.</summary>
    public void Written()
    {
        if (Volatile.Read(ref _armed) != 0 && Interlocked.Exchange(ref _armed, 0) != 0)
        {
            Volatile.Read(ref _wake)();
        }
    }
}
