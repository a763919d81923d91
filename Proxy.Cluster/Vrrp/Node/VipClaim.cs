using System.Text;
using Proxy.Cluster.Vrrp.Machine;
using Proxy.Cluster.Vrrp.Packets;

namespace Proxy.Cluster.Vrrp.Node;

/// <summary>What a node tells its peers about one of its routers, over the second path.</summary>
/// <param name="Family">With <paramref name="RouterId"/> and the address: which router it is; interfaces have other
/// names elsewhere.</param>
/// <param name="Address">Its first virtual address.</param>
/// <param name="Source">Where its adverts come from while it is master; none otherwise.</param>
internal readonly record struct VipClaim(
    IpFamily Family, byte RouterId, NetAddress Address, VrrpState State, byte Priority, NetAddress Source)
{
    private const byte Version = 1;
    private const int MaxClaims = 1024;

    public bool IsSameRouter(in VipClaim other) =>
        Family == other.Family && RouterId == other.RouterId && Address == other.Address;

    public static byte[] Write(IReadOnlyList<VipClaim> claims)
    {
        var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        Span<byte> address = stackalloc byte[16];
        writer.Write(Version);
        writer.Write((ushort)claims.Count);
        foreach (VipClaim claim in claims)
        {
            writer.Write((byte)claim.Family);
            writer.Write(claim.RouterId);
            writer.Write((byte)claim.State);
            writer.Write(claim.Priority);
            foreach (NetAddress each in (NetAddress[])[claim.Address, claim.Source])
            {
                address.Clear();
                each.Write(address);
                writer.Write(address);
            }
        }

        writer.Flush();
        return stream.ToArray();
    }

    /// <summary>Null when the record does not hold together.</summary>
    public static IReadOnlyList<VipClaim>? Read(ReadOnlySpan<byte> record)
    {
        const int Size = 4 + 32;
        if (record.Length < 3 || record[0] < Version)
        {
            return null;
        }

        int count = BitConverter.ToUInt16(record[1..]);
        if (count > MaxClaims || record.Length < 3 + (count * Size))
        {
            return null;
        }

        var claims = new VipClaim[count];
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> one = record.Slice(3 + (i * Size), Size);
            if (one[0] > (byte)IpFamily.V6 || one[2] > (byte)VrrpState.Fault)
            {
                return null;
            }

            var family = (IpFamily)one[0];
            NetAddress source = NetAddress.Read(family, one[20..]);
            claims[i] = new VipClaim(
                family, one[1], NetAddress.Read(family, one[4..]), (VrrpState)one[2], one[3],
                source.IsNone ? NetAddress.None : source);
        }

        return claims;
    }
}
