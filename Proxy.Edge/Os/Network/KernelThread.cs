namespace Proxy.Edge.Os.Network;

/// <summary>Threads as the kernel knows them.</summary>
public static unsafe class KernelThread
{
    /// <summary>The calling thread's number, unique on the machine while it lives.</summary>
    public static int CurrentId => NetworkLibc.gettid();

    /// <summary>How long a thread of this process has worked so far, in nanoseconds; -1 when it has ended.</summary>
    public static long WorkedFor(int thread)
    {
        // Of one thread, by the scheduler's own measure (posix-timers in the kernel's headers).
        int clock = (~thread << 3) | 4 | 2;
        TimeSpec time;
        return NetworkLibc.clock_gettime(clock, &time) == 0 ? (time.Seconds * 1_000_000_000L) + time.Nanoseconds : -1;
    }
}
