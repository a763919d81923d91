namespace Proxy.Actors.Config.Schema;

/// <summary>Keys of the block management.</summary>
internal static class ManagementSchema
{
    private static readonly BlockSchema<ManagementTlsConfig> Tls = new(new ManagementTlsConfig())
    {
        {
            "certificate", Kinds.Text("a PEM file"),
            t => t.Certificate, (t, v) => t with { Certificate = v }, KeyTrait.Required
        },
        { "key", Kinds.Text("a PEM file"), t => t.Key, (t, v) => t with { Key = v }, KeyTrait.Required },
        {
            "client-ca-file", Kinds.Text("a PEM bundle; \"\" = callers need no certificate"),
            t => t.ClientCaFile, (t, v) => t with { ClientCaFile = v }
        },
    };

    public static readonly BlockSchema<ManagementConfig> Block = new(new ManagementConfig())
    {
        { "enabled", Kinds.Flag, m => m.Enabled, (m, v) => m with { Enabled = v } },
        { "bind", AddressKinds.Bind, m => m.Bind, (m, v) => m with { Bind = v } },
        { "read-only", Kinds.Flag, m => m.ReadOnly, (m, v) => m with { ReadOnly = v } },
        {
            "token", Kinds.Text("a secret, or \"\" for none"),
            m => m.Token, (m, v) => m with { Token = v }, KeyTrait.Secret
        },
        new OptionalBlockKey<ManagementConfig, ManagementTlsConfig>(
            "tls", Tls, m => m.Tls, (m, v) => m with { Tls = v }),
    };
}
