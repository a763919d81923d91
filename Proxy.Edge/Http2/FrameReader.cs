using Proxy.Edge.Buffers;

namespace Proxy.Edge.Http2;

internal enum FrameStatus : byte
{
    Incomplete,
    Complete,
    TooLarge,
    NoPreface,
}

/// <summary>Cuts received bytes into frames. Whole frames are shown where they lie; only an incomplete one at the
/// end is kept. Part of its session.</summary>
internal sealed class FrameReader(BufferPool buffers, int maxFrame, bool expectPreface)
{
    /// <summary>Handlers may overwrite so much behind the data.</summary>
    private const int Tail = 64;

    private byte[]? _kept;
    private int _keptCount;
    private byte[] _buffer = [];
    private int _at;
    private int _end;
    private int _prefaceLeft = expectPreface ? Preface.Length : 0;

    private static ReadOnlySpan<byte> Preface => Http2Preface.Bytes;

    public void Begin(byte[] buffer, int offset, int count)
    {
        if (_keptCount == 0)
        {
            (_buffer, _at, _end) = (buffer, offset, offset + count);
            return;
        }

        if (_keptCount + count + Tail > _kept!.Length)
        {
            byte[] larger = buffers.Rent(_keptCount + count + Tail);
            System.Buffer.BlockCopy(_kept, 0, larger, 0, _keptCount);
            buffers.Return(_kept);
            _kept = larger;
        }

        System.Buffer.BlockCopy(buffer, offset, _kept, _keptCount, count);
        _keptCount += count;
        (_buffer, _at, _end) = (_kept, 0, _keptCount);
    }

    public FrameStatus Next(out FrameHeader header, out byte[] buffer, out int at)
    {
        header = default;
        buffer = _buffer;
        at = 0;
        if (_prefaceLeft > 0 && !TakePreface())
        {
            return FrameStatus.NoPreface;
        }

        if (_end - _at < FrameHeader.Bytes)
        {
            return FrameStatus.Incomplete;
        }

        header = FrameHeader.Read(_buffer.AsSpan(_at));
        if (header.Length > maxFrame)
        {
            return FrameStatus.TooLarge;
        }

        if (_end - _at - FrameHeader.Bytes < header.Length)
        {
            return FrameStatus.Incomplete;
        }

        at = _at + FrameHeader.Bytes;
        _at = at + header.Length;
        return FrameStatus.Complete;
    }

    /// <summary>Keeps what is left for the next time.</summary>
    public void End()
    {
        int left = _end - _at;
        if (left == 0)
        {
            Drop();
            return;
        }

        if (_kept is null)
        {
            _kept = buffers.Rent(Math.Max(left + Tail, 1024));
            System.Buffer.BlockCopy(_buffer, _at, _kept, 0, left);
        }
        else
        {
            System.Buffer.BlockCopy(_kept, _at, _kept, 0, left);
        }

        _keptCount = left;
        _buffer = [];
        _at = _end = 0;
    }

    public void Drop()
    {
        if (_kept is not null)
        {
            buffers.Return(_kept);
            _kept = null;
        }

        _keptCount = 0;
        _buffer = [];
        _at = _end = 0;
    }

    private bool TakePreface()
    {
        int take = Math.Min(_prefaceLeft, _end - _at);
        if (!Preface.Slice(Preface.Length - _prefaceLeft, take).SequenceEqual(_buffer.AsSpan(_at, take)))
        {
            return false;
        }

        _at += take;
        _prefaceLeft -= take;
        return true;
    }
}
