using Proxy.Edge.Os.Native;

namespace Proxy.Edge.Os.Epoll;

/// <summary>A kernel pipe through which a body moves from socket to socket without being copied to user
/// space.</summary>
internal sealed unsafe class SplicePipe : IDisposable
{
    /// <summary>1 MB where the kernel's per-user pipe budget allows it; otherwise the pipe keeps its 64 KB and merely
    /// needs more calls.</summary>
    private const int WantedBytes = 1 << 20;

    private SplicePipe(int readEnd, int writeEnd, int capacity)
    {
        ReadEnd = readEnd;
        WriteEnd = writeEnd;
        Capacity = capacity;
    }

    public int ReadEnd { get; }

    public int WriteEnd { get; }

    public int Capacity { get; }

    /// <summary>Bytes in the pipe.</summary>
    public int Filled { get; set; }

    public static SplicePipe? TryCreate()
    {
        int* ends = stackalloc int[2];
        if (Libc.pipe2(ends, Libc.O_NONBLOCK | Libc.O_CLOEXEC) != 0)
        {
            return null;
        }

        int capacity = Libc.fcntl(ends[1], Libc.F_SETPIPE_SZ, WantedBytes);
        return new SplicePipe(ends[0], ends[1], capacity > 0 ? capacity : 64 * 1024);
    }

    public void Dispose()
    {
        _ = Libc.close(ReadEnd);
        _ = Libc.close(WriteEnd);
    }
}
