using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Proxy.Edge.Os;

/// <summary>Opens a file whose every write goes to its end (O_APPEND), whoever else writes or truncates it. .NET's
/// FileMode.Append only seeks to the end once, so after a copy-and-truncate rotation, or beside a second process, it
/// would write over or far behind what is there.</summary>
internal static partial class AppendFile
{
    // Values of Linux; equal on x86-64 and arm64.
    private const int WriteOnly = 0x1;
    private const int Create = 0x40;
    private const int Append = 0x400;
    private const int CloseOnExec = 0x80000;
    private const int ReadableByGroup = 0b110_100_000; // 0640

    /// <summary>Null with a message when the file cannot be opened.</summary>
    public static SafeFileHandle? Open(string path, out string? error)
    {
        int descriptor = OpenNative(path, WriteOnly | Create | Append | CloseOnExec, ReadableByGroup);
        if (descriptor < 0)
        {
            error = Marshal.GetLastPInvokeErrorMessage();
            return null;
        }

        error = null;
        return new SafeFileHandle(descriptor, ownsHandle: true);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenNative(string path, int flags, int mode);
}
