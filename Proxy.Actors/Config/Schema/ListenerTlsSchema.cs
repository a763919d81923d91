using Proxy.Edge.Tls;
using static Proxy.Actors.Config.Schema.Spans;

namespace Proxy.Actors.Config.Schema;

/// <summary>Keys of the tls block of a listener.</summary>
internal static class ListenerTlsSchema
{
    public static ScalarKind<TlsVersion> Version => Kinds.Choice(("1.2", TlsVersion.Tls12), ("1.3", TlsVersion.Tls13));

    private static readonly BlockSchema<CertificateConfig> Certificate = new(new CertificateConfig())
    {
        {
            "certificate", Kinds.Text("a PEM file: the certificate, then its intermediates"),
            c => c.Certificate, (c, v) => c with { Certificate = v }, KeyTrait.Required
        },
        {
            "key", Kinds.Text("a PEM file; \"\" = the certificate's file holds the key"),
            c => c.Key, (c, v) => c with { Key = v }
        },
        {
            "password-file", Kinds.Text("a file whose first line opens the key; \"\" = the key is not encrypted"),
            c => c.PasswordFile, (c, v) => c with { PasswordFile = v }
        },
        {
            "hosts", Kinds.Texts("a host name or *.domain; [] = the names in the certificate"),
            c => c.Hosts, (c, v) => c with { Hosts = v }
        },
        {
            "ocsp", Kinds.Text("a DER file with an OCSP response, or auto; \"\" = none"),
            c => c.Ocsp, (c, v) => c with { Ocsp = v }
        },
    };

    private static readonly BlockSchema<ClientAuthConfig> ClientAuth = new(new ClientAuthConfig())
    {
        {
            "mode",
            Kinds.Choice(
                ("none", ClientAuthentication.None), ("optional", ClientAuthentication.Optional),
                ("required", ClientAuthentication.Required)),
            c => c.Mode, (c, v) => c with { Mode = v }
        },
        { "ca", Kinds.Text("a PEM bundle of authorities"), c => c.Ca, (c, v) => c with { Ca = v } },
        {
            "crl", Kinds.Text("a PEM file of revocation lists; \"\" = none"),
            c => c.Crl, (c, v) => c with { Crl = v }
        },
        { "max-depth", Kinds.Integer(1, 10), c => c.MaxDepth, (c, v) => c with { MaxDepth = v } },
    };

    private static readonly BlockSchema<TlsHostConfig> Host = new(new TlsHostConfig())
    {
        {
            "name", Kinds.Text("a host name or *.domain"),
            h => h.Name, (h, v) => h with { Name = v.ToLowerInvariant() }, KeyTrait.Required
        },
        { "client-auth", ClientAuth, h => h.ClientAuth, (h, v) => h with { ClientAuth = v } },
    };

    private static readonly BlockSchema<HstsConfig> Hsts = new(new HstsConfig())
    {
        { "max-age", Kinds.Duration(Second, TwoYears, Off), h => h.MaxAge, (h, v) => h with { MaxAge = v } },
        {
            "include-subdomains", Kinds.Flag, h => h.IncludeSubdomains, (h, v) => h with { IncludeSubdomains = v }
        },
        { "preload", Kinds.Flag, h => h.Preload, (h, v) => h with { Preload = v } },
    };

    public static readonly BlockSchema<ListenerTlsConfig> Block = new(new ListenerTlsConfig())
    {
        new BlockListKey<ListenerTlsConfig, CertificateConfig>(
            "certificates", Certificate, t => t.Certificates, (t, v) => t with { Certificates = v },
            c => c.Certificate, (c, _) => c),
        {
            "acme", Kinds.Texts("a host name; [] = no certificate by ACME"),
            t => t.Acme, (t, v) => t with { Acme = ConfigList.From(v.Select(static n => n.ToLowerInvariant())) }
        },
        { "min-version", Version, t => t.MinVersion, (t, v) => t with { MinVersion = v } },
        { "max-version", Version, t => t.MaxVersion, (t, v) => t with { MaxVersion = v } },
        {
            "profile", Kinds.Choice(("modern", TlsProfile.Modern), ("intermediate", TlsProfile.Intermediate)),
            t => t.Profile, (t, v) => t with { Profile = v }
        },
        {
            "ciphers", Kinds.Texts("the OpenSSL name of a TLS 1.2 suite; [] = those of the profile"),
            t => t.Ciphers, (t, v) => t with { Ciphers = v }
        },
        {
            "groups", Kinds.Texts("the name of a key exchange group, such as X25519 or P-256"),
            t => t.Groups, (t, v) => t with { Groups = v }
        },
        {
            "unknown-name", Kinds.Choice(("default", UnknownNamePolicy.Default), ("refuse", UnknownNamePolicy.Refuse)),
            t => t.UnknownName, (t, v) => t with { UnknownName = v }
        },
        { "client-auth", ClientAuth, t => t.ClientAuth, (t, v) => t with { ClientAuth = v } },
        new BlockListKey<ListenerTlsConfig, TlsHostConfig>(
            "hosts", Host, t => t.Hosts, (t, v) => t with { Hosts = v }, h => h.Name, (h, _) => h),
        { "tickets", Kinds.Flag, t => t.Tickets, (t, v) => t with { Tickets = v } },
        { "early-data", Kinds.Flag, t => t.EarlyData, (t, v) => t with { EarlyData = v } },
        { "hsts", Hsts, t => t.Hsts, (t, v) => t with { Hsts = v } },
        {
            "client-cert-field", Kinds.Text("a field name; \"\" = origins are not told"),
            t => t.ClientCertField, (t, v) => t with { ClientCertField = v }
        },
        {
            "client-cert-chain-field", Kinds.Text("a field name; \"\" = origins are not told"),
            t => t.ClientCertChainField, (t, v) => t with { ClientCertChainField = v }
        },
        {
            "handshake-timeout", Kinds.Duration(Millisecond, Hour),
            t => t.HandshakeTimeout, (t, v) => t with { HandshakeTimeout = v }
        },
        {
            "max-handshakes", Kinds.Integer(1, 1_000_000),
            t => t.MaxHandshakes, (t, v) => t with { MaxHandshakes = v }
        },
    };

    private static TimeSpan TwoYears => TimeSpan.FromDays(730);
}
