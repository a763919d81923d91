namespace Proxy.Edge.Tls;

/// <summary>Cipher suites of the profiles, in order of preference, by OpenSSL's names.</summary>
internal static class TlsSuites
{
    /// <summary>TLS 1.3; AES first: servers have the instructions for it. 128 before 256 as below: SHA-256 has
    /// instructions too, and the key schedule of a handshake is all hashing (7 % of a resumed one).</summary>
    public const string Tls13 = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

    private const string Modern =
        "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
        + "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

    private const string Intermediate =
        Modern + ":ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA384:"
        + "ECDHE-RSA-AES256-SHA384";

    public static string Tls12(TlsServerPolicy policy) =>
        policy.Ciphers.Count > 0 ? string.Join(':', policy.Ciphers)
        : policy.Profile == TlsProfile.Modern ? Modern
        : Intermediate;
}
