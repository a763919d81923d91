using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Proxy.Edge.Node;

namespace Proxy.Cluster.Restart;

/// <summary>What two processes of one node say to each other while one takes over from the other. On the wire: kind
/// (4 bytes), length of the payload (4), payload; little endian, both are on one machine.</summary>
internal enum HandoverKind
{
    /// <summary>New to old: version of this protocol (4 bytes), process id (4).</summary>
    Hello = 0x48585250,

    /// <summary>Old to new: why not, UTF-8.</summary>
    Refusal = 1,

    /// <summary>Old to new: names of some sockets as JSON; as many descriptors come with the first byte.</summary>
    Sockets = 2,

    /// <summary>Old to new: name (length in one byte, ASCII) and bytes of a piece of state.</summary>
    State = 3,

    /// <summary>Old to new: that was all.</summary>
    End = 4,

    /// <summary>New to old: it accepts connections and serves them.</summary>
    Serving = 5,

    /// <summary>Old to new: it has given up what only one of them can have.</summary>
    Left = 6,
}

/// <summary>Encoding and decoding of the frames.</summary>
internal static class HandoverFrame
{
    public const int Version = 1;
    public const int HeadBytes = 8;

    /// <summary>More than a million learned sessions.</summary>
    public const int MaxPayload = 512 << 20;

    public static byte[] Write(HandoverKind kind, ReadOnlySpan<byte> payload)
    {
        var frame = new byte[HeadBytes + payload.Length];
        BinaryPrimitives.WriteInt32LittleEndian(frame, (int)kind);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(4), payload.Length);
        payload.CopyTo(frame.AsSpan(HeadBytes));
        return frame;
    }

    /// <summary>False when the peer talks something else.</summary>
    public static bool TryReadHead(ReadOnlySpan<byte> head, out HandoverKind kind, out int length)
    {
        kind = (HandoverKind)BinaryPrimitives.ReadInt32LittleEndian(head);
        length = BinaryPrimitives.ReadInt32LittleEndian(head[4..]);
        return Enum.IsDefined(kind) && length is >= 0 and <= MaxPayload;
    }

    public static byte[] Hello(int process)
    {
        Span<byte> payload = stackalloc byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(payload, Version);
        BinaryPrimitives.WriteInt32LittleEndian(payload[4..], process);
        return Write(HandoverKind.Hello, payload);
    }

    public static bool TryReadHello(ReadOnlySpan<byte> payload, out int version, out int process)
    {
        version = process = 0;
        if (payload.Length < 8)
        {
            return false;
        }

        version = BinaryPrimitives.ReadInt32LittleEndian(payload);
        process = BinaryPrimitives.ReadInt32LittleEndian(payload[4..]);
        return true;
    }

    public static byte[] Refusal(string why) => Write(HandoverKind.Refusal, Encoding.UTF8.GetBytes(why));

    public static byte[] State(string name, ReadOnlySpan<byte> bytes)
    {
        var payload = new byte[1 + name.Length + bytes.Length];
        payload[0] = checked((byte)name.Length);
        Encoding.ASCII.GetBytes(name, payload.AsSpan(1));
        bytes.CopyTo(payload.AsSpan(1 + name.Length));
        return Write(HandoverKind.State, payload);
    }

    public static bool TryReadState(byte[] payload, out string name, out ReadOnlyMemory<byte> bytes)
    {
        name = "";
        bytes = default;
        if (payload.Length == 0 || payload.Length < 1 + payload[0])
        {
            return false;
        }

        name = Encoding.ASCII.GetString(payload, 1, payload[0]);
        bytes = payload.AsMemory(1 + payload[0]);
        return true;
    }

    public static byte[] Sockets(IEnumerable<SharedListener> sockets)
    {
        using var payload = new MemoryStream();
        using (var json = new Utf8JsonWriter(payload))
        {
            json.WriteStartArray();
            foreach (SharedListener socket in sockets)
            {
                json.WriteStartObject();
                json.WriteString("listener", socket.Listener);
                json.WriteString("bind", socket.Bind);
                json.WriteNumber("loop", socket.Loop);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        return Write(HandoverKind.Sockets, payload.ToArray());
    }

    /// <summary>The sockets a frame names, with the descriptors that came with it in the same order; null when they do
    /// not belong together.</summary>
    public static IReadOnlyList<SharedListener>? ReadSockets(byte[] payload, IReadOnlyList<int> descriptors)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(payload);
            List<SharedListener> sockets =
            [
                .. json.RootElement.EnumerateArray().Zip(descriptors, static (socket, descriptor) => new SharedListener(
                    socket.GetProperty("listener").GetString()!,
                    socket.GetProperty("bind").GetString()!,
                    socket.GetProperty("loop").GetInt32(),
                    descriptor)),
            ];
            return sockets.Count == descriptors.Count && json.RootElement.GetArrayLength() == sockets.Count
                ? sockets
                : null;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return null;
        }
    }
}
