using System.Runtime.InteropServices;

namespace Proxy.Edge.Os.Network;

/// <summary>Runs the calling thread before all ordinary ones.</summary>
public static unsafe class RealTimeScheduling
{
    private const int FirstInFirstOut = 1;

    // Children (there should be none) fall back to ordinary priority.
    private const int ResetOnFork = 0x40000000;

    /// <summary>0, or the error number: EPERM without CAP_SYS_NICE and without a limit that allows it.</summary>
    public static int TryEnter(int priority) =>
        NetworkLibc.sched_setscheduler(0, FirstInFirstOut | ResetOnFork, &priority) < 0
            ? Marshal.GetLastPInvokeError()
            : 0;
}
