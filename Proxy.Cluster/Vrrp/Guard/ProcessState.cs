using Microsoft.Win32.SafeHandles;

namespace Proxy.Cluster.Vrrp.Guard;

/// <summary>Whether a process runs at all, from /proc. Opened once; a look allocates nothing.</summary>
internal sealed class ProcessState : IDisposable
{
    private readonly SafeFileHandle _file;

    private ProcessState(SafeFileHandle file) => _file = file;

    /// <summary>Null when there is no such process.</summary>
    public static ProcessState? Open(int process)
    {
        try
        {
            return new ProcessState(File.OpenHandle($"/proc/{process}/stat"));
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Stopped by a signal or a debugger, or dead.</summary>
    public bool IsStopped()
    {
        Span<byte> text = stackalloc byte[256];
        int length;
        try
        {
            length = RandomAccess.Read(_file, text, 0);
        }
        catch (IOException)
        {
            return true; // ESRCH: it is gone
        }

        // The name may hold anything, so the state is counted from its closing bracket (proc(5)).
        int bracket = text[..length].LastIndexOf((byte)')');
        return bracket >= 0 && bracket + 2 < length && text[bracket + 2] is (byte)'T' or (byte)'t' or (byte)'Z';
    }

    public void Dispose() => _file.Dispose();
}
