namespace Proxy.Edge.Telemetry;

/// <summary>How loops wake the access log's writer with few system calls: it says what it waits for, and only the first
/// loop to see that makes the call. While it collects a batch only an urgent signal counts.</summary>
#pragma warning disable CA1001 // Never disposed: loops and signal handlers may set the event to the very end.
internal sealed class WriterWakeUp
#pragma warning restore CA1001
{
    private const int Awake = 0;
    private const int Collecting = 1;
    private const int Asleep = 2;

    // Signals between the last look at the rings and the change of mode may be missed, because the loops use no fence;
    // so no wait is longer than this.
    private static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(1);
    private readonly AutoResetEvent _event = new(initialState: false);
    private int _mode;

    /// <summary>A loop has appended a record; <paramref name="isUrgent"/> when its ring fills up.</summary>
    public void Signal(bool isUrgent)
    {
        int mode = Volatile.Read(ref _mode);
        if (mode != Awake && (mode == Asleep || isUrgent) && Interlocked.Exchange(ref _mode, Awake) != Awake)
        {
            _event.Set();
        }
    }

    /// <summary>Wakes the writer whatever it waits for.</summary>
    public void Force() => _event.Set();

    /// <summary>Waits for the first record.</summary>
    public void Sleep() => Wait(Asleep, LongestSleep);

    /// <summary>Lets records gather for <paramref name="time"/>, or until a ring fills up.</summary>
    public void Collect(TimeSpan time) => Wait(Collecting, time);

    /// <summary>Waits whatever the loops do: nothing can be written at present.</summary>
    public void Pause(TimeSpan time) => Wait(Awake, time);

    private void Wait(int mode, TimeSpan time)
    {
        Volatile.Write(ref _mode, mode);
        _event.WaitOne(time);
        Volatile.Write(ref _mode, Awake);
    }
}
