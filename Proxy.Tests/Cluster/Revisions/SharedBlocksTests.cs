using Proxy.Actors.Hocon;
using Proxy.Cluster.Revisions.Editing;

namespace Proxy.Tests.Cluster.Revisions;

public sealed class SharedBlocksTests
{
    private static readonly HoconObject File = OverlayTests.Parse("""
        proxy {
          node { name = n1 }
          listeners = [ { name = web, bind = "127.0.0.1:80", protocols = [h2c] }, { bind = "127.0.0.1:81" } ]
          routes = [ { pool = app } ]
          pools { app { members = [] } }
          management { bind = "127.0.0.1:1" }
        }
        """);

    [Fact]
    public void A_file_in_two_and_put_together_again_is_the_same()
    {
        SharedBlocks blocks = SharedBlocks.Split(File);

        HoconObject joined = blocks.Join(blocks.Common);

        HoconObject expected = OverlayTests.Parse("""
            proxy {
              node { name = n1 }
              management { bind = "127.0.0.1:1" }
              listeners = [
                { name = web, bind = "127.0.0.1:80", protocols = [h2c] }, { name = listener-2, bind = "127.0.0.1:81" } ]
              routes = [ { pool = app } ]
              pools { app { members = [] } }
            }
            """);
        Assert.True(joined.SameAs(expected), HoconWriter.Write(joined));
    }

    [Fact]
    public void Nothing_of_the_nodes_own_is_in_the_common_part()
    {
        string common = HoconWriter.Write(SharedBlocks.Split(File).Common);

        Assert.DoesNotContain("127.0.0.1", common);
        Assert.DoesNotContain("n1", common);
        Assert.Contains("web", common);
    }

    [Fact]
    public void A_node_opens_the_listeners_its_file_names_where_its_file_says()
    {
        SharedBlocks own = SharedBlocks.Split(File);
        HoconObject revision = OverlayTests.Parse("""
            listeners = [ { name = elsewhere }, { name = web, protocols = ["http/1.1"] } ], routes = []
            """);

        HoconObject joined = own.Join(revision);

        HoconValue? listeners = joined.Get("proxy.listeners");
        Assert.True(listeners!.SameAs(OverlayTests.Parse(
            "x = [ { name = web, protocols = [\"http/1.1\"], bind = \"127.0.0.1:80\" } ]").Get("x")!));
    }

    [Theory]
    [InlineData("node.workers", "node's own")]
    [InlineData("management.token", "node's own")]
    [InlineData("cluster", "node's own")]
    [InlineData("vip.priority", "node's own")]
    [InlineData("listeners.web.bind", "node's own")]
    [InlineData("proxy.pools.app", "leave out")]
    [InlineData("a..b", "not a path")]
    [InlineData("a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a", "too long")]
    public void What_is_a_nodes_own_cannot_be_changed_for_all(string path, string problem) =>
        Assert.Contains(problem, SharedBlocks.Forbids(path));

    [Theory]
    [InlineData("pools.app.members.a.weight")]
    [InlineData("listeners.web.protocols")]
    [InlineData("acme.email")]
    public void What_is_common_can(string path) => Assert.Null(SharedBlocks.Forbids(path));
}
