using Proxy.Cluster.Membership;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Cluster.Membership;

public sealed class NodeHomeTests : IDisposable
{
    private const string Place = "Etcd/proxy";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_node_that_comes_back_has_its_mark_and_its_cluster()
    {
        NodeHome.Open(_folder.Path, "first", Place).Remember("id");

        NodeHome again = NodeHome.Open(_folder.Path, "second", Place);

        Assert.Equal(("first", "id", null), (again.Mark, again.ClusterId, again.Problem));
    }

    [Fact]
    public void A_node_that_was_alone_has_no_id_to_insist_on_when_it_is_given_to_a_cluster()
    {
        NodeHome.Open(_folder.Path, "first", "Embedded/proxy").Remember("id");

        NodeHome again = NodeHome.Open(_folder.Path, "second", Place);

        Assert.Equal(("first", ""), (again.Mark, again.ClusterId));
    }

    [Fact]
    public void A_damaged_file_is_told_and_nothing_is_claimed()
    {
        NodeHome.Open(_folder.Path, "first", Place);
        _folder.Write(NodeHome.FileName, "{\"mark\":");

        NodeHome again = NodeHome.Open(_folder.Path, "second", Place);

        Assert.Equal("", again.Mark);
        Assert.Contains("damaged", again.Problem);
    }

    [Fact]
    public void Without_a_place_to_write_the_node_runs_without()
    {
        string file = _folder.Write("file", "");

        NodeHome home = NodeHome.Open(Path.Combine(file, "below"), "mark", Place);

        Assert.Equal("", home.Mark);
        Assert.NotNull(home.Problem);
    }
}
