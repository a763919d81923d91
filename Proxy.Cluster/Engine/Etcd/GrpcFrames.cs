using System.Buffers.Binary;

namespace Proxy.Cluster.Engine.Etcd;

/// <summary>gRPC's framing over HTTP/2: a byte for compression, the length in four bytes big-endian, the message
/// (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md).</summary>
internal static class GrpcFrames
{
    public const int HeadLength = 5;

    // A list of all keys is the largest; what is bigger is not for this engine.
    public const int MaxMessage = 64 << 20;

    public static byte[] Frame(ReadOnlySpan<byte> message)
    {
        byte[] frame = new byte[HeadLength + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame.AsSpan(HeadLength));
        return frame;
    }

    /// <summary>Null at the end of the stream.</summary>
    /// <exception cref="InvalidDataException">Compressed, too long, or cut off.</exception>
    public static async ValueTask<byte[]?> ReadAsync(Stream stream, CancellationToken cancellation)
    {
        byte[] head = new byte[HeadLength];
        int got = await stream.ReadAtLeastAsync(head, HeadLength, throwOnEndOfStream: false, cancellation);
        if (got == 0)
        {
            return null;
        }

        int length = BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(1));
        if (got < HeadLength || head[0] != 0 || length is < 0 or > MaxMessage)
        {
            throw new InvalidDataException("not a gRPC frame we can read");
        }

        byte[] message = new byte[length];
        if (await stream.ReadAtLeastAsync(message, length, throwOnEndOfStream: false, cancellation) < length)
        {
            throw new InvalidDataException("a gRPC frame was cut off");
        }

        return message;
    }
}
