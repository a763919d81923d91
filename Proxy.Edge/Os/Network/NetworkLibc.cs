using System.Runtime.InteropServices;

namespace Proxy.Edge.Os.Network;

/// <summary>System calls of processes that speak below TCP. They take the ordinary way through the runtime: such a
/// process makes few calls, and some of them wait.</summary>
internal static unsafe partial class NetworkLibc
{
    private const string Library = "libc";

    // Numbers of x86-64; libc before 2.36 has no function for it.
    private const nint PidfdOpen = 434;

    private const nint GetThread = 186;

    public static int pidfd_open(int pid, int flags) => (int)syscall(PidfdOpen, pid, flags);

    public static int gettid() => (int)syscall(GetThread, 0, 0);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int socket(int domain, int type, int protocol);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int setsockopt(int fd, int level, int option, void* value, uint length);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int getsockopt(int fd, int level, int option, void* value, uint* length);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int bind(int fd, void* address, uint length);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int connect(int fd, void* address, uint length);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int listen(int fd, int backlog);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int accept4(int fd, void* address, uint* length, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint sendmsg(int fd, MessageHeader* message, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint recvmsg(int fd, MessageHeader* message, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int ppoll(PollEntry* entries, nuint count, TimeSpec* timeout, void* signals);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int mlockall(int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int clock_gettime(int clock, TimeSpec* time);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int sched_setscheduler(int pid, int policy, int* priority);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int sched_getaffinity(int pid, nuint bytes, byte* processors);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int sched_setaffinity(int pid, nuint bytes, byte* processors);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int setsid();

    [LibraryImport(Library, SetLastError = true)]
    public static partial int eventfd(uint initial, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint read(int fd, void* buffer, nint length);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint write(int fd, void* buffer, nint length);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fcntl(int fd, int command, int value);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int close(int fd);

    [LibraryImport(Library, SetLastError = true)]
    private static partial nint syscall(nint number, nint a, nint b);
}

/// <summary>struct iovec.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MessagePart
{
    public void* Base;
    public nuint Length;
}

/// <summary>struct msghdr of 64-bit Linux.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MessageHeader
{
    public void* Name;
    public uint NameLength;
    public MessagePart* Parts;
    public nuint PartCount;
    public void* Control;
    public nuint ControlLength;
    public int Flags;
}

/// <summary>struct pollfd.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollEntry
{
    public int Descriptor;
    public short Wanted;
    public short Seen;
}

/// <summary>struct timespec.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TimeSpec
{
    public long Seconds;
    public long Nanoseconds;
}
