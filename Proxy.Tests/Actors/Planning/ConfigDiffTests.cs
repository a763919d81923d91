using Proxy.Actors.Config;
using Proxy.Actors.Planning;
using Proxy.Tests.Actors.Config;

namespace Proxy.Tests.Actors.Planning;

public sealed class ConfigDiffTests
{
    private const string Base = """
        proxy {
          listeners = [ { name = web, bind = "127.0.0.1:8080" } ]
          routes = [
            { name = one, match { path = "/1" }, pool = app }
            { name = two, match { path = "/2" }, pool = app }
          ]
          pools { app { members = [ { name = a, url = "http://a" }, { name = b, url = "http://b", weight = 50 } ] } }
          management { token = secret1 }
        }
        """;

    [Fact]
    public void No_change_gives_no_line()
    {
        Assert.Empty(ConfigDiff.Between(ConfigText.Good(Base), ConfigText.Good(Base)));
    }

    [Theory]
    [InlineData("weight = 50", "weight = 80", "pools.app.members.b.weight 50 → 80")]
    [InlineData("web, bind", "web, timeouts { head = 2s }, bind", "listeners.web.timeouts.head 10s → 2s")]
    [InlineData("pools { app { ", "pools { app { slow-start = 1m, ", "pools.app.slow-start 0s → 1m")]
    [InlineData("secret1", "secret2", "management.token changed")]
    [InlineData("{ name = a, url = \"http://a\" },", "", "pools.app.members.a removed")]
    [InlineData("{ name = a,", "{ name = c, url = \"http://c\" }, { name = a,", "pools.app.members.c added")]
    [InlineData("pools { ", "pools { new { members = [ { name = x, url = \"http://x\" } ] }, ", "pools.new added")]
    [InlineData(
        "pools { app { ",
        "pools { app { affinity { cookie { name = R } }, ", "pools.app.affinity.cookie added")]
    [InlineData(
        "name = one, match { path = \"/1\"",
        "name = one, match { host = h, path = \"/1\"", "routes.one.match.host [] → [h]")]
    public void A_change_is_one_line(string from, string to, string line)
    {
        ProxyConfig after = ConfigText.Good(Base.Replace(from, to, StringComparison.Ordinal));

        Assert.Equal([line], ConfigDiff.Between(ConfigText.Good(Base), after));
    }

    [Fact]
    public void The_order_of_routes_matters()
    {
        ProxyConfig before = ConfigText.Good(Base);
        ProxyConfig after = before with { Routes = ConfigList.From(before.Routes.Reverse()) };

        Assert.Equal(["routes order one, two → two, one"], ConfigDiff.Between(before, after));
    }
}
