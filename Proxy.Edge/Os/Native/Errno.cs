using Proxy.Edge.Engine;

namespace Proxy.Edge.Os.Native;

/// <summary>The error numbers the data path tells apart.</summary>
internal static class Errno
{
    public const int EINTR = 4;
    public const int EAGAIN = 11;
    public const int EMFILE = 24;
    public const int ENFILE = 23;
    public const int ETIMEDOUT = 110;
    public const int ECONNREFUSED = 111;
    public const int ENOENT = 2;
    public const int EINPROGRESS = 115;

    /// <summary>What a failed connect means.</summary>
    public static ChannelError ConnectError(int errno) => errno switch
    {
        ECONNREFUSED or ENOENT => ChannelError.ConnectRefused,
        ETIMEDOUT => ChannelError.ConnectTimeout,
        _ => ChannelError.ConnectFailed,
    };

    public static string Describe(int errno) =>
        $"{new System.ComponentModel.Win32Exception(errno).Message} (errno {errno})";
}
