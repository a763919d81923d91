using System.Buffers.Binary;

namespace Proxy.Cluster.Peers.Codec;

/// <summary>Cuts received bytes into frames. The connection reads into <see cref="Free"/>, outside any lock because
/// nobody else touches it; a payload is valid until the next call. Memory: 64 KiB, more only while a larger frame is on
/// its way.</summary>
internal sealed class FrameReader
{
    private const int UsualBytes = 64 * 1024;

    private byte[] _buffer = [];
    private int _start;
    private int _end;

    public Memory<byte> Free
    {
        get
        {
            if (_buffer.Length == 0)
            {
                // Only once there is somebody to read from: most attempts to connect to a dead node need none.
                _buffer = new byte[UsualBytes];
            }

            return _buffer.AsMemory(_end);
        }
    }

    public void Received(int count) => _end += count;

    /// <summary>Forgets what has come and was not read.</summary>
    public void Drop()
    {
        _start = 0;
        _end = 0;
    }

    /// <summary>The next frame; <see cref="FrameStatus.NeedMore"/> makes room for the rest of it.</summary>
    public FrameStatus TryRead(out FrameType type, out ReadOnlySpan<byte> payload)
    {
        type = default;
        payload = default;
        int have = _end - _start;
        int need = PeerWire.HeaderBytes;
        if (have >= PeerWire.HeaderBytes)
        {
            ReadOnlySpan<byte> header = _buffer.AsSpan(_start, PeerWire.HeaderBytes);
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(header);
            if (length > PeerWire.MaxPayloadBytes || header[5] != 0 || header[6] != 0 || header[7] != 0)
            {
                return FrameStatus.Broken;
            }

            need += (int)length;
            if (have >= need)
            {
                type = (FrameType)header[4];
                payload = _buffer.AsSpan(_start + PeerWire.HeaderBytes, (int)length);
                _start += need;
                return FrameStatus.Frame;
            }
        }

        MakeRoom(need);
        return FrameStatus.NeedMore;
    }

    private void MakeRoom(int need)
    {
        int have = _end - _start;
        int size = Math.Max(need, UsualBytes);
        if (size > _buffer.Length || (have == 0 && _buffer.Length > UsualBytes))
        {
            byte[] other = new byte[size];
            _buffer.AsSpan(_start, have).CopyTo(other);
            _buffer = other;
        }
        else if (_start > 0)
        {
            _buffer.AsSpan(_start, have).CopyTo(_buffer);
        }

        _start = 0;
        _end = have;
    }
}

internal enum FrameStatus : byte
{
    Frame,
    NeedMore,

    /// <summary>This cannot be the peer protocol.</summary>
    Broken,
}
