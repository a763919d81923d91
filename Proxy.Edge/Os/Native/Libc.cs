using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

[assembly: DisableRuntimeMarshalling]

namespace Proxy.Edge.Os.Native;

/// <summary>struct epoll_event of x86-64 Linux: packed to 12 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct EpollEvent
{
    public uint Events;
    public ulong Data;
}

/// <summary>System calls of the data path. Those that never block skip the garbage collector's transition (they return
/// within about a microsecond, so they cannot hold up a collection); those that may wait do not.</summary>
internal static unsafe partial class Libc
{
    public const int AF_UNIX = 1;
    public const int AF_INET = 2;
    public const int AF_INET6 = 10;
    public const int SOCK_STREAM = 1;
    public const int SOCK_NONBLOCK = 0x800;
    public const int SOCK_CLOEXEC = 0x80000;
    public const int SOL_SOCKET = 1;
    public const int SO_REUSEADDR = 2;
    public const int SO_ERROR = 4;
    public const int SO_LINGER = 13;
    public const int SO_REUSEPORT = 15;
    public const int IPPROTO_TCP = 6;
    public const int TCP_NODELAY = 1;
    public const int IPPROTO_IPV6 = 41;
    public const int IPV6_V6ONLY = 26;
    public const int MSG_PEEK = 2;
    public const int MSG_DONTWAIT = 0x40;
    public const int MSG_NOSIGNAL = 0x4000;
    public const int SHUT_WR = 1;
    public const int EPOLL_CTL_ADD = 1;
    public const int EPOLL_CTL_DEL = 2;
    public const uint EPOLLIN = 1;
    public const uint EPOLLOUT = 4;
    public const uint EPOLLERR = 8;
    public const uint EPOLLHUP = 0x10;
    public const uint EPOLLRDHUP = 0x2000;
    public const uint EPOLLET = 1u << 31;
    public const int F_DUPFD_CLOEXEC = 1030;
    public const int F_SETPIPE_SZ = 1031;
    public const int O_NONBLOCK = 0x800;
    public const int O_CLOEXEC = 0x80000;
    public const uint SPLICE_F_MOVE = 1;
    public const uint SPLICE_F_NONBLOCK = 2;
    public const uint SPLICE_F_MORE = 4;

    private const string Library = "libc";

    // System call numbers of x86-64, the only architecture this engine knows so far (see EpollEvent too).
    private const nint SendTo = 44;
    private const nint ReceiveFrom = 45;

    /// <summary>recv(2). By number rather than by libc's function: that one is a cancellation point and pays for it
    /// on every call of a process with threads.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint recv(int fd, void* buffer, nint length, int flags) =>
        syscall(ReceiveFrom, fd, (nint)buffer, length, flags, 0, 0);

    /// <summary>send(2), see <see cref="recv"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint send(int fd, void* buffer, nint length, int flags) =>
        syscall(SendTo, fd, (nint)buffer, length, flags, 0, 0);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial int accept4(int fd, void* address, uint* length, int flags);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial nint splice(int from, long* fromOffset, int to, long* toOffset, nint length, uint flags);

    [LibraryImport(Library)]
    public static partial int pipe2(int* descriptors, int flags);

    [LibraryImport(Library)]
    public static partial int fcntl(int fd, int command, int value);

    [LibraryImport(Library)]
    public static partial int epoll_create1(int flags);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial int epoll_ctl(int epoll, int operation, int fd, EpollEvent* change);

    [LibraryImport(Library)]
    public static partial int epoll_wait(int epoll, EpollEvent* events, int capacity, int timeoutMilliseconds);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial int socket(int domain, int type, int protocol);

    [LibraryImport(Library)]
    public static partial int bind(int fd, void* address, uint length);

    [LibraryImport(Library)]
    public static partial int listen(int fd, int backlog);

    // Loopback connects finish inside the call, but the work is bounded: it never waits on a non-blocking socket.
    [LibraryImport(Library)]
    public static partial int connect(int fd, void* address, uint length);

    [LibraryImport(Library)]
    public static partial int getsockname(int fd, void* address, uint* length);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial int getsockopt(int fd, int level, int option, void* value, uint* length);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial int setsockopt(int fd, int level, int option, void* value, uint length);

    [LibraryImport(Library)]
    public static partial int shutdown(int fd, int how);

    [LibraryImport(Library)]
    public static partial int close(int fd);

    [LibraryImport(Library)]
    public static partial int eventfd(uint initial, int flags);

    [LibraryImport(Library)]
    public static partial nint read(int fd, void* buffer, nint length);

    [LibraryImport(Library)]
    public static partial nint write(int fd, void* buffer, nint length);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    private static partial nint syscall(nint number, nint a, nint b, nint c, nint d, nint e, nint f);

    [LibraryImport(Library)]
    private static partial int* __errno_location();

    /// <summary>Address of the calling thread's errno. A loop keeps it: reading errno through it costs nothing and does
    /// not depend on the marshaller.</summary>
    public static int* ErrnoLocation() => __errno_location();
}
