using System.Buffers.Binary;
using Proxy.Cluster.Vrrp.Packets;

namespace Proxy.Cluster.Vrrp.Guard;

/// <summary>Ethernet frames that tell the network where an address is. Stateless, does not allocate.</summary>
internal static class AnnouncementFrames
{
    public const int MaxLength = 86;

    private const byte Icmpv6 = 58;

    /// <summary>Gratuitous ARP (RFC 5227 3) for IPv4, unsolicited neighbour advertisement (RFC 4861 7.2.6) for IPv6.
    /// Returns the length.</summary>
    /// <param name="address">What is announced.</param>
    /// <param name="mac">Where it is, 48 bits.</param>
    /// <param name="frame">At least <see cref="MaxLength"/> bytes.</param>
    public static int Write(NetAddress address, ulong mac, Span<byte> frame)
    {
        frame[..MaxLength].Clear();
        WriteMac(frame[6..], mac);
        return address.Family == IpFamily.V4 ? WriteArp(address, mac, frame) : WriteAdvertisement(address, mac, frame);
    }

    public static void WriteMac(Span<byte> destination, ulong mac)
    {
        BinaryPrimitives.WriteUInt16BigEndian(destination, (ushort)(mac >> 32));
        BinaryPrimitives.WriteUInt32BigEndian(destination[2..], (uint)mac);
    }

    private static int WriteArp(NetAddress address, ulong mac, Span<byte> frame)
    {
        frame[..6].Fill(0xff);
        Span<byte> packet = frame[12..];
        BinaryPrimitives.WriteUInt16BigEndian(packet, 0x0806);
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], 1); // Ethernet
        BinaryPrimitives.WriteUInt16BigEndian(packet[4..], 0x0800);
        packet[6] = 6;
        packet[7] = 4;
        BinaryPrimitives.WriteUInt16BigEndian(packet[8..], 1); // a request: what RFC 5227 calls an announcement
        WriteMac(packet[10..], mac);
        address.Write(packet[16..]);
        address.Write(packet[26..]);
        return 42;
    }

    private static int WriteAdvertisement(NetAddress address, ulong mac, Span<byte> frame)
    {
        const int BodyLength = 32;
        WriteMac(frame, 0x3333_0000_0001); // all nodes
        BinaryPrimitives.WriteUInt16BigEndian(frame[12..], 0x86dd);
        Span<byte> header = frame[14..];
        header[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(header[4..], BodyLength);
        header[6] = Icmpv6;
        header[7] = 255;
        address.Write(header[8..]);
        var allNodes = new NetAddress(IpFamily.V6, new UInt128(0xff02_0000_0000_0000, 1));
        allNodes.Write(header[24..]);
        Span<byte> body = header.Slice(40, BodyLength);
        body[0] = 136;
        body[4] = 0x20; // override: this replaces what the neighbour knows
        address.Write(body[8..]);
        body[24] = 2; // target link-layer address
        body[25] = 1;
        WriteMac(body[26..], mac);
        uint seed = VrrpChecksum.PseudoHeader(address, allNodes, BodyLength, Icmpv6);
        BinaryPrimitives.WriteUInt16BigEndian(body[2..], VrrpChecksum.Compute(body, seed));
        return MaxLength;
    }
}
