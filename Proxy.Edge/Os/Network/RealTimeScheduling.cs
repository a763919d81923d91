using System.Globalization;
using System.Runtime.InteropServices;

namespace Proxy.Edge.Os.Network;

/// <summary>Runs the calling thread before all ordinary ones.</summary>
public static unsafe class RealTimeScheduling
{
    private const int FirstInFirstOut = 1;

    // Children (there should be none) fall back to ordinary priority.
    private const int ResetOnFork = 0x40000000;

    /// <summary>0, or the error number: EPERM without CAP_SYS_NICE and without a limit that allows it.</summary>
    public static int TryEnter(int priority) => TrySet(0, priority);

    /// <summary>The process's other threads as well, those that there are now: whatever the runtime stops its threads
    /// for, the one that does it must not have to wait for ordinary work before they may go on.</summary>
    public static void TryTakeAlong(int priority)
    {
        foreach (string folder in Directory.GetDirectories("/proc/self/task"))
        {
            int thread = int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture);
            if (thread != KernelThread.CurrentId)
            {
                TrySet(thread, priority);
            }
        }
    }

    private static int TrySet(int thread, int priority) =>
        NetworkLibc.sched_setscheduler(thread, FirstInFirstOut | ResetOnFork, &priority) < 0
            ? Marshal.GetLastPInvokeError()
            : 0;
}
