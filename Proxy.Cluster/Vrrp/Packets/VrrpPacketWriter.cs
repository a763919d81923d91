using System.Buffers.Binary;

namespace Proxy.Cluster.Vrrp.Packets;

/// <summary>Builds adverts. Stateless, does not allocate.
/// <code>
///  v2 (RFC 3768 5.1)                                  v3 (RFC 5798 5.1)
///  0: version 2 | type 1   1: router id               0: version 3 | type 1   1: router id
///  2: priority             3: count of addresses      2: priority             3: count of addresses
///  4: auth type            5: interval, seconds       4: 0 | interval, centiseconds (12 bits)
///  6: checksum                                        6: checksum
///  8: addresses, then 8 bytes of authentication       8: addresses
/// </code></summary>
internal static class VrrpPacketWriter
{
    public const int HeaderLength = 8;
    public const byte TypeAdvertisement = 1;
    public const byte SimplePassword = 1;

    /// <summary>Writes the message (without IP header) and returns its length. Source and destination must be those of
    /// the packet: they are under the checksum.</summary>
    public static int Write(
        VrrpRules rules, byte priority, NetAddress source, NetAddress destination, Span<byte> buffer)
    {
        int length = rules.MessageLength;
        Span<byte> message = buffer[..length];
        message[0] = (byte)(((int)rules.Version << 4) | TypeAdvertisement);
        message[1] = rules.RouterId;
        message[2] = priority;
        message[3] = (byte)rules.Addresses.Length;
        if (rules.Version == VrrpVersion.V2)
        {
            message[4] = rules.Password == 0 ? (byte)0 : SimplePassword;
            message[5] = (byte)(rules.Interval / VrrpRules.Second);
            BinaryPrimitives.WriteUInt64BigEndian(message[^VrrpRules.PasswordLength..], rules.Password);
        }
        else
        {
            BinaryPrimitives.WriteUInt16BigEndian(message[4..], (ushort)(rules.Interval / VrrpRules.Centisecond));
        }

        message[6] = 0;
        message[7] = 0;
        Span<byte> list = message[HeaderLength..];
        foreach (NetAddress address in rules.Addresses)
        {
            address.Write(list);
            list = list[address.Length..];
        }

        bool pseudo = rules.Version == VrrpVersion.V3
            && (rules.Family == IpFamily.V6 || rules.Checksum == ChecksumForm.PseudoHeader);
        uint seed = pseudo ? VrrpChecksum.PseudoHeader(source, destination, length) : 0;
        BinaryPrimitives.WriteUInt16BigEndian(message[6..], VrrpChecksum.Compute(message, seed));
        return length;
    }
}
