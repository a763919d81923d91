namespace Proxy.Actors.Config.Schema;

/// <summary>Keys of the block cluster.peers.</summary>
internal static class PeersSchema
{
    public static readonly BlockSchema<PeersConfig> Block = new(new PeersConfig())
    {
        { "bind", AddressKinds.Bind, p => p.Bind, (p, v) => p with { Bind = v } },
        { "seeds", Kinds.Texts("host:port"), p => p.Seeds, (p, v) => p with { Seeds = v } },
        {
            "certificate", Kinds.Text("a PEM file; \"\" = not encrypted"),
            p => p.Certificate, (p, v) => p with { Certificate = v }
        },
        { "key", Kinds.Text("a PEM file"), p => p.Key, (p, v) => p with { Key = v } },
        { "ca-file", Kinds.Text("a PEM bundle"), p => p.CaFile, (p, v) => p with { CaFile = v } },
        {
            "secret-file", Kinds.Text("a file, the same on all nodes; \"\" = none"),
            p => p.SecretFile, (p, v) => p with { SecretFile = v }
        },
        {
            "max-clock-drift", Kinds.Duration(TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)),
            p => p.MaxClockDrift, (p, v) => p with { MaxClockDrift = v }
        },
    };
}
