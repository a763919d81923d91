using Proxy.Actors.Hocon;
using Proxy.Cluster.Revisions.Editing;

namespace Proxy.Tests.Cluster.Revisions;

public sealed class OverlayTests
{
    private const string File = """
        routes = [ { match { path = "/a" }, pool = app }, { name = rest, pool = app } ]
        pools { app { balance = first, members = [
          { name = a, url = "http://127.0.0.1:1", weight = 100 }
          { name = b, url = "http://127.0.0.1:2" } ] } }
        """;

    [Theory]
    [InlineData("pools.app.members.a.weight", "50", "pools.app.members[0].weight = 50")]
    [InlineData("pools.app.members.b.weight", "7", "pools.app.members[1].weight = 7")]
    [InlineData("pools.app.balance", "\"least-requests\"", "pools.app.balance = least-requests")]
    [InlineData("pools.app.retry.attempts", "2", "pools.app.retry.attempts = 2")]
    [InlineData("routes.route-1.pool", "\"x\"", "routes[0].pool = x")]
    [InlineData("routes.rest.pool", "\"x\"", "routes[1].pool = x")]
    [InlineData("pools.\"my app\".balance", "\"first\"", "pools.\"my app\".balance = first")]
    [InlineData("pools.app.members.c", "{\"url\":\"http://c\"}", "pools.app.members[2].name = c")]
    [InlineData("pools.app.members.a", "{\"url\":\"http://c\"}", "pools.app.members[0].url = \"http://c\"")]
    public void A_value_is_set_where_its_path_points(string path, string json, string expected)
    {
        OverlaidTree tree = Overlay.Empty.With(new OverlayEdit(path, json)).ApplyTo(Parse(File));

        Assert.Empty(tree.Misfits);
        Assert.Contains(expected, Lines(tree.Tree, ""));
    }

    [Theory]
    [InlineData("pools.app.members.c.weight", "1", "no element named c; there are a, b")]
    [InlineData("pools.app.members.a", "5", "it takes a block")]
    [InlineData("pools.app.balance.deeper", "1", "pools.app.balance is a value, not a block")]
    [InlineData("pools.app.retry", null, "pools.app.retry is not set")]
    [InlineData("pools.app.members.c", null, "no element named c")]
    [InlineData("pools..x", "1", "not a path")]
    [InlineData("pools.app.balance", "${HOME}", "the value is not JSON")]
    [InlineData("pools.app.x", "1, other = 2", "the value is not JSON")]
    public void A_path_without_a_place_is_said(string path, string? json, string problem)
    {
        OverlaidTree tree = Overlay.Empty.With(new OverlayEdit(path, json)).ApplyTo(Parse(File));

        Assert.Contains(problem, Assert.Single(tree.Misfits));
        Assert.True(tree.Tree.SameAs(Parse(File)));
    }

    [Fact]
    public void An_element_or_a_key_can_be_taken_away()
    {
        OverlaidTree tree = Overlay.Empty
            .With(new OverlayEdit("pools.app.members.a", null))
            .With(new OverlayEdit("pools.app.balance", null))
            .ApplyTo(Parse(File));

        Assert.Empty(tree.Misfits);
        Assert.True(tree.Tree.SameAs(Parse("""
            routes = [ { match { path = "/a" }, pool = app }, { name = rest, pool = app } ]
            pools { app { members = [ { name = b, url = "http://127.0.0.1:2" } ] } }
            """)));
    }

    [Fact]
    public void A_later_edit_replaces_those_at_its_place_and_below()
    {
        Overlay overlay = Overlay.Empty
            .With(new OverlayEdit("pools.app.members.a.weight", "1"))
            .With(new OverlayEdit("pools.app.members.ab", "{}"))
            .With(new OverlayEdit("pools.app.members.a.weight", "2"))
            .With(new OverlayEdit("pools.app.members.a", "{\"weight\":3}"));

        Assert.Equal(["pools.app.members.ab", "pools.app.members.a"], overlay.Edits.Select(static edit => edit.Path));
        Assert.Equal("{\"weight\":3}", overlay.Edits[1].Value);
    }

    [Fact]
    public void Reverting_goes_back_to_the_file()
    {
        Overlay overlay = Overlay.Empty
            .With(new OverlayEdit("pools.app.members.a.weight", "1"))
            .With(new OverlayEdit("pools.app.balance", "\"first\""))
            .With(new OverlayEdit("routes.rest.pool", "\"x\""));

        Assert.Equal(["routes.rest.pool"], overlay.Reverted("pools.app").Edits.Select(static edit => edit.Path));
        Assert.Empty(overlay.Reverted("*").Edits);
    }

    [Fact]
    public void What_the_new_file_has_no_place_for_is_left_out_alone()
    {
        Overlay overlay = Overlay.Empty
            .With(new OverlayEdit("pools.app.members.a.weight", "1"))
            .With(new OverlayEdit("pools.app.balance", "\"least-requests\""));
        HoconObject file = Parse("pools { app { members = [ { name = b } ] } }");

        OverlaidTree tree = overlay.ApplyTo(file);

        Assert.Contains("pools.app.members.a.weight", Assert.Single(tree.Misfits));
        Assert.Equal(["pools.app.balance"], tree.Fitting.Edits.Select(static edit => edit.Path));
        Assert.Contains("pools.app.balance = least-requests", Lines(tree.Tree, ""));
    }

    [Fact]
    public void Whatever_is_set_comes_back_from_the_text_of_the_tree()
    {
        const int seed = 5;
        var random = new Random(seed);
        string[] values =
        [
            "1", "\"a b\"", "\"${x}\"", "\"include\"", "{\"include\":\"/etc/passwd\"}", "[1,\"\\n\"]", "true", "\"\"",
        ];
        HoconObject tree = Parse(File);
        for (int i = 0; i < 300; i++)
        {
            string path = string.Join('.', Enumerable.Range(0, 1 + random.Next(3)).Select(_ => $"k{random.Next(4)}"));
            Overlay one = Overlay.Empty.With(new OverlayEdit(path, values[random.Next(values.Length)]));
            tree = one.ApplyTo(tree).Tree;

            HoconObject? again = OverlayEdit.ParseDocument(HoconWriter.Write(tree));
            Assert.True(again is not null && again.SameAs(tree), $"seed {seed}, step {i}: {HoconWriter.Write(tree)}");
        }
    }

    internal static HoconObject Parse(string text) => HoconDocument.Parse(text, "test").Root!;

    private static IEnumerable<string> Lines(HoconValue value, string path) => value switch
    {
        HoconObject block => block.Members.SelectMany(member =>
            Lines(member.Value, (path.Length == 0 ? "" : path + ".") + HoconPath.Render([member.Key]))),
        HoconArray list => list.Items.SelectMany((item, i) => Lines(item, $"{path}[{i}]")),
        _ => [$"{path} = {HoconWriter.Write(value).TrimEnd()}"],
    };
}
