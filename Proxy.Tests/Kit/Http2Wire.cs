using System.Buffers.Binary;
using System.Text;

namespace Proxy.Tests.Kit;

/// <summary>Frames as a client writes them and reads them, independent of the product's own: heads are literals without
/// compression.</summary>
internal static class Http2Wire
{
    public const byte Data = 0;
    public const byte Headers = 1;
    public const byte Priority = 2;
    public const byte Rst = 3;
    public const byte Settings = 4;
    public const byte PushPromise = 5;
    public const byte Ping = 6;
    public const byte GoAway = 7;
    public const byte WindowUpdate = 8;
    public const byte Continuation = 9;

    public const byte EndStream = 1;
    public const byte EndHeaders = 4;

    public static byte[] Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray();

    /// <summary>Preface and empty SETTINGS.</summary>
    public static byte[] Start => [.. Preface, .. Frame(Settings, 0, 0)];

    public static byte[] Frame(byte type, byte flags, int stream, params byte[] payload)
    {
        byte[] frame = new byte[9 + payload.Length];
        frame[0] = (byte)(payload.Length >> 16);
        frame[1] = (byte)(payload.Length >> 8);
        frame[2] = (byte)payload.Length;
        frame[3] = type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        return frame;
    }

    public static byte[] Number(int value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    public static byte[] Setting(short id, int value) => [(byte)(id >> 8), (byte)id, .. Number(value)];

    /// <summary>A header block of literals.</summary>
    public static byte[] Block(params (string Name, string Value)[] fields) =>
        [.. fields.SelectMany(static field => (byte[])[0, .. Text(field.Name), .. Text(field.Value)])];

    public static byte[] Get(int stream, string path = "/", params (string Name, string Value)[] more) =>
        Frame(Headers, EndStream | EndHeaders, stream, Block([.. Pseudo("GET", path), .. more]));

    public static byte[] Post(int stream, string path = "/", params (string Name, string Value)[] more) =>
        Frame(Headers, EndHeaders, stream, Block([.. Pseudo("POST", path), .. more]));

    public static (string Name, string Value)[] Pseudo(string method, string path) =>
        [(":method", method), (":scheme", "http"), (":path", path), (":authority", "test.example")];

    /// <summary>Cuts complete frames off the front of what was received.</summary>
    public static List<Http2Frame> Read(ReadOnlySpan<byte> bytes, out int used)
    {
        var frames = new List<Http2Frame>();
        used = 0;
        while (bytes.Length - used >= 9)
        {
            ReadOnlySpan<byte> at = bytes[used..];
            int length = (at[0] << 16) | (at[1] << 8) | at[2];
            if (at.Length < 9 + length)
            {
                break;
            }

            frames.Add(new Http2Frame(
                at[3], at[4], BinaryPrimitives.ReadInt32BigEndian(at[5..]), at.Slice(9, length).ToArray()));
            used += 9 + length;
        }

        return frames;
    }

    /// <summary>Reads frames up to the one that is waited for.</summary>
    public static async Task<List<Http2Frame>> ReadAsync(Wire wire, Func<Http2Frame, bool> last)
    {
        var frames = new List<Http2Frame>();
        do
        {
            byte[] header = await wire.ReadExactlyAsync(9);
            Assert.True(header.Length == 9, $"the connection ended after: {string.Join(" | ", frames)}");
            int length = (header[0] << 16) | (header[1] << 8) | header[2];
            frames.AddRange(Read([.. header, .. await wire.ReadExactlyAsync(length)], out _));
        }
        while (!last(frames[^1]));

        return frames;
    }

    private static byte[] Text(string text)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        return bytes.Length < 127
            ? [(byte)bytes.Length, .. bytes]
            : [127, .. Integer(bytes.Length - 127), .. bytes];
    }

    private static IEnumerable<byte> Integer(int value)
    {
        while (value >= 128)
        {
            yield return (byte)(0x80 | (value & 0x7F));
            value >>= 7;
        }

        yield return (byte)value;
    }
}

internal sealed record Http2Frame(byte Type, byte Flags, int Stream, byte[] Payload)
{
    /// <summary>The error code of RST_STREAM and GOAWAY.</summary>
    public int Error => BinaryPrimitives.ReadInt32BigEndian(Payload.AsSpan(Type == Http2Wire.GoAway ? 4 : 0));

    public override string ToString() => $"type {Type} flags {Flags} stream {Stream} length {Payload.Length}";
}
