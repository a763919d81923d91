using System.Text;
using Proxy.Edge.Http;
using Proxy.Edge.Rewriting;
using Proxy.Tests.Edge.Routing;

namespace Proxy.Tests.Edge.Rewriting;

public sealed class HeaderEditPlanTests
{
    [Fact]
    public void Set_replaces_all_fields_of_the_name() =>
        Assert.Equal(
            ("Host,B", "A: new\n"),
            Run([new(HeaderEditKind.Set, "A", "new")], "a: 1", "B: 2", "A: 3"));

    [Fact]
    public void Add_keeps_what_is_there() =>
        Assert.Equal(("Host,A", "A: 2\n"), Run([new(HeaderEditKind.Add, "A", "2")], "A: 1"));

    [Fact]
    public void Remove_drops_all_fields_of_the_name() =>
        Assert.Equal(("Host", ""), Run([new(HeaderEditKind.Remove, "A")], "a: 1", "A: 2"));

    [Fact]
    public void Default_adds_only_what_is_missing()
    {
        HeaderEdit[] edits = [new(HeaderEditKind.Default, "A", "d")];

        Assert.Equal(("Host,A", ""), Run(edits, "A: 1"));
        Assert.Equal(("Host", "A: d\n"), Run(edits));
    }

    [Fact]
    public void Edits_apply_in_order()
    {
        Assert.Equal(
            ("Host", "A: d\n"),
            Run([new(HeaderEditKind.Remove, "A"), new(HeaderEditKind.Default, "A", "d")], "a: 1"));
        Assert.Equal(
            ("Host", "A: s\n"),
            Run([new(HeaderEditKind.Set, "A", "s"), new(HeaderEditKind.Default, "A", "d")], "A: 1"));
        Assert.Equal(("Host", ""), Run([new(HeaderEditKind.Add, "A", "1"), new(HeaderEditKind.Remove, "A")]));
        Assert.Equal(
            ("Host", "A: 1\nA: 2\n"),
            Run([new(HeaderEditKind.Set, "A", "1"), new(HeaderEditKind.Add, "A", "2")], "A: 0"));
    }

    [Fact]
    public void Applying_again_for_a_second_attempt_gives_the_same()
    {
        HeaderEdit[] edits = [new(HeaderEditKind.Set, "A", "%{client-ip}"), new(HeaderEditKind.Default, "B", "b")];
        Assert.True(HeaderEditPlan.TryCreate(edits, out HeaderEditPlan plan, out _));
        RequestHead head = HeadBuilder.Request(fields: ["A: 1", "B: 2"]);
        byte[] first = new byte[200];
        byte[] second = new byte[200];

        Assert.Equal(
            plan.Apply(head, ValueTemplateTests.Context(head), first),
            plan.Apply(head, ValueTemplateTests.Context(head), second));
        Assert.Equal(first, second);
    }

    [Theory]
    [InlineData("Content-Length")]
    [InlineData("transfer-encoding")]
    [InlineData("Connection")]
    [InlineData("Host")]
    [InlineData("Upgrade")]
    [InlineData("TE")]
    [InlineData("Trailer")]
    [InlineData("Keep-Alive")]
    [InlineData("")]
    [InlineData("A B")]
    [InlineData("A:")]
    [InlineData("A\r\nB")]
    [InlineData("Ä")]
    public void Framing_fields_and_bad_names_are_refused(string name)
    {
        foreach (HeaderEditKind kind in Enum.GetValues<HeaderEditKind>())
        {
            Assert.False(HeaderEditPlan.TryCreate([new HeaderEdit(kind, name, "x")], out _, out string error));
            Assert.NotEmpty(error);
        }
    }

    [Fact]
    public void A_bad_value_is_refused() =>
        Assert.False(HeaderEditPlan.TryCreate([new HeaderEdit(HeaderEditKind.Set, "A", "%{no}")], out _, out _));

    [Fact]
    public void Replaced_forwarding_fields_are_named_to_their_writer()
    {
        Assert.True(HeaderEditPlan.TryCreate(
            [new(HeaderEditKind.Set, "x-forwarded-proto", "https"), new(HeaderEditKind.Remove, "Via")],
            out HeaderEditPlan plan,
            out _));

        Assert.Equal((1UL << (int)HeaderId.XForwardedProto) | (1UL << (int)HeaderId.Via), plan.Suppress);
    }

    [Fact]
    public void A_response_is_edited_the_same_way()
    {
        Assert.True(HeaderEditPlan.TryCreate(
            [new(HeaderEditKind.Remove, "Server"), new(HeaderEditKind.Set, "X-Served", "%{pool}")],
            out HeaderEditPlan plan,
            out _));
        ResponseHead head = HeadBuilder.Response(200, "Server: x", "ETag: 1");
        byte[] output = new byte[100];

        int length = plan.Apply(head, ValueTemplateTests.Context(HeadBuilder.Request()), output);

        Assert.Equal("X-Served: app\r\n", Encoding.ASCII.GetString(output, 0, length));
        Assert.True(head.Fields[0].HopByHop);
        Assert.False(head.Fields[1].HopByHop);
    }

    private static (string Kept, string Added) Run(HeaderEdit[] edits, params string[] fields)
    {
        Assert.True(HeaderEditPlan.TryCreate(edits, out HeaderEditPlan plan, out string error), error);
        RequestHead head = HeadBuilder.Request(fields: fields);
        byte[] output = new byte[1000];
        int length = plan.Apply(head, ValueTemplateTests.Context(head), output);
        IEnumerable<string> kept = Enumerable.Range(0, head.FieldCount)
            .Where(i => !head.Fields[i].HopByHop)
            .Select(i => Encoding.ASCII.GetString(head.Name(i)));
        string added = Encoding.ASCII.GetString(output, 0, length).Replace("\r\n", "\n", StringComparison.Ordinal);
        return (string.Join(',', kept), added);
    }
}
