using System.Buffers.Binary;
using System.Text;

namespace Proxy.Cluster.Vrrp.Packets;

internal enum VrrpVersion : byte
{
    V2 = 2,
    V3 = 3,
}

/// <summary>What an instance sends and what it accepts from its peers. Immutable; the arrays are never written to.
/// </summary>
internal sealed record VrrpRules
{
    public const int PasswordLength = 8;

    /// <summary>What fits the count byte; RFC 5798 5.2.5.</summary>
    public const int MaxAddresses = 255;

    /// <summary>Microseconds in the unit of the v3 interval field.</summary>
    public const long Centisecond = 10_000;

    public const long Second = 1_000_000;

    public required byte RouterId { get; init; }

    public VrrpVersion Version { get; init; } = VrrpVersion.V3;

    public IpFamily Family { get; init; }

    /// <summary>Microseconds between adverts: v2 whole seconds to 255 s, v3 whole centiseconds to 40.95 s.</summary>
    public required long Interval { get; init; }

    /// <summary>Microseconds between adverts: v2 whole seconds to 255 s, v3 centiseconds to 40.95 s.</summary>
    public required NetAddress[] Addresses { get; init; }

    public ChecksumForm Checksum { get; init; }

    /// <summary>v2 only: the eight bytes of simple-password authentication, zero = no authentication.</summary>
    public ulong Password { get; init; }

    /// <summary>Adverts go to these addresses and are taken only from them; empty: to the multicast group.</summary>
    public NetAddress[] Peers { get; init; } = [];

    /// <summary>255 on one link. Unicast peers behind routers need less.</summary>
    public byte LeastTtl { get; init; } = 255;

    public bool IsUnicast => Peers.Length > 0;

    /// <summary>Length of the message on the wire.</summary>
    public int MessageLength => VrrpPacketWriter.HeaderLength
        + (Addresses.Length * NetAddress.LengthOf(Family))
        + (Version == VrrpVersion.V2 ? PasswordLength : 0);

    public static NetAddress Group(IpFamily family) => family == IpFamily.V4
        ? NetAddress.Ipv4(0xe000_0012) // 224.0.0.18, RFC 5798 5.1.1.2
        : new NetAddress(IpFamily.V6, new UInt128(0xff02_0000_0000_0000, 0x12)); // ff02::12, 5.1.2.2

    /// <summary>The first eight bytes, padded with zeros: what keepalived makes of auth_pass.</summary>
    public static ulong PasswordOf(string text)
    {
        Span<byte> bytes = stackalloc byte[PasswordLength];
        bytes.Clear();
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        utf8.AsSpan(0, Math.Min(utf8.Length, PasswordLength)).CopyTo(bytes);
        return BinaryPrimitives.ReadUInt64BigEndian(bytes);
    }

    /// <summary>Everything that is wrong with the rules, in words for an operator; empty when nothing is.</summary>
    public IReadOnlyList<string> Problems()
    {
        var problems = new List<string>();
        if (RouterId == 0)
        {
            problems.Add("router-id 0 is reserved; accepted: 1 to 255");
        }

        if (Addresses.Length is 0 or > MaxAddresses || Addresses.Any(address => address.Family != Family))
        {
            problems.Add($"an instance needs 1 to {MaxAddresses} addresses, all of one protocol");
        }

        if (Peers.Any(peer => peer.Family != Family))
        {
            problems.Add("unicast peers must be of the protocol of the addresses");
        }

        if (Version == VrrpVersion.V2)
        {
            Check(Family == IpFamily.V4, "version 2 knows IPv4 only");
            Check(
                Interval % Second == 0 && Interval is >= Second and <= 255 * Second,
                "version 2 wants an advert interval of whole seconds, 1 s to 255 s");
        }
        else
        {
            Check(Password == 0, "version 3 has no password");
            Check(
                Interval % Centisecond == 0 && Interval is >= Centisecond and <= 4095 * Centisecond,
                "version 3 wants an advert interval in steps of 10 ms, 10 ms to 40.95 s");
        }

        return problems;

        void Check(bool good, string problem)
        {
            if (!good)
            {
                problems.Add(problem);
            }
        }
    }
}
