using Proxy.Edge.Buffers;
using Proxy.Edge.Engine;

namespace Proxy.Edge.Downstream;

/// <summary>Puts response bytes on the wire with as few sends as possible.</summary>
internal static class ResponseBody
{
    /// <summary>Sends a head and the first part of its body. The bytes before the body are spent, so where there is
    /// room the head is put directly in front of it and both leave in one send.</summary>
    public static void SendWithHead(Channel channel, byte[] head, int length, byte[] buffer, int start, int count)
    {
        if (count > 0 && start >= length)
        {
            Buffer.BlockCopy(head, 0, buffer, start - length, length);
            channel.Send(buffer, start - length, length + count);
        }
        else
        {
            channel.Send(head, 0, length);
            channel.Send(buffer, start, count);
        }
    }

    /// <summary>Sends an answer of the proxy's own: the head in <paramref name="scratch"/>, then the body.</summary>
    public static void SendLocal(
        Channel channel, BufferPool buffers, byte[] scratch, int length, ReadOnlySpan<byte> body)
    {
        if (body.TryCopyTo(scratch.AsSpan(length)))
        {
            channel.Send(scratch, 0, length + body.Length);
            return;
        }

        channel.Send(scratch, 0, length);
        byte[] copy = buffers.Rent(body.Length);
        body.CopyTo(copy);
        channel.Send(copy, 0, body.Length);
        buffers.Return(copy);
    }
}
