using System.Buffers.Binary;
using Proxy.Cluster.Vrrp.Packets;

namespace Proxy.Cluster.Vrrp.Guard;

/// <summary>Numbers and entries of rtnetlink, see linux/rtnetlink.h, if_addr.h, if_link.h.</summary>
internal static class Netlink
{
    public const int HeaderLength = 16;
    public const int AddressHeaderLength = 8;
    public const int LinkHeaderLength = 16;

    public const ushort Error = 2;
    public const ushort Done = 3;
    public const ushort NewLink = 16;
    public const ushort DeleteLink = 17;
    public const ushort GetLink = 18;
    public const ushort NewAddress = 20;
    public const ushort DeleteAddress = 21;
    public const ushort GetAddress = 22;

    public const ushort Request = 1;
    public const ushort Acknowledge = 4;
    public const ushort Dump = 0x300;
    public const ushort Replace = 0x100;
    public const ushort Exclusive = 0x200;
    public const ushort Create = 0x400;

    public const ushort AddressAddress = 1;
    public const ushort AddressLocal = 2;
    public const ushort AddressCacheInfo = 6;
    public const ushort AddressFlags = 8;
    public const ushort AddressProtocol = 11;
    public const uint FlagNoDuplicateDetection = 2;
    public const uint FlagTentative = 0x40;

    public const ushort LinkAddress = 1;
    public const ushort LinkName = 3;
    public const ushort LinkParent = 5;
    public const ushort LinkInfo = 18;
    public const ushort LinkInfoKind = 1;
    public const ushort LinkInfoData = 2;
    public const ushort MacvlanMode = 1;
    public const uint MacvlanPrivate = 1;
    public const uint LinkUp = 1;
    public const uint LinkLowerUp = 0x10000;

    /// <summary>Who put an address there (IFA_PROTO, kernel 5.18 and later): marks ours, so that what a crashed guard
    /// left is known even after the configuration changed.</summary>
    public const byte OwnMark = 0x56;

    public static int Padded(int length) => (length + 3) & ~3;

    public static byte FamilyNumber(IpFamily family) => family == IpFamily.V4 ? (byte)2 : (byte)10;
}

/// <summary>An address on an interface, as the kernel tells it.</summary>
/// <param name="Link">Index of the interface.</param>
/// <param name="Address">The local address.</param>
/// <param name="Prefix">Its length in bits.</param>
/// <param name="Flags">IFA_F_….</param>
/// <param name="Mark">IFA_PROTO, 0 when the kernel does not tell.</param>
internal readonly record struct AddressEntry(int Link, NetAddress Address, byte Prefix, uint Flags, byte Mark)
{
    /// <param name="body">Of a NewAddress or DeleteAddress message.</param>
    /// <param name="entry">The entry.</param>
    public static bool TryRead(ReadOnlySpan<byte> body, out AddressEntry entry)
    {
        entry = default;
        if (body.Length < Netlink.AddressHeaderLength || body[0] is not (2 or 10))
        {
            return false;
        }

        IpFamily family = body[0] == 2 ? IpFamily.V4 : IpFamily.V6;
        uint flags = body[2];
        byte mark = 0;
        NetAddress address = default;
        var attributes = new NetlinkReader(body[Netlink.AddressHeaderLength..]);
        while (attributes.NextAttribute())
        {
            ReadOnlySpan<byte> value = attributes.Body;
            switch (attributes.Type)
            {
                // IPv4 tells the peer's address as "address" on point-to-point links, and always the own as "local".
                case Netlink.AddressAddress when address.IsNone && value.Length == NetAddress.LengthOf(family):
                case Netlink.AddressLocal when value.Length == NetAddress.LengthOf(family):
                    address = NetAddress.Read(family, value);
                    break;
                case Netlink.AddressFlags when value.Length == 4:
                    flags = BinaryPrimitives.ReadUInt32LittleEndian(value);
                    break;
                case Netlink.AddressProtocol when value.Length == 1:
                    mark = value[0];
                    break;
            }
        }

        entry = new(BinaryPrimitives.ReadInt32LittleEndian(body[4..]), address, body[1], flags, mark);
        return !address.IsNone;
    }
}

/// <summary>An interface, as the kernel tells it.</summary>
/// <param name="Index">Its number.</param>
/// <param name="IsUp">Switched on and with carrier.</param>
/// <param name="Mac">48 bits, 0 when it has none.</param>
internal readonly record struct LinkEntry(int Index, bool IsUp, ulong Mac)
{
    public static bool TryRead(ReadOnlySpan<byte> body, out LinkEntry entry)
    {
        entry = default;
        if (body.Length < Netlink.LinkHeaderLength)
        {
            return false;
        }

        uint flags = BinaryPrimitives.ReadUInt32LittleEndian(body[8..]);
        ulong mac = 0;
        var attributes = new NetlinkReader(body[Netlink.LinkHeaderLength..]);
        while (attributes.NextAttribute())
        {
            if (attributes.Type == Netlink.LinkAddress && attributes.Body.Length == 6)
            {
                mac = ((ulong)BinaryPrimitives.ReadUInt16BigEndian(attributes.Body) << 32)
                    | BinaryPrimitives.ReadUInt32BigEndian(attributes.Body[2..]);
            }
        }

        const uint Both = Netlink.LinkUp | Netlink.LinkLowerUp;
        entry = new(BinaryPrimitives.ReadInt32LittleEndian(body[4..]), (flags & Both) == Both, mac);
        return true;
    }
}
