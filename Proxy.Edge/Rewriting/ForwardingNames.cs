using Proxy.Edge.Http;

namespace Proxy.Edge.Rewriting;

/// <summary>Names of the fields by which proxies tell origins about clients, and the disguises that must not reach an
/// origin either.</summary>
internal static class ForwardingNames
{
    /// <summary>Fields that only a trusted peer may send.</summary>
    public const ulong Reserved =
        (1UL << (int)HeaderId.XForwardedFor) | (1UL << (int)HeaderId.XForwardedHost)
        | (1UL << (int)HeaderId.XForwardedProto) | (1UL << (int)HeaderId.XForwardedPort)
        | (1UL << (int)HeaderId.XForwardedPrefix) | (1UL << (int)HeaderId.XForwardedServer)
        | (1UL << (int)HeaderId.XRealIp) | (1UL << (int)HeaderId.Forwarded)
        | (1UL << (int)HeaderId.ClientCert) | (1UL << (int)HeaderId.ClientCertChain);

    private const int LongestName = 40;

    /// <summary>Whether an unknown name is another X-Forwarded-* field, or one of the reserved names with
    /// underscores: servers of the CGI tradition make the same variable of '-' and '_'.</summary>
    public static bool IsReservedOrLookAlike(ReadOnlySpan<byte> name)
    {
        if (name.Length is < 9 or > LongestName || (name[0] | 0x20) is not ('x' or 'f' or 'c'))
        {
            return false;
        }

        Span<byte> plain = stackalloc byte[LongestName];
        plain = plain[..name.Length];
        for (int i = 0; i < name.Length; i++)
        {
            byte value = name[i];
            plain[i] = value == '_' ? (byte)'-' : value is >= (byte)'A' and <= (byte)'Z' ? (byte)(value | 0x20) : value;
        }

        return plain.StartsWith("x-forwarded-"u8)
            || plain.SequenceEqual("x-real-ip"u8)
            || plain.SequenceEqual("forwarded"u8)
            || plain.SequenceEqual("x-request-id"u8)
            || plain.SequenceEqual("client-cert"u8)
            || plain.SequenceEqual("client-cert-chain"u8);
    }
}
