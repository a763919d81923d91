using System.Buffers.Binary;
using Proxy.Cluster.Vrrp.Packets;
using Proxy.Edge.Os.Network;

namespace Proxy.Cluster.Vrrp.Guard;

/// <summary>Sends adverts and announcements. One socket for each kind, whatever the number of interfaces: interface and
/// source address go with every packet. One thread; allocates nothing after opening.</summary>
internal sealed class AdvertSender : IAdvertSender, IDisposable
{
    private const int FamilyPacket = 17;
    private const int TypeRaw = 3;
    private const int LevelIp = 0;
    private const int LevelIpv6 = 41;

    // Internetwork control, as RFC 2474 keeps it for routing protocols.
    private const int NetworkControl = 0xc0;

    private readonly KernelSocket _ipv4;
    private readonly KernelSocket? _ipv6;
    private readonly KernelSocket _packets;
    private readonly byte[] _message = new byte[8 + (16 * VrrpRules.MaxAddresses) + VrrpRules.PasswordLength];

    private AdvertSender(KernelSocket ipv4, KernelSocket? ipv6, KernelSocket packets)
    {
        _ipv4 = ipv4;
        _ipv6 = ipv6;
        _packets = packets;
    }

    /// <summary>Null when the kernel refuses IPv4 or packet sockets; IPv6 may be missing on a machine without it.
    /// </summary>
    public static AdvertSender? Open(out int error)
    {
        KernelSocket? ipv4 = KernelSocket.Open(2, TypeRaw, VrrpChecksum.Protocol, out error);
        KernelSocket? packets = KernelSocket.Open(FamilyPacket, TypeRaw, 0, out int packetError);
        if (ipv4 is null || packets is null)
        {
            ipv4?.Dispose();
            packets?.Dispose();
            error = Math.Max(error, packetError);
            return null;
        }

        ipv4.SetOption(LevelIp, 33, 255); // IP_MULTICAST_TTL
        ipv4.SetOption(LevelIp, 2, 255); // IP_TTL
        ipv4.SetOption(LevelIp, 34, 0); // IP_MULTICAST_LOOP
        ipv4.SetOption(LevelIp, 1, NetworkControl); // IP_TOS
        Mute(ipv4);
        KernelSocket? ipv6 = KernelSocket.Open(10, TypeRaw, VrrpChecksum.Protocol, out _);
        if (ipv6 is not null)
        {
            ipv6.SetOption(LevelIpv6, 18, 255); // IPV6_MULTICAST_HOPS
            ipv6.SetOption(LevelIpv6, 16, 255); // IPV6_UNICAST_HOPS
            ipv6.SetOption(LevelIpv6, 19, 0); // IPV6_MULTICAST_LOOP
            ipv6.SetOption(LevelIpv6, 67, NetworkControl); // IPV6_TCLASS
            Mute(ipv6);
        }

        return new AdvertSender(ipv4, ipv6, packets);
    }

    public bool Send(VrrpRules rules, byte priority, NetAddress source, int link)
    {
        if (!rules.IsUnicast)
        {
            return SendTo(rules, priority, source, VrrpRules.Group(rules.Family), link);
        }

        bool all = true;
        foreach (NetAddress peer in rules.Peers)
        {
            // Not bound to the interface: a unicast peer is where the routes say.
            all &= SendTo(rules, priority, source, peer, 0);
        }

        return all;
    }

    public bool Announce(NetAddress address, ulong mac, int link)
    {
        Span<byte> frame = stackalloc byte[AnnouncementFrames.MaxLength];
        int length = AnnouncementFrames.Write(address, mac, frame);
        Span<byte> target = stackalloc byte[20]; // struct sockaddr_ll
        target.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(target, FamilyPacket);
        frame.Slice(12, 2).CopyTo(target[2..]);
        BinaryPrimitives.WriteInt32LittleEndian(target[4..], link);
        target[11] = 6;
        frame[..6].CopyTo(target[12..]);
        return _packets.Send(frame[..length], target) == length;
    }

    public void Dispose()
    {
        _ipv4.Dispose();
        _ipv6?.Dispose();
        _packets.Dispose();
    }

    /// <summary>A raw socket receives whether it wants or not; this one joined no group and keeps nothing.</summary>
    private static void Mute(KernelSocket socket) => socket.SetOption(1, 8, 1); // SO_RCVBUF

    private bool SendTo(VrrpRules rules, byte priority, NetAddress source, NetAddress destination, int link)
    {
        int length = VrrpPacketWriter.Write(rules, priority, source, destination, _message);
        Span<byte> target = stackalloc byte[28];
        Span<byte> control = stackalloc byte[40];
        target.Clear();
        control.Clear();
        if (rules.Family == IpFamily.V4)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(target, 2);
            destination.Write(target[4..]);
            BinaryPrimitives.WriteInt64LittleEndian(control, 28);
            BinaryPrimitives.WriteInt32LittleEndian(control[8..], LevelIp);
            BinaryPrimitives.WriteInt32LittleEndian(control[12..], 8); // IP_PKTINFO
            BinaryPrimitives.WriteInt32LittleEndian(control[16..], link);
            source.Write(control[20..]);
            return _ipv4.Send(_message.AsSpan(0, length), target[..16], control[..32]) == length;
        }

        BinaryPrimitives.WriteUInt16LittleEndian(target, 10);
        destination.Write(target[8..]);
        BinaryPrimitives.WriteInt32LittleEndian(target[24..], destination.IsLinkLocal ? link : 0);
        BinaryPrimitives.WriteInt64LittleEndian(control, 36);
        BinaryPrimitives.WriteInt32LittleEndian(control[8..], LevelIpv6);
        BinaryPrimitives.WriteInt32LittleEndian(control[12..], 50); // IPV6_PKTINFO
        source.Write(control[16..]);
        BinaryPrimitives.WriteInt32LittleEndian(control[32..], link);
        return _ipv6 is not null && _ipv6.Send(_message.AsSpan(0, length), target, control) == length;
    }
}
