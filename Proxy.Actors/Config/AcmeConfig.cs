namespace Proxy.Actors.Config;

/// <summary>How a name is proven to be ours.</summary>
public enum AcmeChallenge : byte
{
    /// <summary>A file over plain HTTP (RFC 8555 §8.3).</summary>
    Http01,

    /// <summary>A certificate in a handshake (RFC 8737).</summary>
    TlsAlpn01,
}

public enum AcmeKeyType : byte
{
    Ecdsa,
    Rsa,
}

/// <summary>The authority that certificates are ordered from, and the terms.</summary>
public sealed record AcmeConfig
{
    public string Directory { get; init; } = "https://acme-v02.api.letsencrypt.org/directory";

    /// <summary>Mail addresses.</summary>
    public ConfigList<string> Contact { get; init; } = [];

    public bool AgreeTerms { get; init; }

    public AcmeChallenge Challenge { get; init; }

    public AcmeKeyType KeyType { get; init; }

    /// <summary>Before the end; zero = when the authority suggests, or after two thirds of the lifetime.</summary>
    public TimeSpan RenewBefore { get; init; }

    /// <summary>PEM bundle instead of the system's authorities; empty = those. Relative to the configuration
    /// file.</summary>
    public string CaFile { get; init; } = "";

    public AcmeBindingConfig Binding { get; init; } = new();
}

/// <summary>External account binding (RFC 8555 §7.3.4).</summary>
public sealed record AcmeBindingConfig
{
    /// <summary>Empty = none.</summary>
    public string KeyId { get; init; } = "";

    /// <summary>File whose first line is the key in base64url.</summary>
    public string HmacKeyFile { get; init; } = "";
}
