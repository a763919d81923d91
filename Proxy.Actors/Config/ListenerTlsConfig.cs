using Proxy.Edge.Tls;

namespace Proxy.Actors.Config;

/// <summary>TLS of a listener. Paths are relative to the configuration file.</summary>
public sealed record ListenerTlsConfig
{
    /// <summary>The first one is shown to clients that name no host.</summary>
    public ConfigList<CertificateConfig> Certificates { get; init; } = [];

    /// <summary>Host names of one more certificate, which ACME provides; empty = none.</summary>
    public ConfigList<string> Acme { get; init; } = [];

    public TlsVersion MinVersion { get; init; } = TlsVersion.Tls12;

    public TlsVersion MaxVersion { get; init; } = TlsVersion.Tls13;

    public TlsProfile Profile { get; init; }

    /// <summary>Instead of the profile's TLS 1.2 suites; empty = those.</summary>
    public ConfigList<string> Ciphers { get; init; } = [];

    public ConfigList<string> Groups { get; init; } = ["X25519", "P-256", "P-384"];

    public UnknownNamePolicy UnknownName { get; init; }

    public ClientAuthConfig ClientAuth { get; init; } = new();

    /// <summary>Rules of single hosts.</summary>
    public ConfigList<TlsHostConfig> Hosts { get; init; } = [];

    public bool Tickets { get; init; } = true;

    /// <summary>Requests are taken together with a client's hello (0-RTT).</summary>
    public bool EarlyData { get; init; }

    public HstsConfig Hsts { get; init; } = new();

    /// <summary>Names of the fields that tell origins the client's certificate and its chain; empty = not
    /// told.</summary>
    public string ClientCertField { get; init; } = "Client-Cert";

    public string ClientCertChainField { get; init; } = "";

    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Handshakes under way at once, per loop.</summary>
    public int MaxHandshakes { get; init; } = 1000;
}

/// <summary>Strict-Transport-Security (RFC 6797).</summary>
public sealed record HstsConfig
{
    /// <summary>Zero = the field is not sent.</summary>
    public TimeSpan MaxAge { get; init; }

    public bool IncludeSubdomains { get; init; }

    public bool Preload { get; init; }

    /// <summary>Value of the field; empty for none.</summary>
    public string Value => MaxAge == TimeSpan.Zero
        ? ""
        : FormattableString.Invariant($"max-age={(long)MaxAge.TotalSeconds}")
            + (IncludeSubdomains ? "; includeSubDomains" : "") + (Preload ? "; preload" : "");
}

/// <summary>A certificate chain with its key.</summary>
public sealed record CertificateConfig
{
    /// <summary>PEM file: leaf first, then the intermediates.</summary>
    public string Certificate { get; init; } = "";

    /// <summary>PEM file; empty = the key is in the certificate's file.</summary>
    public string Key { get; init; } = "";

    /// <summary>File whose first line opens an encrypted key; empty = the key is not encrypted.</summary>
    public string PasswordFile { get; init; } = "";

    /// <summary>Names it is shown for; empty = those in the certificate.</summary>
    public ConfigList<string> Hosts { get; init; } = [];

    /// <summary>DER file of an OCSP response to staple, or "auto": it is fetched; empty = none.</summary>
    public string Ocsp { get; init; } = "";
}

/// <summary>A rule for client certificates.</summary>
public sealed record ClientAuthConfig
{
    public ClientAuthentication Mode { get; init; }

    /// <summary>PEM bundle of accepted authorities.</summary>
    public string Ca { get; init; } = "";

    /// <summary>PEM revocation lists; empty = none are asked.</summary>
    public string Crl { get; init; } = "";

    public int MaxDepth { get; init; } = 4;
}

/// <summary>What one host of a TLS listener has of its own.</summary>
public sealed record TlsHostConfig
{
    /// <summary>Exact, or a wildcard of one label.</summary>
    public string Name { get; init; } = "";

    public ClientAuthConfig ClientAuth { get; init; } = new();
}
