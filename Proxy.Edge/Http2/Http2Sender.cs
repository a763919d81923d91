using Proxy.Edge.Buffers;

namespace Proxy.Edge.Http2;

/// <summary>The sending side of a session: windows, and what waits for them. Payload goes out at once as far as it may;
/// the rest waits with its stream and is sent by urgency (RFC 9218 §10), streams of one urgency in turn when they are
/// incremental, else one after the other. Part of its session.</summary>
internal sealed class Http2Sender(BufferPool buffers)
{
    /// <summary>Collected output above which payload waits: it could not leave in one write anyway.</summary>
    private const int FullOutput = 192 * 1024;

    private const int MaxWindow = int.MaxValue;

    private readonly List<Http2Stream> _waiting = [];
    private FrameOutput _output = new(buffers);

    /// <summary>Payload that waits, of all streams.</summary>
    public long UnsentBytes { get; private set; }

    public ref FrameOutput Output => ref _output;

    /// <summary>DATA frames with payload written so far.</summary>
    public long PayloadFrames { get; private set; }

    public int ConnectionWindow { get; private set; } = 65535;

    /// <summary>Window that new streams begin with.</summary>
    public int InitialWindow { get; private set; } = 65535;

    /// <summary>The transport has not taken what it was given.</summary>
    public bool IsBlocked { get; set; }

    public void Send(Http2Stream stream, byte[] buffer, int start, int count, bool end)
    {
        stream.IsOurEndGiven |= end;
        if (stream.UnsentBytes == 0 && (count == 0 || !IsBlocked))
        {
            if (count == 0 && !end)
            {
                return;
            }

            int sent = Write(stream, buffer, start, count, end);
            if (sent == count)
            {
                return;
            }

            start += sent;
            count -= sent;
        }

        if (count > 0)
        {
            Keep(stream, buffer, start, count);
        }

        stream.IsEndPending = end;
    }

    public void SendTrailers(Http2Stream stream, ReadOnlySpan<byte> lines)
    {
        stream.IsOurEndGiven = true;
        if (stream.UnsentBytes > 0)
        {
            stream.Trailers = lines.ToArray();
        }
        else
        {
            HeadBlocks.Trailers(ref _output, stream.Id, lines);
        }
    }

    /// <summary>The peer takes more on the whole connection; false when that overflows.</summary>
    public bool AddConnectionWindow(int increment)
    {
        long window = (long)ConnectionWindow + increment;
        ConnectionWindow = (int)Math.Min(window, MaxWindow);
        return window <= MaxWindow;
    }

    public static bool AddWindow(Http2Stream stream, int increment)
    {
        long window = (long)stream.SendWindow + increment;
        stream.SendWindow = (int)Math.Min(window, MaxWindow);
        return window <= MaxWindow;
    }

    /// <summary>SETTINGS_INITIAL_WINDOW_SIZE changed: open streams move by the difference, also below zero
    /// (RFC 9113 §6.9.2).</summary>
    public bool ChangeInitialWindow(int window, IEnumerable<Http2Stream> open)
    {
        int difference = window - InitialWindow;
        InitialWindow = window;
        foreach (Http2Stream stream in open)
        {
            if (!AddWindow(stream, difference))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Sends what waits as far as it may now. Streams whose last byte went are added to
    /// <paramref name="done"/>.</summary>
    public void Pump(List<Http2Stream> done)
    {
        for (int urgency = 0; urgency < 8 && _waiting.Count > 0; urgency++)
        {
            bool moved = true;
            while (moved && MayWrite)
            {
                moved = false;
                for (int i = 0; i < _waiting.Count && MayWrite; i++)
                {
                    Http2Stream stream = _waiting[i];
                    if (stream.Urgency == urgency && PumpOne(stream))
                    {
                        moved = true;
                        if (stream.UnsentBytes == 0)
                        {
                            _waiting.RemoveAt(i--);
                            stream.IsQueued = false;
                            done.Add(stream);
                        }
                    }
                }
            }
        }
    }

    /// <summary>The stream is gone: what waits of it is dropped.</summary>
    public void Forget(Http2Stream stream)
    {
        if (stream.IsQueued)
        {
            stream.IsQueued = false;
            _waiting.Remove(stream);
        }

        if (stream.Unsent is not null)
        {
            buffers.Return(stream.Unsent);
            stream.Unsent = null;
        }

        UnsentBytes -= stream.UnsentBytes;
        stream.UnsentBytes = 0;
    }

    private bool MayWrite => !IsBlocked && ConnectionWindow > 0 && _output.Count < FullOutput;

    /// <summary>One turn of a stream: a frame when it is incremental, all it may otherwise.</summary>
    private bool PumpOne(Http2Stream stream)
    {
        int turn = stream.IsIncremental ? HeadBlocks.FrameBytes : int.MaxValue;
        int offered = Math.Min(stream.UnsentBytes, turn);
        bool last = offered == stream.UnsentBytes;
        bool end = last && stream.IsEndPending && stream.Trailers is null;
        int sent = Write(stream, stream.Unsent!, stream.UnsentStart, offered, end);
        stream.UnsentStart += sent;
        stream.UnsentBytes -= sent;
        UnsentBytes -= sent;
        if (stream.UnsentBytes > 0)
        {
            return sent > 0;
        }

        buffers.Return(stream.Unsent!);
        stream.Unsent = null;
        stream.UnsentStart = 0;
        stream.IsEndPending = false;
        if (stream.Trailers is { } trailers)
        {
            HeadBlocks.Trailers(ref _output, stream.Id, trailers);
            stream.Trailers = null;
        }

        return true;
    }

    /// <summary>Writes frames as far as the windows go; returns the payload bytes written.</summary>
    private int Write(Http2Stream stream, byte[] buffer, int start, int count, bool end)
    {
        int sent = 0;
        do
        {
            int take = Math.Min(
                Math.Min(count - sent, HeadBlocks.FrameBytes),
                Math.Max(0, Math.Min(stream.SendWindow, ConnectionWindow)));
            if (count > 0 && (take <= 0 || _output.Count >= FullOutput))
            {
                return sent;
            }

            bool last = end && sent + take == count;
            Span<byte> frame = _output.Take(FrameHeader.Bytes + take);
            FrameFlags flags = last ? FrameFlags.EndStream : FrameFlags.None;
            new FrameHeader(take, FrameType.Data, flags, stream.Id).Write(frame);
            buffer.AsSpan(start + sent, take).CopyTo(frame[FrameHeader.Bytes..]);
            PayloadFrames += take > 0 ? 1 : 0;
            stream.SendWindow -= take;
            ConnectionWindow -= take;
            sent += take;
        }
        while (sent < count);

        return sent;
    }

    private void Keep(Http2Stream stream, byte[] buffer, int start, int count)
    {
        int needed = stream.UnsentBytes + count;
        if (stream.Unsent is null || stream.UnsentStart + needed > stream.Unsent.Length)
        {
            byte[] larger = buffers.Rent(Math.Max(needed, 1024));
            if (stream.Unsent is not null)
            {
                Buffer.BlockCopy(stream.Unsent, stream.UnsentStart, larger, 0, stream.UnsentBytes);
                buffers.Return(stream.Unsent);
            }

            stream.Unsent = larger;
            stream.UnsentStart = 0;
        }

        Buffer.BlockCopy(buffer, start, stream.Unsent, stream.UnsentStart + stream.UnsentBytes, count);
        stream.UnsentBytes = needed;
        UnsentBytes += count;
        if (!stream.IsQueued)
        {
            stream.IsQueued = true;
            _waiting.Add(stream);
        }
    }
}
