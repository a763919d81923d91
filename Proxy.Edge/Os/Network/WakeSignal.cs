using System.Runtime.InteropServices;

namespace Proxy.Edge.Os.Network;

/// <summary>Wakes a thread that waits in <see cref="PollSet"/> from any other thread (eventfd).</summary>
public sealed unsafe class WakeSignal : IDisposable
{
    private const int NonBlockingCloseOnExec = 0x80800;

    public WakeSignal()
    {
        Handle = NetworkLibc.eventfd(0, NonBlockingCloseOnExec);
        if (Handle < 0)
        {
            throw new InvalidOperationException($"eventfd: error {Marshal.GetLastPInvokeError()}");
        }
    }

    /// <summary>Readable once set.</summary>
    public int Handle { get; }

    public void Set()
    {
        ulong one = 1;
        _ = NetworkLibc.write(Handle, &one, sizeof(ulong));
    }

    /// <summary>No longer readable until it is set again.</summary>
    public void Clear()
    {
        ulong count;
        _ = NetworkLibc.read(Handle, &count, sizeof(ulong));
    }

    public void Dispose() => _ = NetworkLibc.close(Handle);
}
