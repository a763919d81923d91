using Microsoft.Win32.SafeHandles;

namespace Proxy.Cluster.Vrrp.Guard;

/// <summary>Whether a process runs at all, from /proc. Opened once; a look at its state allocates nothing, a look at
/// all its threads does.</summary>
internal sealed class ProcessState : IDisposable
{
    private readonly SafeFileHandle _file;

    private readonly string _threads;

    private ProcessState(SafeFileHandle file, string threads)
    {
        _file = file;
        _threads = threads;
    }

    /// <summary>Null when there is no such process.</summary>
    public static ProcessState? Open(int process) => OpenFile($"/proc/{process}");

    /// <summary>A thread of this process.</summary>
    public static ProcessState? OpenThread(int thread) => OpenFile($"/proc/self/task/{thread}");

    /// <summary>Stopped by a signal or a debugger, or dead.</summary>
    public bool IsStopped() => Read() is (byte)'T' or (byte)'t' or (byte)'Z';

    /// <summary>Works, or waits for a core.</summary>
    public bool WantsCore() => Read() == (byte)'R';

    /// <summary>Sleeps so that nothing wakes it, as a rule for a disk or a page of memory.</summary>
    public bool WaitsForDisk() => Read() == (byte)'D';

    /// <summary>None of its threads works, waits for a core or for a disk. So it is neither collecting nor short of
    /// cores.</summary>
    public bool IsAsleep()
    {
        try
        {
            foreach (string thread in Directory.EnumerateDirectories(_threads))
            {
                using ProcessState? state = OpenFile(thread);
                if (state?.Read() is (byte)'R' or (byte)'D')
                {
                    return false;
                }
            }

            return true;
        }
        catch (IOException)
        {
            return false; // It ends just now, which is seen elsewhere.
        }
    }

    public void Dispose() => _file.Dispose();

    private static ProcessState? OpenFile(string folder)
    {
        try
        {
            return new ProcessState(File.OpenHandle($"{folder}/stat"), $"{folder}/task");
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>The letter of proc(5).</summary>
    private byte Read()
    {
        Span<byte> text = stackalloc byte[256];
        int length;
        try
        {
            length = RandomAccess.Read(_file, text, 0);
        }
        catch (IOException)
        {
            return (byte)'Z'; // ESRCH: it is gone
        }

        // The name may hold anything, so the state is counted from its closing bracket (proc(5)).
        int bracket = text[..length].LastIndexOf((byte)')');
        return bracket >= 0 && bracket + 2 < length ? text[bracket + 2] : (byte)'R';
    }
}
