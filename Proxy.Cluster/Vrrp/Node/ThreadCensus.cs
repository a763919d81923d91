using System.Globalization;
using Proxy.Cluster.Vrrp.Guard;
using Proxy.Edge.Os.Network;

namespace Proxy.Cluster.Vrrp.Node;

/// <summary>Whether a thread of this process waits for a core in vain, or for a disk. It may hold what a sleeping one
/// waits for. Looks at all threads, so it is asked only when something seems to be wrong; a finding is what has changed
/// since the look before.</summary>
internal sealed class ThreadCensus(TimeProvider time)
{
    // Of the time between two looks; who gets less, and still wants to work, is kept from it.
    private const int StarvedBelow = 4;

    private readonly Dictionary<int, long> _wanting = [];
    private long _lastAt;

    /// <summary>True when a thread wanted to work at both looks and hardly could, or waits for a disk.</summary>
    public bool Look()
    {
        long now = time.GetTimestamp();
        long least = (long)time.GetElapsedTime(_lastAt, now).TotalNanoseconds / StarvedBelow;
        _lastAt = now;
        bool isAny = false;
        foreach (string folder in Directory.EnumerateDirectories("/proc/self/task"))
        {
            int thread = int.Parse(Path.GetFileName(folder.AsSpan()), CultureInfo.InvariantCulture);
            using ProcessState? state = thread == KernelThread.CurrentId ? null : ProcessState.OpenThread(thread);
            long worked = state is not null && state.WantsCore() ? KernelThread.WorkedFor(thread) : -1;
            if (worked < 0)
            {
                _wanting.Remove(thread);
                isAny |= state is not null && state.WaitsForDisk();
                continue;
            }

            isAny |= _wanting.TryGetValue(thread, out long before) && worked - before < least;
            _wanting[thread] = worked;
        }

        return isAny;
    }

    /// <summary>All is well: the next look begins anew.</summary>
    public void Forget() => _wanting.Clear();
}
