using System.Text;

namespace Proxy.Tests.Simulation;

/// <summary>An end of a <see cref="SimConnection"/> as its pipes see it.</summary>
internal interface ISimEnd
{
    /// <summary>Bytes, the end or a reset have arrived.</summary>
    void OnInput();

    /// <summary>There is room again for a writer that was refused some.</summary>
    void OnRoom();
}

/// <summary>One direction of a simulated connection: what the writer's kernel has taken, what is on the wire and
/// what waits for the reader share one window. Everything arrives in order, after the latency, in pieces drawn from
/// the seed.</summary>
internal sealed class SimPipe(SimLoop loop, string name, int window, long latency)
{
    private byte[] _data = new byte[Math.Min(window, 8192)];
    private int _start;
    private int _count;
    private long _lastArrival;
    private bool _writerWaits;

    public ISimEnd Reader { get; set; } = null!;

    public ISimEnd Writer { get; set; } = null!;

    /// <summary>The other direction, over which a reset answers data that nobody reads.</summary>
    public SimPipe Opposite { get; set; } = null!;

    /// <summary>Sees all bytes the writer's kernel takes; for checks that must not depend on what the reader
    /// does.</summary>
    public Action<ReadOnlySpan<byte>>? Tap { get; set; }

    /// <summary>Bytes the reader can have now.</summary>
    public int Arrived { get; private set; }

    public bool EndArrived { get; private set; }

    public bool ResetArrived { get; private set; }

    /// <summary>The reader has closed: what still arrives is answered by a reset.</summary>
    public bool ReaderGone { get; set; }

    private bool EndSent { get; set; }

    /// <summary>Takes what fits; the writer is told when there is room again.</summary>
    public int Write(ReadOnlySpan<byte> bytes)
    {
        int taken = Math.Min(bytes.Length, window - _count);
        if (taken < bytes.Length)
        {
            _writerWaits = true;
        }

        if (taken <= 0 || EndSent)
        {
            return 0;
        }

        bytes = bytes[..taken];
        loop.Log?.Invoke($"{name} sends {taken}: {Encoding.Latin1.GetString(bytes[..Math.Min(taken, 90)])}");
        Tap?.Invoke(bytes);
        Append(bytes);
        while (taken > 0)
        {
            int piece = loop.Random.Next(3) == 0 ? 1 + loop.Random.Next(taken) : taken;
            taken -= piece;
            Arrive(() => OnArrived(piece));
        }

        return bytes.Length;
    }

    public int Read(Span<byte> destination)
    {
        int taken = Math.Min(destination.Length, Arrived);
        for (int copied = 0; copied < taken;)
        {
            int run = Math.Min(taken - copied, _data.Length - _start);
            _data.AsSpan(_start, run).CopyTo(destination[copied..]);
            _start = (_start + run) % _data.Length;
            copied += run;
        }

        _count -= taken;
        Arrived -= taken;
        loop.Log?.Invoke($"{name} read {taken}, {Arrived} more");
        if (_writerWaits && taken > 0)
        {
            _writerWaits = false;
            loop.After(latency, () => Writer.OnRoom());
        }

        return taken;
    }

    public void End()
    {
        if (!EndSent)
        {
            EndSent = true;
            loop.Log?.Invoke($"{name} ends");
            Arrive(() =>
            {
                EndArrived = !ResetArrived;
                Reader.OnInput();
            });
        }
    }

    public void Reset()
    {
        EndSent = true;
        loop.Log?.Invoke($"{name} resets");
        Arrive(() =>
        {
            if (!ResetArrived)
            {
                // What was not read yet is lost, as in the kernel.
                ResetArrived = true;
                EndArrived = false;
                Arrived = _count = 0;
                Reader.OnInput();
            }
        });
    }

    private void OnArrived(int piece)
    {
        if (ResetArrived)
        {
            return;
        }

        if (ReaderGone)
        {
            Opposite.Reset();
            return;
        }

        Arrived += piece;
        Reader.OnInput();
    }

    private void Arrive(Action action)
    {
        long jitter = loop.Random.Next(4) == 0 ? loop.Random.NextInt64(latency + 1) : 0;
        _lastArrival = Math.Max(_lastArrival, loop.Now + latency + jitter);
        loop.After(_lastArrival - loop.Now, action);
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (_count + bytes.Length > _data.Length)
        {
            var larger = new byte[Math.Max(_count + bytes.Length, Math.Min(window, _data.Length * 2))];
            for (int i = 0; i < _count;)
            {
                int run = Math.Min(_count - i, _data.Length - _start);
                _data.AsSpan(_start, run).CopyTo(larger.AsSpan(i));
                _start = (_start + run) % _data.Length;
                i += run;
            }

            _data = larger;
            _start = 0;
        }

        int at = (_start + _count) % _data.Length;
        int first = Math.Min(bytes.Length, _data.Length - at);
        bytes[..first].CopyTo(_data.AsSpan(at));
        bytes[first..].CopyTo(_data);
        _count += bytes.Length;
    }
}
