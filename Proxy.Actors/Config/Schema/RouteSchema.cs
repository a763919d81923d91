using Proxy.Edge.Rewriting;
using static Proxy.Actors.Config.Schema.Spans;

namespace Proxy.Actors.Config.Schema;

/// <summary>Keys of one entry of proxy.routes.</summary>
internal static class RouteSchema
{
    private static readonly BlockSchema<MatchConfig> Match = new(new MatchConfig())
    {
        {
            "host", Kinds.Texts("a name without port, or *.name"),
            m => m.Host, (m, v) => m with { Host = ConfigList.From(v.Select(host => host.ToLowerInvariant())) }
        },
        { "path", Kinds.Text("a path prefix that starts with /"), m => m.Path, (m, v) => m with { Path = v } },
        { "path-exact", Kinds.Text("a path that starts with /"), m => m.PathExact, (m, v) => m with { PathExact = v } },
        { "path-regex", Kinds.Text("a regular expression"), m => m.PathRegex, (m, v) => m with { PathRegex = v } },
        {
            "exclude", Kinds.Texts("a path prefix that starts with /"),
            m => m.Exclude, (m, v) => m with { Exclude = v }
        },
        { "method", Kinds.Texts("a method such as GET"), m => m.Method, (m, v) => m with { Method = v } },
        { "header", RouteKinds.Tests, m => m.Header, (m, v) => m with { Header = v } },
        { "cookie", RouteKinds.Tests, m => m.Cookie, (m, v) => m with { Cookie = v } },
        { "query", RouteKinds.Tests, m => m.Query, (m, v) => m with { Query = v } },
        { "source", AddressKinds.Ranges, m => m.Source, (m, v) => m with { Source = v } },
        { "listener", Kinds.Texts("the name of a listener"), m => m.Listener, (m, v) => m with { Listener = v } },
    };

    private static readonly BlockSchema<RedirectRule> Redirect = new(new RedirectRule(302, ""))
    {
        { "status", RouteKinds.RedirectStatus, r => r.Status, (r, v) => r with { Status = v } },
        {
            "to", Kinds.Text("a URL or path, with %{scheme} %{host} %{path} %{query} %{uri} and $1 of path-regex"),
            r => r.Location, (r, v) => r with { Location = v }, KeyTrait.Required
        },
    };

    private static readonly BlockSchema<FixedResponseRule> Respond = new(
        new FixedResponseRule(200, "text/plain; charset=utf-8", ""))
    {
        { "status", Kinds.Integer(200, 599), r => r.Status, (r, v) => r with { Status = v } },
        { "content-type", Kinds.Text("a media type"), r => r.ContentType, (r, v) => r with { ContentType = v } },
        { "body", Kinds.Lines("text"), r => r.Body, (r, v) => r with { Body = v } },
    };

    private static readonly BlockSchema<QueryRewriteConfig> Query = new(new QueryRewriteConfig())
    {
        { "set", RouteKinds.Texts, q => q.Set, (q, v) => q with { Set = v } },
        { "remove", Kinds.Texts("the name of a parameter"), q => q.Remove, (q, v) => q with { Remove = v } },
    };

    private static readonly BlockSchema<RewriteConfig> Rewrite = new(new RewriteConfig())
    {
        { "prefix", Kinds.OptionalText("a path prefix"), r => r.Prefix, (r, v) => r with { Prefix = v } },
        { "regex", Kinds.OptionalText("a regular expression"), r => r.Regex, (r, v) => r with { Regex = v } },
        {
            "replacement", Kinds.OptionalText("text with $1 or ${name}"),
            r => r.Replacement, (r, v) => r with { Replacement = v }
        },
        { "query", Query, r => r.Query, (r, v) => r with { Query = v } },
    };

    private static readonly BlockSchema<HeaderEditsConfig> Headers = new(new HeaderEditsConfig())
    {
        { "remove", Kinds.Texts("the name of a header"), h => h.Remove, (h, v) => h with { Remove = v } },
        { "set", RouteKinds.Texts, h => h.Set, (h, v) => h with { Set = v } },
        { "add", RouteKinds.Texts, h => h.Add, (h, v) => h with { Add = v } },
        { "default", RouteKinds.Texts, h => h.Default, (h, v) => h with { Default = v } },
    };

    private static readonly BlockSchema<MappingConfig> Mapping = new(new MappingConfig())
    {
        { "enabled", Kinds.Flag, m => m.Enabled, (m, v) => m with { Enabled = v } },
        {
            "origin-urls", Kinds.Texts("a URL such as http://app.internal/"),
            m => m.OriginUrls, (m, v) => m with { OriginUrls = v }
        },
        {
            "origin-path", Kinds.OptionalText("a path that starts with /"),
            m => m.OriginPath, (m, v) => m with { OriginPath = v }
        },
        { "cookie-domains", RouteKinds.Texts, m => m.CookieDomains, (m, v) => m with { CookieDomains = v } },
    };

    public static readonly BlockSchema<RouteConfig> Block = new(new RouteConfig())
    {
        { "name", Kinds.Text("a unique name; \"\" = route-N"), r => r.Name, (r, v) => r with { Name = v } },
        { "match", Match, r => r.Match, (r, v) => r with { Match = v } },
        { "pool", Kinds.Text("the name of a pool"), r => r.Pool, (r, v) => r with { Pool = v } },
        new OptionalBlockKey<RouteConfig, RedirectRule>(
            "redirect", Redirect, r => r.Redirect, (r, v) => r with { Redirect = v }),
        new OptionalBlockKey<RouteConfig, FixedResponseRule>(
            "respond", Respond, r => r.Respond, (r, v) => r with { Respond = v }),
        { "rewrite", Rewrite, r => r.Rewrite, (r, v) => r with { Rewrite = v } },
        { "host", Kinds.Text("member, preserve, or a fixed host[:port]"), r => r.Host, (r, v) => r with { Host = v } },
        { "request-headers", Headers, r => r.RequestHeaders, (r, v) => r with { RequestHeaders = v } },
        { "response-headers", Headers, r => r.ResponseHeaders, (r, v) => r with { ResponseHeaders = v } },
        { "mapping", Mapping, r => r.Mapping, (r, v) => r with { Mapping = v } },
        {
            "upgrade", Kinds.Texts("a protocol such as websocket"),
            r => r.Upgrade, (r, v) => r with { Upgrade = ConfigList.From(v.Select(one => one.ToLowerInvariant())) }
        },
        { "max-body", Kinds.Size(1, 1L << 50, NoLimit), r => r.MaxBody, (r, v) => r with { MaxBody = v } },
        new OptionalBlockKey<RouteConfig, RateLimitConfig>(
            "rate-limit", RateLimitSchema.Block, r => r.RateLimit, (r, v) => r with { RateLimit = v }),
    };
}
