using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Proxy.Cluster.Certificates;

/// <summary>Something that is signed the way X.509 signs certificates and OCSP responses: the bytes, the algorithm,
/// the signature. Immutable.</summary>
internal sealed record SignedDer(ReadOnlyMemory<byte> Content, string Algorithm, byte[] Signature)
{
    /// <summary>Takes a sequence of content, algorithm and signature apart; what follows is left in the
    /// reader.</summary>
    /// <exception cref="AsnContentException">It is none.</exception>
    public static SignedDer Read(AsnReader sequence)
    {
        ReadOnlyMemory<byte> content = sequence.ReadEncodedValue();
        string algorithm = sequence.ReadSequence().ReadObjectIdentifier();
        return new SignedDer(content, algorithm, sequence.ReadBitString(out _));
    }

    /// <exception cref="AsnContentException">The certificate is not DER.</exception>
    public static SignedDer Of(X509Certificate2 certificate) =>
        Read(new AsnReader(certificate.RawDataMemory, AsnEncodingRules.DER).ReadSequence());

    /// <summary>Whether the signature was made by the owner of a certificate. Null when the algorithm is none that is
    /// known here, which proves nothing.</summary>
    public bool? IsSignedBy(X509Certificate2 signer)
    {
        try
        {
            return Algorithm switch
            {
                "1.2.840.113549.1.1.11" => Rsa(signer, HashAlgorithmName.SHA256),
                "1.2.840.113549.1.1.12" => Rsa(signer, HashAlgorithmName.SHA384),
                "1.2.840.113549.1.1.13" => Rsa(signer, HashAlgorithmName.SHA512),
                "1.2.840.10045.4.3.2" => Ecdsa(signer, HashAlgorithmName.SHA256),
                "1.2.840.10045.4.3.3" => Ecdsa(signer, HashAlgorithmName.SHA384),
                "1.2.840.10045.4.3.4" => Ecdsa(signer, HashAlgorithmName.SHA512),
                _ => null,
            };
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private bool Rsa(X509Certificate2 signer, HashAlgorithmName hash)
    {
        using RSA? key = signer.GetRSAPublicKey();
        return key is not null && key.VerifyData(Content.Span, Signature, hash, RSASignaturePadding.Pkcs1);
    }

    private bool Ecdsa(X509Certificate2 signer, HashAlgorithmName hash)
    {
        using ECDsa? key = signer.GetECDsaPublicKey();
        return key is not null
            && key.VerifyData(Content.Span, Signature, hash, DSASignatureFormat.Rfc3279DerSequence);
    }
}
