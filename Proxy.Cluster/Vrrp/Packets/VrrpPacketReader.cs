using System.Buffers.Binary;

namespace Proxy.Cluster.Vrrp.Packets;

/// <summary>Checks adverts strictly, each refusal with its reason. Stateless, does not allocate. The layout is drawn at
/// <see cref="VrrpPacketWriter"/>.</summary>
internal static class VrrpPacketReader
{
    /// <summary>The router id decides which instance judges the packet. False: too short to have one.</summary>
    public static bool TryPeekRouterId(ReadOnlySpan<byte> message, out byte routerId)
    {
        routerId = message.Length >= VrrpPacketWriter.HeaderLength ? message[1] : (byte)0;
        return routerId != 0;
    }

    /// <summary>Cuts an IPv4 packet as a raw socket delivers it into envelope and message.</summary>
    public static bool TryReadIpv4(
        ReadOnlySpan<byte> packet, out VrrpEnvelope envelope, out ReadOnlySpan<byte> message)
    {
        envelope = default;
        message = default;
        if (packet.Length < 20 || packet[0] >> 4 != 4)
        {
            return false;
        }

        int header = (packet[0] & 15) * 4;
        int total = BinaryPrimitives.ReadUInt16BigEndian(packet[2..]);
        if (header < 20 || total < header || total > packet.Length)
        {
            return false;
        }

        envelope = new VrrpEnvelope(
            NetAddress.Read(IpFamily.V4, packet[12..]), NetAddress.Read(IpFamily.V4, packet[16..]), packet[8]);
        message = packet[header..total];
        return true;
    }

    public static VrrpRefusal Read(
        ReadOnlySpan<byte> message, in VrrpEnvelope envelope, VrrpRules rules, out VrrpAdvert advert)
    {
        advert = default;
        VrrpRefusal refusal = CheckEnvelope(envelope, rules);
        if (refusal == VrrpRefusal.None)
        {
            refusal = CheckShape(message, rules);
        }

        if (refusal == VrrpRefusal.None)
        {
            refusal = ChecksumHolds(message, envelope, rules) ? VrrpRefusal.None : VrrpRefusal.WrongChecksum;
        }

        if (refusal == VrrpRefusal.None && rules.Version == VrrpVersion.V2)
        {
            refusal = CheckAuthentication(message, rules);
        }

        if (refusal != VrrpRefusal.None)
        {
            return refusal;
        }

        long interval = IntervalOf(message, rules.Version);
        if (rules.Version == VrrpVersion.V2 ? interval != rules.Interval : interval == 0)
        {
            return VrrpRefusal.WrongInterval;
        }

        advert = new VrrpAdvert(envelope.Source, message[2], interval, ListsDiffer(message, rules));
        return VrrpRefusal.None;
    }

    private static VrrpRefusal CheckEnvelope(in VrrpEnvelope envelope, VrrpRules rules)
    {
        if (envelope.Ttl < rules.LeastTtl)
        {
            return VrrpRefusal.WrongTtl;
        }

        if (rules.IsUnicast)
        {
            return envelope.Destination.IsMulticast ? VrrpRefusal.WrongDestination
                : rules.Peers.AsSpan().Contains(envelope.Source) ? VrrpRefusal.None
                : VrrpRefusal.UnknownPeer;
        }

        if (envelope.Destination != VrrpRules.Group(rules.Family))
        {
            return VrrpRefusal.WrongDestination;
        }

        return rules.Family == IpFamily.V6 && !envelope.Source.IsLinkLocal
            ? VrrpRefusal.WrongSource
            : VrrpRefusal.None;
    }

    private static VrrpRefusal CheckShape(ReadOnlySpan<byte> message, VrrpRules rules)
    {
        if (message.Length < VrrpPacketWriter.HeaderLength)
        {
            return VrrpRefusal.TooShort;
        }

        if (message[0] >> 4 != (int)rules.Version)
        {
            return VrrpRefusal.WrongVersion;
        }

        if ((message[0] & 15) != VrrpPacketWriter.TypeAdvertisement)
        {
            return VrrpRefusal.WrongType;
        }

        if (message[1] != rules.RouterId)
        {
            return VrrpRefusal.UnknownRouterId;
        }

        if (message[3] == 0)
        {
            return VrrpRefusal.NoAddresses;
        }

        int expected = VrrpPacketWriter.HeaderLength + (message[3] * NetAddress.LengthOf(rules.Family))
            + (rules.Version == VrrpVersion.V2 ? VrrpRules.PasswordLength : 0);
        return message.Length == expected ? VrrpRefusal.None : VrrpRefusal.WrongLength;
    }

    private static bool ChecksumHolds(ReadOnlySpan<byte> message, in VrrpEnvelope envelope, VrrpRules rules)
    {
        if (rules.Family == IpFamily.V4 && VrrpChecksum.Verify(message))
        {
            return true;
        }

        return rules.Version == VrrpVersion.V3 && VrrpChecksum.Verify(
            message, VrrpChecksum.PseudoHeader(envelope.Source, envelope.Destination, message.Length));
    }

    private static VrrpRefusal CheckAuthentication(ReadOnlySpan<byte> message, VrrpRules rules)
    {
        int expected = rules.Password == 0 ? 0 : VrrpPacketWriter.SimplePassword;
        if (message[4] != expected)
        {
            return VrrpRefusal.WrongAuthenticationType;
        }

        // Without authentication the eight bytes are there and mean nothing (RFC 3768 5.3.10).
        return rules.Password == 0
            || BinaryPrimitives.ReadUInt64BigEndian(message[^VrrpRules.PasswordLength..]) == rules.Password
                ? VrrpRefusal.None
                : VrrpRefusal.WrongPassword;
    }

    private static long IntervalOf(ReadOnlySpan<byte> message, VrrpVersion version) => version == VrrpVersion.V2
        ? message[5] * VrrpRules.Second
        : (BinaryPrimitives.ReadUInt16BigEndian(message[4..]) & 0xfff) * VrrpRules.Centisecond;

    /// <summary>Routers list the same addresses in different order, so it is a set that is compared.</summary>
    private static bool ListsDiffer(ReadOnlySpan<byte> message, VrrpRules rules)
    {
        if (message[3] != rules.Addresses.Length)
        {
            return true;
        }

        int length = NetAddress.LengthOf(rules.Family);
        for (int i = 0; i < message[3]; i++)
        {
            NetAddress theirs = NetAddress.Read(
                rules.Family, message[(VrrpPacketWriter.HeaderLength + (i * length))..]);
            // Usually the order is the same too, then this stays linear.
            if (theirs != rules.Addresses[i] && !rules.Addresses.AsSpan().Contains(theirs))
            {
                return true;
            }
        }

        return false;
    }
}
