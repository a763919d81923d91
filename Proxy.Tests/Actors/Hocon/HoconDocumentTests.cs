using Proxy.Actors.Hocon;

namespace Proxy.Tests.Actors.Hocon;

public sealed class HoconDocumentTests
{
    [Fact]
    public void Reading_alone_does_not_look_substitutions_up()
    {
        var load = HoconDocument.Load("a = 1\nb = ${nope}", "f", HoconVectors.Closed);

        Assert.True(load.Ok);
        Assert.Empty(load.Errors);
        var result = load.Document.Resolve();
        Assert.Equal("2:5", $"{result.Errors[0].Origin.Line}:{result.Errors[0].Origin.Column}");
        Assert.Null(result.Value);
        Assert.Same(result, load.Document.Resolve());
    }

    [Fact]
    public void A_broken_file_gives_errors_and_no_document()
    {
        var load = HoconDocument.Load("a = ", "f", HoconVectors.Closed);

        Assert.Null(load.Document);
        Assert.Single(load.Errors);
    }

    [Fact]
    public void A_list_at_the_root_is_a_value_but_not_a_root_object()
    {
        var result = HoconDocument.Parse("[1]", "f", HoconVectors.Closed);

        Assert.IsType<HoconArray>(result.Value);
        Assert.Null(result.Root);
    }

    [Fact]
    public void Reads_a_configuration_of_the_proxy()
    {
        const string Text = """
            defaults { health { path = /health, interval = 5s }, affinity = { cookie = ROUTEID } }
            proxy {
              node      { name = "edge-1", workers = auto }
              listeners = [ { name = web, bind = "0.0.0.0:8080", protocols = [h2, "http/1.1"] } ]
              pools {
                app = ${defaults} {
                  health.interval = 1s   // quicker than the rest
                  members = [ { address = "10.0.0.1:80", weight = 2 }, { address = "10.0.0.2:80" } ]
                }
              }
              routes += { match { path-prefix = /app/ }, to = ${proxy.pools.app.members} }
              limits { body = 10 MiB, open = ${?OPEN_LIMIT} }
            }
            """;

        var root = HoconDocument.Parse(Text, "proxy.conf", HoconVectors.Closed).Root!;

        Assert.True(root.Get("proxy.pools.app.health.interval")!.TryDuration(out var interval));
        Assert.Equal(TimeSpan.FromSeconds(1), interval);
        Assert.True(root.Get("proxy.limits.body")!.TryBytes(out var body));
        Assert.Equal(10L << 20, body);
        Assert.Null(root.Get("proxy.limits.open"));
        Assert.Equal(
            """[{"match":{"path-prefix":"/app/"},"to":[{"address":"10.0.0.1:80","weight":2},{"address":"10.0.0.2:80"}]}]""",
            HoconJson.Write(root.Get("proxy.routes")!));
        Assert.Equal("proxy.conf:7:25", root.Get("proxy.pools.app.health.interval")!.Origin.ToString());
    }

    [Fact]
    public void Writes_what_a_person_would_write() =>
        Assert.Equal(
            """
            a {
              b = 1
              "c.d" = "x y"
              e = [
                true
                {}
              ]
            }

            """,
            HoconWriter.Write(HoconDocument.Parse("a { b=1, \"c.d\"=x y, e=[true,{}] }", "f").Value!));
}
