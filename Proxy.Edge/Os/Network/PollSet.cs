using System.Runtime.InteropServices;

namespace Proxy.Edge.Os.Network;

/// <summary>Waits for a handful of descriptors to become readable or writable, with microseconds of precision
/// (ppoll). The set is
/// filled anew before every wait, which for so few is cheaper than keeping it right. Allocates nothing after
/// construction. One thread.</summary>
public sealed unsafe class PollSet(int capacity) : IDisposable
{
    private const short Readable = 1;
    private const short Writable = 4;

    private PollEntry* _entries = (PollEntry*)NativeMemory.AllocZeroed((nuint)capacity, (nuint)sizeof(PollEntry));
    private int _count;

    public void Clear() => _count = 0;

    /// <summary>Returns the place at which to ask afterwards.</summary>
    public int Add(int descriptor, bool readable = true, bool writable = false)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(_count, capacity);
        int wanted = (readable ? Readable : 0) | (writable ? Writable : 0);
        _entries[_count] = new PollEntry { Descriptor = descriptor, Wanted = (short)wanted };
        return _count++;
    }

    /// <summary>As was asked, in error or hung up: all of them are found out by reading.</summary>
    public bool IsReady(int place) => place < _count && _entries[place].Seen != 0;

    /// <summary>How many are ready, or the negative error number; microseconds below zero wait for ever.</summary>
    public int Wait(long microseconds)
    {
        TimeSpec timeout = new()
        {
            Seconds = microseconds / 1_000_000,
            Nanoseconds = microseconds % 1_000_000 * 1000,
        };
        int result = NetworkLibc.ppoll(_entries, (nuint)_count, microseconds < 0 ? null : &timeout, null);
        return result < 0 ? -Marshal.GetLastPInvokeError() : result;
    }

    public void Dispose()
    {
        NativeMemory.Free(_entries);
        _entries = null;
    }
}
