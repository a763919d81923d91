using System.Buffers.Binary;

namespace Proxy.Cluster.Vrrp.Packets;

/// <summary>What a v3 checksum over IPv4 covers. RFC 5798 could be read both ways and RFC 9568 settled on "message
/// only", while keepalived sends the pseudo header unless told otherwise. Both are accepted, always.</summary>
internal enum ChecksumForm : byte
{
    /// <summary>As keepalived by default.</summary>
    PseudoHeader,

    /// <summary>As RFC 9568 5.2.8 and most hardware routers.</summary>
    MessageOnly,
}

/// <summary>The Internet checksum (RFC 1071) with and without pseudo header.</summary>
internal static class VrrpChecksum
{
    public const int Protocol = 112;

    /// <summary>The checksum to send; the field itself must be zero in <paramref name="message"/>.</summary>
    public static ushort Compute(ReadOnlySpan<byte> message, uint seed = 0) => (ushort)~Fold(Sum(message, seed));

    /// <summary>True when the sum over everything, the field included, is all ones.</summary>
    public static bool Verify(ReadOnlySpan<byte> message, uint seed = 0) => Fold(Sum(message, seed)) == 0xffff;

    /// <summary>The part of the sum that the pseudo header adds (RFC 8200 8.1; for IPv4 the same fields).</summary>
    public static uint PseudoHeader(
        NetAddress source, NetAddress destination, int length, int protocol = Protocol)
    {
        Span<byte> header = stackalloc byte[32];
        source.Write(header);
        destination.Write(header[source.Length..]);
        return Sum(header[..(source.Length + destination.Length)], (uint)(protocol + length));
    }

    private static uint Sum(ReadOnlySpan<byte> bytes, uint sum)
    {
        while (bytes.Length >= 2)
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(bytes);
            bytes = bytes[2..];
        }

        return bytes.Length == 1 ? sum + ((uint)bytes[0] << 8) : sum;
    }

    private static ushort Fold(uint sum)
    {
        sum = (sum & 0xffff) + (sum >> 16);
        return (ushort)((sum & 0xffff) + (sum >> 16));
    }
}
