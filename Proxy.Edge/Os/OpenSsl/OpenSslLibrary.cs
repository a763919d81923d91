using System.Text;

namespace Proxy.Edge.Os.OpenSsl;

/// <summary>Whether OpenSSL is there, and what its error queue says.</summary>
internal static unsafe class OpenSslLibrary
{
    private const ulong Version3 = 0x3000_0000;

    /// <summary>Null when OpenSSL 3 can be used; otherwise what is wrong, for the operator.</summary>
    public static string? Problem()
    {
        try
        {
            ulong version = Crypto.OpenSSL_version_num();
            _ = Ssl.TLS_server_method();
            return version >= Version3 ? null : $"libcrypto is version {version:x}, but OpenSSL 3.0 or later is needed";
        }
        catch (DllNotFoundException)
        {
            return "libssl.so.3 was not found; install OpenSSL 3 (Debian: libssl3)";
        }
        catch (EntryPointNotFoundException missing)
        {
            return $"libssl.so.3 is not complete: {missing.Message}";
        }
    }

    /// <summary>Takes the oldest error of this thread's queue and empties the queue.</summary>
    public static string TakeError()
    {
        ulong error = Crypto.ERR_get_error();
        byte* reason = error == 0 ? null : Crypto.ERR_reason_error_string(error);
        Crypto.ERR_clear_error();
        return reason == null ? "unknown error" : Text(reason);
    }

    public static string Text(byte* zeroTerminated) => zeroTerminated == null
        ? ""
        : Encoding.UTF8.GetString(System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpanFromNullTerminated(
            zeroTerminated));
}
