using Proxy.Edge.Tls;

namespace Proxy.Actors.Config;

/// <summary>TLS to the https members of a pool. Paths are relative to the configuration file.</summary>
public sealed record OriginTlsConfig
{
    /// <summary>False takes any certificate.</summary>
    public bool Verify { get; init; } = true;

    /// <summary>PEM bundle of the authorities to trust; empty = those of the system.</summary>
    public string Ca { get; init; } = "";

    /// <summary>PEM revocation lists; empty = none are asked.</summary>
    public string Crl { get; init; } = "";

    /// <summary>Name that is asked for and must be in the certificate; empty = the host of the member's URL.</summary>
    public string ServerName { get; init; } = "";

    /// <summary>PEM file of the certificate shown to members that ask for one; empty = none.</summary>
    public string Certificate { get; init; } = "";

    /// <summary>PEM file of its key; empty = the certificate's file holds it.</summary>
    public string Key { get; init; } = "";

    public string PasswordFile { get; init; } = "";

    public TlsVersion MinVersion { get; init; } = TlsVersion.Tls12;

    public TlsVersion MaxVersion { get; init; } = TlsVersion.Tls13;
}
