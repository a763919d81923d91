using Proxy.Edge.Affinity;
using static Proxy.Actors.Config.Schema.Spans;

namespace Proxy.Actors.Config.Schema;

/// <summary>Keys of proxy.pools.NAME.affinity.</summary>
internal static class AffinitySchema
{
    private static readonly BlockSchema<CookieAffinityOptions> Cookie = new(new CookieAffinityOptions())
    {
        { "name", Kinds.Text("the name of a cookie"), c => c.Name, (c, v) => c with { Name = v } },
        { "path", Kinds.Text("a path that starts with /"), c => c.Path, (c, v) => c with { Path = v } },
        {
            "domain", Kinds.Text("a domain, or \"\" for the host that answers"),
            c => c.Domain ?? "", (c, v) => c with { Domain = v.Length == 0 ? null : v }
        },
        {
            "secure",
            Kinds.Choice(
                ("auto", CookieSecurity.Auto), ("true", CookieSecurity.Always), ("false", CookieSecurity.Never)),
            c => c.Secure, (c, v) => c with { Secure = v }
        },
        { "http-only", Kinds.Flag, c => c.HttpOnly, (c, v) => c with { HttpOnly = v } },
        {
            "same-site",
            Kinds.Choice(
                ("lax", CookieSameSite.Lax), ("strict", CookieSameSite.Strict), ("none", CookieSameSite.None),
                ("off", CookieSameSite.Unspecified)),
            c => c.SameSite, (c, v) => c with { SameSite = v }
        },
        {
            "max-age", Kinds.Duration(Second, Year, "; 0 = until the browser ends"),
            c => c.MaxAge ?? TimeSpan.Zero, (c, v) => c with { MaxAge = v == TimeSpan.Zero ? null : v }
        },
        { "separator", MemberKinds.Separator, c => c.Separator, (c, v) => c with { Separator = v } },
        { "accept-bare-route", Kinds.Flag, c => c.AcceptBareRoute, (c, v) => c with { AcceptBareRoute = v } },
        { "issue", Kinds.Flag, c => c.Issue, (c, v) => c with { Issue = v } },
    };

    private static readonly BlockSchema<SessionAffinityConfig> Session = new(new SessionAffinityConfig())
    {
        {
            "name", Kinds.Text("the name of a cookie; \"\" = none"),
            s => s.Names.Cookie, (s, v) => s with { Names = s.Names with { Cookie = v } }
        },
        {
            "header", Kinds.Text("the name of a header; \"\" = none"),
            s => s.Names.Header, (s, v) => s with { Names = s.Names with { Header = v } }
        },
        {
            "parameter", Kinds.Text("the name of a parameter; \"\" = none"),
            s => s.Names.Parameter, (s, v) => s with { Names = s.Names with { Parameter = v } }
        },
        { "timeout", Kinds.Duration(Second, Year), s => s.Timeout, (s, v) => s with { Timeout = v } },
    };

    private static readonly BlockSchema<SourceAffinityConfig> Source = new(new SourceAffinityConfig())
    {
        { "timeout", Kinds.Duration(Second, Year), s => s.Timeout, (s, v) => s with { Timeout = v } },
        { "prefix-v4", Kinds.Integer(0, 32), s => s.PrefixV4, (s, v) => s with { PrefixV4 = v } },
        { "prefix-v6", Kinds.Integer(0, 128), s => s.PrefixV6, (s, v) => s with { PrefixV6 = v } },
    };

    public static readonly BlockSchema<AffinityConfig> Block = new(new AffinityConfig())
    {
        new OptionalBlockKey<AffinityConfig, CookieAffinityOptions>(
            "cookie", Cookie, a => a.Cookie, (a, v) => a with { Cookie = v }),
        new OptionalBlockKey<AffinityConfig, SessionAffinityConfig>(
            "application-cookie", Session, a => a.ApplicationCookie, (a, v) => a with { ApplicationCookie = v }),
        new OptionalBlockKey<AffinityConfig, SourceAffinityConfig>(
            "source", Source, a => a.Source, (a, v) => a with { Source = v }),
        { "no-failover", Kinds.Flag, a => a.NoFailover, (a, v) => a with { NoFailover = v } },
    };
}
