namespace Proxy.Edge.Os.Network;

/// <summary>Keeps what this process has used in memory: a page that has to come back from a disk takes milliseconds.
/// </summary>
public static class MemoryLock
{
    // Of what there is and of what will be, each page from its first use on: nothing is loaded that is not needed.
    private const int Current = 1;
    private const int Future = 2;
    private const int OnFault = 4;

    /// <summary>False without CAP_IPC_LOCK and without a limit that allows it.</summary>
    public static bool TryLockAll() => NetworkLibc.mlockall(Current | Future | OnFault) == 0;
}
