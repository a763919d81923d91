namespace Proxy.Actors.Config.Schema;

/// <summary>Keys of the tls block of a pool.</summary>
internal static class OriginTlsSchema
{
    public static readonly BlockSchema<OriginTlsConfig> Block = new(new OriginTlsConfig())
    {
        { "verify", Kinds.Flag, t => t.Verify, (t, v) => t with { Verify = v } },
        { "ca", Kinds.Text("a PEM bundle; \"\" = the system's authorities"), t => t.Ca, (t, v) => t with { Ca = v } },
        { "crl", Kinds.Text("a PEM file of revocation lists; \"\" = none"), t => t.Crl, (t, v) => t with { Crl = v } },
        {
            "server-name", Kinds.Text("a host name; \"\" = the host of the member's URL"),
            t => t.ServerName, (t, v) => t with { ServerName = v.ToLowerInvariant() }
        },
        {
            "certificate", Kinds.Text("a PEM file; \"\" = no certificate of our own"),
            t => t.Certificate, (t, v) => t with { Certificate = v }
        },
        {
            "key", Kinds.Text("a PEM file; \"\" = the certificate's file holds the key"),
            t => t.Key, (t, v) => t with { Key = v }
        },
        {
            "password-file", Kinds.Text("a file whose first line opens the key; \"\" = the key is not encrypted"),
            t => t.PasswordFile, (t, v) => t with { PasswordFile = v }
        },
        { "min-version", ListenerTlsSchema.Version, t => t.MinVersion, (t, v) => t with { MinVersion = v } },
        { "max-version", ListenerTlsSchema.Version, t => t.MaxVersion, (t, v) => t with { MaxVersion = v } },
    };
}
