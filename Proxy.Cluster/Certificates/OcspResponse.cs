using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Proxy.Cluster.Certificates;

/// <summary>What an authority says about a certificate's revocation (RFC 6960 §4.2). Immutable.</summary>
/// <param name="Der">As it came, and as it is stapled.</param>
/// <param name="NextUpdate">When there will be something newer; without it the response is good for a day.</param>
internal sealed record OcspResponse(byte[] Der, DateTimeOffset ThisUpdate, DateTimeOffset NextUpdate)
{
    private const string Basic = "1.3.6.1.5.5.7.48.1.1";
    private const string OcspSigning = "1.3.6.1.5.5.7.3.9";

    /// <summary>Clocks differ; responders often date from "now".</summary>
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(5);

    private static readonly Asn1Tag Explicit0 = new(TagClass.ContextSpecific, 0, true);
    private static readonly Asn1Tag Good = new(TagClass.ContextSpecific, 0);
    private static readonly Asn1Tag Revoked = new(TagClass.ContextSpecific, 1, true);

    /// <summary>When a fetched one is asked for again: half way to its end.</summary>
    public DateTimeOffset HalfTime => ThisUpdate + ((NextUpdate - ThisUpdate) / 2);

    /// <summary>Reads a response and judges it. <paramref name="problem"/> says why it must not be stapled.</summary>
    /// <param name="issuer">Null when it is not known: then the signature stays unchecked.</param>
    public static OcspResponse? Read(
        byte[] der, X509Certificate2 leaf, X509Certificate2? issuer, DateTimeOffset now, out string problem)
    {
        try
        {
            return ReadStrictly(der, leaf, issuer, now, out problem);
        }
        catch (Exception error) when (error is AsnContentException or CryptographicException)
        {
            problem = "is not an OCSP response";
            return null;
        }
    }

    private static OcspResponse? ReadStrictly(
        byte[] der, X509Certificate2 leaf, X509Certificate2? issuer, DateTimeOffset now, out string problem)
    {
        AsnReader outer = new AsnReader(der, AsnEncodingRules.DER).ReadSequence();
        byte status = outer.ReadEnumeratedBytes().Span[0];
        if (status != 0)
        {
            problem = $"says that the responder failed (status {status})";
            return null;
        }

        AsnReader typed = outer.ReadSequence(Explicit0).ReadSequence();
        if (typed.ReadObjectIdentifier() != Basic)
        {
            problem = "is of a type that is not known";
            return null;
        }

        AsnReader basic = new AsnReader(typed.ReadOctetString(), AsnEncodingRules.DER).ReadSequence();
        SignedDer signed = SignedDer.Read(basic);
        if (issuer is not null && !IsFrom(issuer, signed, basic, now))
        {
            problem = "is not signed by the certificate's issuer";
            return null;
        }

        AsnReader data = new AsnReader(signed.Content, AsnEncodingRules.DER).ReadSequence();
        if (data.PeekTag() == Explicit0)
        {
            data.ReadEncodedValue(); // version
        }

        data.ReadEncodedValue(); // responder
        data.ReadGeneralizedTime(); // produced
        AsnReader answers = data.ReadSequence();
        problem = "is about another certificate";
        while (answers.HasData)
        {
            AsnReader answer = answers.ReadSequence();
            if (IsAbout(answer.ReadSequence(), leaf, issuer))
            {
                return Judge(der, answer, now, out problem);
            }
        }

        return null;
    }

    private static OcspResponse? Judge(byte[] der, AsnReader answer, DateTimeOffset now, out string problem)
    {
        Asn1Tag verdict = answer.PeekTag();
        answer.ReadEncodedValue();
        DateTimeOffset from = answer.ReadGeneralizedTime();
        DateTimeOffset until = answer.HasData && answer.PeekTag() == Explicit0
            ? answer.ReadSequence(Explicit0).ReadGeneralizedTime()
            : from + TimeSpan.FromDays(1);
        problem = verdict == Revoked ? "says that the certificate is revoked"
            : verdict != Good ? "says that the responder does not know the certificate"
            : now + Skew < from ? "is from the future"
            : now >= until ? "is out of date"
            : "";
        return problem.Length == 0 ? new OcspResponse(der, from, until) : null;
    }

    private static bool IsAbout(AsnReader id, X509Certificate2 leaf, X509Certificate2? issuer)
    {
        string algorithm = id.ReadSequence().ReadObjectIdentifier();
        byte[] name = id.ReadOctetString();
        byte[] key = id.ReadOctetString();
        ReadOnlyMemory<byte> serial = id.ReadIntegerBytes();
        if (!serial.Span.SequenceEqual(leaf.SerialNumberBytes.Span)
            || Hash(algorithm, leaf.IssuerName.RawData) is not { } expected)
        {
            return false;
        }

        return name.AsSpan().SequenceEqual(expected)
            && (issuer is null
                || key.AsSpan().SequenceEqual(Hash(algorithm, issuer.PublicKey.EncodedKeyValue.RawData)));
    }

    /// <summary>Signed by the issuer itself, or by someone it has named for this (RFC 6960 §4.2.2.2).</summary>
    private static bool IsFrom(X509Certificate2 issuer, SignedDer signed, AsnReader rest, DateTimeOffset now)
    {
        if (signed.IsSignedBy(issuer) == true)
        {
            return true;
        }

        if (!rest.HasData)
        {
            return false;
        }

        AsnReader certificates = rest.ReadSequence(Explicit0).ReadSequence();
        while (certificates.HasData)
        {
            using X509Certificate2 one = X509CertificateLoader.LoadCertificate(certificates.ReadEncodedValue().Span);
            if (signed.IsSignedBy(one) == true
                && now >= one.NotBefore
                && now < one.NotAfter
                && one.Extensions.OfType<X509EnhancedKeyUsageExtension>().Any(
                    static usage => usage.EnhancedKeyUsages[OcspSigning] is not null)
                && SignedDer.Of(one).IsSignedBy(issuer) == true)
            {
                return true;
            }
        }

        return false;
    }

    private static byte[]? Hash(string algorithm, byte[] of) => algorithm switch
    {
        // Names which certificate is meant; nothing rests on its strength (RFC 5019 §2.1.1 demands SHA-1).
#pragma warning disable CA5350
        "1.3.14.3.2.26" => SHA1.HashData(of),
#pragma warning restore CA5350
        "2.16.840.1.101.3.4.2.1" => SHA256.HashData(of),
        _ => null,
    };
}
