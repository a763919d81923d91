using System.Buffers.Binary;

namespace Proxy.Edge.Http2;

/// <summary>Frame types (RFC 9113 §6, RFC 9218 §7.1).</summary>
internal enum FrameType : byte
{
    Data,
    Headers,
    Priority,
    RstStream,
    Settings,
    PushPromise,
    Ping,
    GoAway,
    WindowUpdate,
    Continuation,
    PriorityUpdate = 0x10,
}

[Flags]
internal enum FrameFlags : byte
{
    None = 0,

    /// <summary>Also ACK of SETTINGS and PING.</summary>
    EndStream = 1,
    EndHeaders = 4,
    Padded = 8,
    Priority = 0x20,
}

/// <summary>The nine bytes before each frame (RFC 9113 §4.1).</summary>
internal readonly record struct FrameHeader(int Length, FrameType Type, FrameFlags Flags, int Stream)
{
    public const int Bytes = 9;

    public bool Has(FrameFlags flag) => (Flags & flag) != 0;

    public static FrameHeader Read(ReadOnlySpan<byte> bytes) => new(
        (bytes[0] << 16) | (bytes[1] << 8) | bytes[2],
        (FrameType)bytes[3],
        (FrameFlags)bytes[4],
        BinaryPrimitives.ReadInt32BigEndian(bytes[5..]) & int.MaxValue);

    public void Write(Span<byte> into)
    {
        into[0] = (byte)(Length >> 16);
        into[1] = (byte)(Length >> 8);
        into[2] = (byte)Length;
        into[3] = (byte)Type;
        into[4] = (byte)Flags;
        BinaryPrimitives.WriteInt32BigEndian(into[5..], Stream);
    }
}
