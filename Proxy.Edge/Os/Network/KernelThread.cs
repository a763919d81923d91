namespace Proxy.Edge.Os.Network;

/// <summary>Threads as the kernel knows them.</summary>
public static unsafe class KernelThread
{
    // As many processors as the kernel's own default mask has room for.
    private const int SetBytes = 128;

    /// <summary>The calling thread's number, unique on the machine while it lives.</summary>
    public static int CurrentId => NetworkLibc.gettid();

    /// <summary>The processors the calling thread may run on, in order.</summary>
    public static int[] Processors()
    {
        byte* set = stackalloc byte[SetBytes];
        new Span<byte>(set, SetBytes).Clear();
        _ = NetworkLibc.sched_getaffinity(0, SetBytes, set);
        var found = new List<int>();
        for (int i = 0; i < SetBytes * 8; i++)
        {
            if ((set[i / 8] >> (i % 8) & 1) != 0)
            {
                found.Add(i);
            }
        }

        return [.. found];
    }

    /// <summary>Keeps the calling thread on these; false when the kernel refuses.</summary>
    public static bool TryStayOn(ReadOnlySpan<int> processors)
    {
        byte* set = stackalloc byte[SetBytes];
        new Span<byte>(set, SetBytes).Clear();
        foreach (int processor in processors)
        {
            set[processor / 8] |= (byte)(1 << (processor % 8));
        }

        return NetworkLibc.sched_setaffinity(0, SetBytes, set) == 0;
    }

    /// <summary>How long a thread of this process has worked so far, in nanoseconds; -1 when it has ended.</summary>
    public static long WorkedFor(int thread)
    {
        // Of one thread, by the scheduler's own measure (posix-timers in the kernel's headers).
        int clock = (~thread << 3) | 4 | 2;
        TimeSpec time;
        return NetworkLibc.clock_gettime(clock, &time) == 0 ? (time.Seconds * 1_000_000_000L) + time.Nanoseconds : -1;
    }
}
