using static Proxy.Actors.Config.Schema.Spans;

namespace Proxy.Actors.Config.Schema;

/// <summary>Keys of the block acme.</summary>
internal static class AcmeSchema
{
    private static readonly BlockSchema<AcmeBindingConfig> Binding = new(new AcmeBindingConfig())
    {
        { "key-id", Kinds.Text("the name of a key; \"\" = no binding"), b => b.KeyId, (b, v) => b with { KeyId = v } },
        {
            "hmac-key-file", Kinds.Text("a file whose first line is the key in base64url"),
            b => b.HmacKeyFile, (b, v) => b with { HmacKeyFile = v }
        },
    };

    public static readonly BlockSchema<AcmeConfig> Block = new(new AcmeConfig())
    {
        { "directory", Kinds.Text("an https URL"), a => a.Directory, (a, v) => a with { Directory = v } },
        { "contact", Kinds.Texts("a mail address"), a => a.Contact, (a, v) => a with { Contact = v } },
        { "agree-terms", Kinds.Flag, a => a.AgreeTerms, (a, v) => a with { AgreeTerms = v } },
        {
            "challenge", Kinds.Choice(("http-01", AcmeChallenge.Http01), ("tls-alpn-01", AcmeChallenge.TlsAlpn01)),
            a => a.Challenge, (a, v) => a with { Challenge = v }
        },
        {
            "key-type", Kinds.Choice(("ecdsa", AcmeKeyType.Ecdsa), ("rsa", AcmeKeyType.Rsa)),
            a => a.KeyType, (a, v) => a with { KeyType = v }
        },
        {
            "renew-before", Kinds.Duration(Hour, TimeSpan.FromDays(365), "; 0 = when the authority suggests"),
            a => a.RenewBefore, (a, v) => a with { RenewBefore = v }
        },
        {
            "ca-file", Kinds.Text("a PEM bundle; \"\" = the system's"),
            a => a.CaFile, (a, v) => a with { CaFile = v }
        },
        { "eab", Binding, a => a.Binding, (a, v) => a with { Binding = v } },
    };
}
