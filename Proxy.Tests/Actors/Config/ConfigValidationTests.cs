namespace Proxy.Tests.Actors.Config;

public sealed class ConfigValidationTests
{
    [Theory]
    [InlineData(
        "cluster { engine = etcd, etcd.endpoints = [\"http://e:2379\"], journal.provider = sqlite }",
        "proxy.cluster.journal.provider = \"sqlite\": a file of this node alone, but the nodes of one engine have one "
        + "configuration; accepted: engine or postgres; sqlite with cluster.engine = embedded")]
    [InlineData(
        "cluster.journal.provider = postgres",
        "proxy.cluster.journal.connection: missing, and so is cluster.postgres.connection; accepted: Host=db")]
    [InlineData(
        "cluster.journal { provider = postgres, connection = \"Host=db\", schema = 1x }",
        "proxy.cluster.journal.schema = \"1x\": not a schema's name; accepted: lower-case letters")]
    [InlineData(
        "cluster { engine = postgres, postgres { connection = \"Host=db\", schema = p }, "
        + "journal { provider = postgres, schema = p } }",
        "proxy.cluster.journal.schema = \"p\": the engine's; the journal has its own; accepted: another name")]
    [InlineData("cluster.journal.provider = oracle", "accepted: engine | sqlite | postgres")]
    [InlineData("listeners = []", "proxy.listeners = []: there is no listener")]
    [InlineData(
        "listeners = [ { name = a, bind = \"*:1\" }, { name = a, bind = \"*:2\" } ]",
        "the name \"a\" is there twice")]
    [InlineData(
        "listeners = [ { bind = \"*:1\" }, { bind = \"*:1\" } ]",
        "the address is taken by proxy.listeners[0].bind")]
    [InlineData("listeners = [ { bind = \"127.0.0.1:8558\" } ]", "the address is taken by proxy.management.bind")]
    [InlineData("listeners = [ { bind = \"*:1\", limits { head = 4K } } ]", "larger than the whole head")]
    [InlineData("listeners = [ { bind = \"*:1\", access-log { format = \"%!\" } } ]", "access-log.format")]
    [InlineData("listeners = [ { bind = \"*:1\", access-log { path = \"\" } } ]", "access-log.path")]
    [InlineData("listeners = [ { bind = \"*:1\", forwarding { via = \"a b\" } } ]", "not a token")]
    [InlineData("routes = [ { pool = ap } ]", "there is no pool \"ap\", did you mean \"app\"?; accepted: app")]
    [InlineData("routes = [ { match { path = \"/\" } } ]", "proxy.routes[0] = {…}: the route does nothing")]
    [InlineData("routes = [ { pool = app, redirect { to = \"/\" } } ]", "the route has several actions")]
    [InlineData(
        "routes = [ { pool = app, match { listener = wob } } ]",
        "there is no listener \"wob\", did you mean \"web\"?")]
    [InlineData("routes = [ { name = x, pool = app }, { name = x, pool = app } ]", "the name \"x\" is there twice")]
    [InlineData("routes = [ { pool = app, host = \"a b\" } ]", "proxy.routes[0].host = \"a b\": not a host")]
    [InlineData("routes = [ { pool = app, match { path = app } } ]", "does not start with /; accepted: \"/app\"")]
    [InlineData("routes = [ { pool = app, match { path = \"/a?b\" } } ]", "a path has no query")]
    [InlineData("routes = [ { pool = app, match { exclude = [x] } } ]", "does not start with /")]
    [InlineData(
        "routes = [ { pool = app, match { path = \"/\", path-exact = \"/\" } } ]",
        "several conditions on the path")]
    [InlineData("routes = [ { pool = app, match { path-regex = \"(\" } } ]", "a .NET regular expression")]
    [InlineData("routes = [ { pool = app, match { path-regex = \"(?=x)\" } } ]", "linear-time")]
    [InlineData("routes = [ { pool = app, match { header { X { regex = \"[\" } } } } ]", "a .NET regular expression")]
    [InlineData("routes = [ { pool = app, match { header { \"a b\" = x } } } ]", "\"a b\" is not the name of a header")]
    [InlineData("routes = [ { pool = app, match { host = \"a:80\" } } ]", "\"a:80\" is not a host name")]
    [InlineData("routes = [ { pool = app, match { method = [\"G T\"] } } ]", "\"G T\" is not a method")]
    [InlineData("routes = [ { pool = app, rewrite { prefix = x } } ]", "not a path")]
    [InlineData(
        "routes = [ { pool = app, match { path-exact = \"/a\" }, rewrite { prefix = \"/\" } } ]",
        "no path prefix to replace")]
    [InlineData("routes = [ { pool = app, rewrite { regex = a } } ]", "replacement is missing")]
    [InlineData("routes = [ { pool = app, rewrite { replacement = a } } ]", "there is no expression")]
    [InlineData("routes = [ { pool = app, rewrite { regex = \"(\", replacement = a } } ]", "a .NET regular expression")]
    [InlineData(
        "routes = [ { pool = app, rewrite { prefix = \"/\", regex = a, replacement = b } } ]",
        "regex or replacement is given as well")]
    [InlineData("routes = [ { pool = app, request-headers { set { \"a:b\" = c } } } ]", "'a:b' is not a field name")]
    [InlineData("routes = [ { pool = app, request-headers { set { host = c } } } ]", "field host cannot be edited")]
    [InlineData(
        "routes = [ { pool = app, response-headers { remove = [Content-Length] } } ]",
        "field Content-Length cannot be edited")]
    [InlineData(
        "routes = [ { pool = app, request-headers { set { A = \"%{nothing}\" } } } ]",
        "unknown placeholder %{nothing}")]
    [InlineData("routes = [ { redirect { to = \"/a b\" } } ]", "is not a URI")]
    [InlineData("routes = [ { redirect { } } ]", "proxy.routes[0].redirect.to: missing")]
    [InlineData("routes = [ { respond { status = 204, body = x } } ]", "status 204 has no body")]
    [InlineData(
        "routes = [ { pool = app, rewrite { regex = a, replacement = \"$\" } } ]",
        "proxy.routes[0].rewrite.replacement")]
    [InlineData("routes = [ { pool = app, mapping { origin-urls = [\"/x\"] } } ]", "is not a URL prefix")]
    [InlineData("routes = [ { pool = app, mapping { origin-path = x } } ]", "does not start with /")]
    [InlineData("pools { app { members = [] } }", "the pool has no members")]
    [InlineData("pools { app { members = [ { name = a, url = \"http://a\", weight = 0 } ] } }", "every weight is 0")]
    [InlineData("pools { app { health { active { path = health } } } }", "not a path")]
    [InlineData("pools { app { health { active { host = \"a/b\" } } } }", "not a host")]
    [InlineData("pools { app { health { active { headers { Host = x } } } } }", "field Host cannot be edited")]
    [InlineData("pools { app { initial-state = down } }", "nothing would ever bring the members up")]
    [InlineData("pools { app { affinity { cookie { name = \"a;b\" } } } }", "is not a token")]
    [InlineData("pools { app { affinity { cookie { same-site = none, secure = false } } } }", "browsers refuse")]
    [InlineData(
        "pools { app { members = [ { name = \"a b\", url = \"http://a\" } ], affinity { cookie {} } } }",
        "cannot stand in a cookie")]
    [InlineData(
        "pools { app { affinity { cookie {} }, members = [ { name = a, url = \"http://a\" }, "
            + "{ name = b, url = \"http://b\", route = a } ] } }",
        "proxy.pools.app.members[1].route = \"a\": with affinity, the route \"a\" is there twice")]
    [InlineData(
        "pools { app { members = [ { name = a, url = \"http://a\" }, { name = a, url = \"http://b\" } ] } }",
        "proxy.pools.app.members[1].name = \"a\": the name \"a\" is there twice")]
    [InlineData("pools { app { members = [ { name = a, url = \"http://a/?q\" } ] } }", "no query")]
    [InlineData(
        "pools { app { affinity { application-cookie { name = \"\" } } } }", "one of name and header must be given")]
    [InlineData("pools { app { affinity { application-cookie { name = \"a b\" } } } }", "is not a token")]
    [InlineData("pools { app { affinity { application-cookie { parameter = \"a=b\" } } } }", "parameter name 'a=b'")]
    [InlineData("pools { app { affinity { source { prefix-v4 = 33 } } } }", "an integer from 0 to 32")]
    [InlineData("routes = [ { pool = app, rate-limit { } } ]", "proxy.routes[0].rate-limit.rate: missing")]
    [InlineData("routes = [ { pool = app, rate-limit { rate = 100 } } ]", "not a rate; accepted: requests per s, m, h")]
    [InlineData("routes = [ { pool = app, rate-limit { rate = \"0/s\" } } ]", "out of range")]
    [InlineData("routes = [ { pool = app, rate-limit { rate = \"1/w\" } } ]", "not a rate")]
    [InlineData("routes = [ { pool = app, rate-limit { rate = \"1/s\", key = ip } } ]", "client-address | header:NAME")]
    [InlineData(
        "routes = [ { pool = app, rate-limit { rate = \"1/s\", key = \"header:a b\" } } ]",
        "\"a b\" is not the name of a header")]
    [InlineData(
        "routes = [ { pool = app, rate-limit { rate = \"1/d\", burst = 1000 } } ]", "would take more than a year")]
    public void What_cannot_work_is_an_error(string inner, string words)
    {
        string[] errors = ConfigText.Errors(ConfigText.Around(inner));

        Assert.Contains(errors, error => error.Contains(words, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("routes = []", "there is no route")]
    [InlineData(
        "routes = [ { pool = app }, { match { path = \"/x\" }, pool = app } ]",
        "proxy.routes[1] = {…}: never reached: \"route-1\"")]
    [InlineData(
        "routes = [ { match { path = \"/a\" }, pool = app }, { match { path-exact = \"/a/b\" }, pool = app } ]",
        "never reached")]
    [InlineData(
        "routes = [ { match { host = \"*\" }, pool = app }, { match { host = \"a.x\" }, pool = app } ]",
        "never reached")]
    [InlineData(
        "routes = [ { match { host = \"*.x\" }, pool = app }, { match { host = \"a.x\" }, pool = app } ]",
        "never reached")]
    [InlineData(
        "routes = [ { rewrite { prefix = \"/b/\" }, respond { }, name = r } ]",
        "has no effect: the route does not forward")]
    [InlineData("pools { other { members = [ { name = a, url = \"http://a\" } ] } }", "no route uses the pool")]
    [InlineData("pools { app { affinity { no-failover = true } } }", "has no effect without a cookie")]
    [InlineData(
        "routes = [ { pool = app, rate-limit { rate = \"1/s\", max-delay = 2s } } ]",
        "has no effect without action = delay")]
    [InlineData(
        "pools { app { members = [ { name = a, url = \"http://a\" }, { name = b, url = \"http://A:80/\" } ] } }",
        "the same URL")]
    [InlineData(
        "pools { app { members = [ { name = a, url = \"http://a/x\" }, { name = b, url = \"http://b\" } ] } }",
        "paths of the URLs differ")]
    [InlineData(
        "listeners = [ { bind = \"*:1\", access-log { rotate-size = 1M } } ]",
        "has no effect on standard output")]
    public void What_is_hardly_meant_is_a_warning_and_no_error(string inner, string words)
    {
        string text = ConfigText.Around(inner);

        Assert.Contains(ConfigText.Warnings(text), warning => warning.Contains(words, StringComparison.Ordinal));
        Assert.Empty(ConfigText.Errors(text));
    }

    [Theory]
    [InlineData("routes = [ { match { path = \"/a\" }, pool = app }, { match { path = \"/ab\" }, pool = app } ]")]
    [InlineData("routes = [ { match { path = \"/a/\" }, pool = app }, { match { path = \"/a\" }, pool = app } ]")]
    [InlineData("routes = [ { match { exclude = [\"/x\"] }, pool = app }, { match { path = \"/x\" }, pool = app } ]")]
    [InlineData("routes = [ { match { host = \"a.x\" }, pool = app }, { pool = app } ]")]
    [InlineData("routes = [ { match { method = GET }, pool = app }, { pool = app } ]")]
    [InlineData("routes = [ { match { path = \"/app/\" }, rewrite { prefix = \"/\" }, pool = app } ]")]
    [InlineData("routes = [ { match { path-regex = \"^/u/(.*)\" }, rewrite { replacement = \"/$1\" }, pool = app } ]")]
    [InlineData("routes = [ { match { host = \"*\" }, pool = app } ]")]
    [InlineData("listeners = [ { bind = \"127.0.0.1:0\" }, { bind = \"127.0.0.1:0\" } ]")]
    [InlineData("management { enabled = false }, listeners = [ { bind = \"127.0.0.1:8558\" } ]")]
    public void What_may_well_be_meant_is_neither(string inner)
    {
        string text = ConfigText.Around(inner);

        Assert.Empty(ConfigText.Errors(text));
        Assert.Empty(ConfigText.Warnings(text));
    }
}
