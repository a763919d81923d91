using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Proxy.Cluster.Certificates;

/// <summary>Asks for the state of one certificate (RFC 6960 §4.1, in the small form of RFC 5019 §2.1.1).</summary>
internal static class OcspRequest
{
    public static byte[] For(X509Certificate2 leaf, X509Certificate2 issuer)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        using (writer.PushSequence())
        using (writer.PushSequence())
        using (writer.PushSequence())
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier("1.3.14.3.2.26");
                writer.WriteNull();
            }

            // RFC 5019 §2.1.1 demands SHA-1; it names the certificate and protects nothing.
#pragma warning disable CA5350
            writer.WriteOctetString(SHA1.HashData(leaf.IssuerName.RawData));
            writer.WriteOctetString(SHA1.HashData(issuer.PublicKey.EncodedKeyValue.RawData));
#pragma warning restore CA5350
            writer.WriteInteger(leaf.SerialNumberBytes.Span);
        }

        return writer.Encode();
    }

    /// <summary>Where a certificate says to ask; null when it says nothing that can be asked.</summary>
    public static Uri? Responder(X509Certificate2 leaf) => leaf.Extensions
        .OfType<X509AuthorityInformationAccessExtension>()
        .SelectMany(static access => access.EnumerateOcspUris())
        .Select(static text => Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) ? uri : null)
        .FirstOrDefault(static uri => uri is { Scheme: "http" or "https" });
}
