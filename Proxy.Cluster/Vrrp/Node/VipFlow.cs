using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using Proxy.Cluster.Vrrp.Packets;

namespace Proxy.Cluster.Vrrp.Node;

/// <summary>An established connection of a client to a virtual address.</summary>
internal readonly record struct VipFlow(NetAddress Vip, ushort VipPort, NetAddress Client, ushort ClientPort)
{
    /// <summary>More are not told: the list is a courtesy to clients, and has to stay cheap.</summary>
    public const int MaxFlows = 5_000;

    private const byte Version = 1;
    private const int Size = 1 + 16 + 2 + 16 + 2;

    public static byte[] Write(IReadOnlyList<VipFlow> flows)
    {
        byte[] record = new byte[3 + (flows.Count * Size)];
        record[0] = Version;
        BinaryPrimitives.WriteUInt16LittleEndian(record.AsSpan(1), (ushort)flows.Count);
        for (int i = 0; i < flows.Count; i++)
        {
            Span<byte> one = record.AsSpan(3 + (i * Size), Size);
            one[0] = (byte)flows[i].Vip.Family;
            flows[i].Vip.Write(one[1..]);
            BinaryPrimitives.WriteUInt16LittleEndian(one[17..], flows[i].VipPort);
            flows[i].Client.Write(one[19..]);
            BinaryPrimitives.WriteUInt16LittleEndian(one[35..], flows[i].ClientPort);
        }

        return record;
    }

    /// <summary>Null when the record does not hold together.</summary>
    public static IReadOnlyList<VipFlow>? Read(ReadOnlySpan<byte> record)
    {
        if (record.Length < 3 || record[0] < Version)
        {
            return null;
        }

        int count = BinaryPrimitives.ReadUInt16LittleEndian(record[1..]);
        if (count > MaxFlows || record.Length < 3 + (count * Size))
        {
            return null;
        }

        var flows = new VipFlow[count];
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> one = record.Slice(3 + (i * Size), Size);
            if (one[0] > (byte)IpFamily.V6)
            {
                return null;
            }

            var family = (IpFamily)one[0];
            flows[i] = new VipFlow(
                NetAddress.Read(family, one[1..]), BinaryPrimitives.ReadUInt16LittleEndian(one[17..]),
                NetAddress.Read(family, one[19..]), BinaryPrimitives.ReadUInt16LittleEndian(one[35..]));
        }

        return flows;
    }

    /// <summary>Those of /proc/net/tcp or tcp6 that lead to one of these addresses.</summary>
    public static IEnumerable<VipFlow> Parse(string table, IReadOnlySet<NetAddress> addresses)
    {
        const string Established = "01";
        foreach (string line in table.Split('\n').Skip(1))
        {
            string[] words = line.Split(' ', 5, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 5 && words[3] == Established
                && TryEndpoint(words[1], out NetAddress vip, out ushort port) && addresses.Contains(vip)
                && TryEndpoint(words[2], out NetAddress client, out ushort clientPort))
            {
                yield return new VipFlow(vip, port, client, clientPort);
            }
        }
    }

    /// <summary>Words of four bytes in the machine's order, in hexadecimal.</summary>
    private static bool TryEndpoint(string text, out NetAddress address, out ushort port)
    {
        address = default;
        port = 0;
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon is not (8 or 32) || !ushort.TryParse(
            text.AsSpan(colon + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out port))
        {
            return false;
        }

        byte[] bytes = Convert.FromHexString(text.AsSpan(0, colon));
        for (int word = 0; word < bytes.Length; word += 4)
        {
            bytes.AsSpan(word, 4).Reverse();
        }

        var ip = new IPAddress(bytes);
        bool isMapped = ip.IsIPv4MappedToIPv6;
        address = NetAddress.Read(
            bytes.Length == 4 || isMapped ? IpFamily.V4 : IpFamily.V6, isMapped ? bytes.AsSpan(12) : bytes);
        return true;
    }
}
