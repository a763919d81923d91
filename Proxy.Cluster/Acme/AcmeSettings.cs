namespace Proxy.Cluster.Acme;

/// <summary>What one certificate is ordered with.</summary>
/// <param name="Directory">URL of the authority's directory.</param>
/// <param name="Names">Host names, lower case; the first one names the certificate.</param>
/// <param name="Contact">Mail addresses.</param>
/// <param name="ChallengeType">"http-01" or "tls-alpn-01".</param>
/// <param name="Thumbprint">Of the account's key (RFC 7638), in base64url.</param>
/// <param name="RenewBefore">Before the end; zero = as the authority suggests, or after two thirds.</param>
internal sealed record AcmeSettings(
    string Directory, IReadOnlyList<string> Names, IReadOnlyList<string> Contact, string ChallengeType,
    string Thumbprint, TimeSpan RenewBefore);

/// <summary>What the schedule has to know about a certificate.</summary>
/// <param name="RenewalId">How renewal information is asked for (RFC 9773 §4.1); null when the certificate does not
/// say.</param>
internal sealed record CertificateLife(DateTimeOffset NotBefore, DateTimeOffset NotAfter, string? RenewalId);

/// <summary>Proof that a name is ours, as it has to be shown.</summary>
/// <param name="Answer">The key authorization: token, ".", thumbprint.</param>
internal sealed record ChallengeAnswer(string Host, string Type, string Token, string Answer);
