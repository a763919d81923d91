using Proxy.Edge.Rewriting;

namespace Proxy.Tests.Actors.Planning;

public sealed class MappingPlannerTests
{
    [Fact]
    public void A_prefix_rewrite_is_turned_round()
    {
        ResponseMappingRule mapping = Plan(
            "match { path = \"/app/\" }, rewrite { prefix = \"/\" }", "http://127.0.0.1:9001", "http://127.0.0.1:9002");

        Assert.Equal(("/", "/app/"), (mapping.OriginPath, mapping.PublicPath));
        Assert.Equal(["http://127.0.0.1:9001/", "http://127.0.0.1:9002/", "http://pool/"], mapping.OriginPrefixes);
        Assert.Equal([KeyValuePair.Create("127.0.0.1", "")], mapping.CookieDomains);
    }

    [Fact]
    public void The_path_of_the_members_url_counts()
    {
        ResponseMappingRule mapping = Plan(
            "match { path = \"/app/\" }, rewrite { prefix = \"/v2/\" }", "http://a.internal/base");

        Assert.Equal(("/base/v2/", "/app/"), (mapping.OriginPath, mapping.PublicPath));
        Assert.Equal(["http://a.internal/base/v2/", "http://pool/base/v2/"], mapping.OriginPrefixes);
        Assert.Equal("a.internal", Assert.Single(mapping.CookieDomains).Key);
    }

    [Theory]
    [InlineData("match { path = \"/app/\" }")]
    [InlineData("match { path-regex = \"^/app\" }, rewrite { regex = \"^/app\", replacement = \"/x\" }")]
    public void Without_a_prefix_rewrite_paths_stay_and_only_the_members_own_path_goes(string route)
    {
        ResponseMappingRule mapping = Plan(route, "http://[::1]:81/base");

        Assert.Equal(("/base/", "/"), (mapping.OriginPath, mapping.PublicPath));
        Assert.Equal(["http://[::1]:81/base/", "http://pool/base/"], mapping.OriginPrefixes);
        Assert.Equal("[::1]", Assert.Single(mapping.CookieDomains).Key);
    }

    [Fact]
    public void An_origin_that_gets_a_fixed_host_calls_itself_by_it()
    {
        ResponseMappingRule mapping = Plan("host = \"App.Internal:81\"", "http://127.0.0.1:9001");

        Assert.Contains("http://app.internal:81/", mapping.OriginPrefixes);
        Assert.Contains(KeyValuePair.Create("App.Internal", ""), mapping.CookieDomains);
    }

    [Theory]
    [InlineData("preserve", true)]
    [InlineData("member", false)]
    public void An_origin_that_gets_the_clients_host_calls_itself_by_that(string host, bool mapped)
    {
        Assert.Equal(mapped, Plan($"host = {host}", "http://127.0.0.1:9001").MapRequestHost);
    }

    [Fact]
    public void What_clients_know_already_is_left_alone()
    {
        ResponseMappingRule mapping = Plan(
            "match { host = pool, path = \"/app/\" }, rewrite { prefix = \"/\" }", "http://pool:80");

        Assert.DoesNotContain("http://pool/", mapping.OriginPrefixes);
        Assert.Empty(mapping.CookieDomains);
    }

    [Fact]
    public void What_is_given_comes_first_and_wins()
    {
        ResponseMappingRule mapping = Plan(
            "mapping { origin-urls = [\"https://old.example/x/\"], origin-path = \"/x/\", "
                + "cookie-domains { A.internal = new.example } }",
            "http://a.internal");

        Assert.Equal("https://old.example/x/", mapping.OriginPrefixes[0]);
        Assert.Contains("http://a.internal/x/", mapping.OriginPrefixes);
        Assert.Equal("/x/", mapping.OriginPath);
        Assert.Equal(KeyValuePair.Create("A.internal", "new.example"), Assert.Single(mapping.CookieDomains));
    }

    private static ResponseMappingRule Plan(string route, params string[] urls)
    {
        string members = string.Join(", ", urls.Select((url, i) => $"{{ name = m{i}, url = \"{url}\" }}"));
        return new Revisions().Next($$"""
            proxy {
              listeners = [ { bind = "*:80" } ]
              routes = [ { {{route}}, pool = pool } ]
              pools { pool { members = [ {{members}} ] } }
            }
            """).Snapshot.Routes[0].Mapping;
    }
}
