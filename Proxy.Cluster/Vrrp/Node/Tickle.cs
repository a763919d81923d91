using System.Buffers.Binary;
using Proxy.Cluster.Vrrp.Packets;
using Proxy.Edge.Os.Network;

namespace Proxy.Cluster.Vrrp.Node;

/// <summary>Frees clients of a dead node that only wait to receive, and would do so for minutes: a bare acknowledgement
/// in the old owner's name makes the client answer with what it expects, and the new owner's kernel, which knows no
/// such connection, resets it by the rules (RFC 9293 3.10.7.1).</summary>
internal static class Tickle
{
    private const int Tcp = 6;
    private const int HeaderLength = 20;
    private const int TypeRaw = 3;

    /// <summary>How many could be sent. The virtual addresses must be on this machine already.</summary>
    public static int Send(IEnumerable<VipFlow> flows)
    {
        // Only for this moment: a raw socket gets a copy of every segment that arrives.
        using KernelSocket? ipv4 = KernelSocket.Open(2, TypeRaw, Tcp, out _);
        using KernelSocket? ipv6 = KernelSocket.Open(10, TypeRaw, Tcp, out _);
        ipv4?.SetOption(1, 8, 1); // SO_RCVBUF
        ipv6?.SetOption(1, 8, 1);
        int sent = 0;
        Span<byte> segment = stackalloc byte[HeaderLength];
        foreach (VipFlow flow in flows)
        {
            Write(flow, segment);
            KernelSocket? socket = flow.Vip.Family == IpFamily.V4 ? ipv4 : ipv6;
            sent += socket is not null && Send(socket, flow, segment) ? 1 : 0;
        }

        return sent;
    }

    /// <summary>A segment without data and with numbers that fit no window.</summary>
    public static void Write(in VipFlow flow, Span<byte> segment)
    {
        segment[..HeaderLength].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(segment, flow.VipPort);
        BinaryPrimitives.WriteUInt16BigEndian(segment[2..], flow.ClientPort);
        segment[12] = (HeaderLength / 4) << 4;
        segment[13] = 0x10; // ACK
        BinaryPrimitives.WriteUInt16BigEndian(segment[14..], 1024);
        uint seed = VrrpChecksum.PseudoHeader(flow.Vip, flow.Client, HeaderLength, Tcp);
        BinaryPrimitives.WriteUInt16BigEndian(
            segment[16..], VrrpChecksum.Compute(segment[..HeaderLength], seed));
    }

    private static bool Send(KernelSocket socket, in VipFlow flow, ReadOnlySpan<byte> segment)
    {
        Span<byte> target = stackalloc byte[28];
        Span<byte> control = stackalloc byte[40];
        target.Clear();
        control.Clear();
        if (flow.Vip.Family == IpFamily.V4)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(target, 2);
            flow.Client.Write(target[4..]);
            BinaryPrimitives.WriteInt64LittleEndian(control, 28);
            BinaryPrimitives.WriteInt32LittleEndian(control[12..], 8); // IP_PKTINFO
            flow.Vip.Write(control[20..]);
            return socket.Send(segment, target[..16], control[..32]) == segment.Length;
        }

        BinaryPrimitives.WriteUInt16LittleEndian(target, 10);
        flow.Client.Write(target[8..]);
        BinaryPrimitives.WriteInt64LittleEndian(control, 36);
        BinaryPrimitives.WriteInt32LittleEndian(control[8..], 41);
        BinaryPrimitives.WriteInt32LittleEndian(control[12..], 50); // IPV6_PKTINFO
        flow.Vip.Write(control[16..]);
        return socket.Send(segment, target, control) == segment.Length;
    }
}
