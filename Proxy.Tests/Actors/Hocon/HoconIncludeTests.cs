using System.Text;
using Proxy.Actors.Hocon;

namespace Proxy.Tests.Actors.Hocon;

public sealed class HoconIncludeTests
{
    [Theory]
    [InlineData("include \"b.conf\"")]
    [InlineData("include\"b.conf\"")]
    [InlineData("include\n  # c\n  \"b.conf\"")]
    [InlineData("include file(\"b.conf\")")]
    [InlineData("include file( \"b.conf\" )")]
    [InlineData("include required(\"b.conf\")")]
    [InlineData("include required(file(\"b.conf\"))")]
    [InlineData("include required( file(\n\"b.conf\" ) )")]
    [InlineData("include \"b\"")]
    [InlineData("include \"./b.conf\"")]
    [InlineData("{ include \"b.conf\" }")]
    public void Reads_every_form(string text) => Assert.Equal("""{"x":1}""", Json(text, ("b.conf", "x = 1")));

    [Fact]
    public void Merges_at_the_place_of_the_statement()
    {
        Assert.Equal("""{"x":2,"y":5}""", Json("x = 1, y = 5\ninclude \"b.conf\"", ("b.conf", "x = 2")));
        Assert.Equal("""{"x":1}""", Json("include \"b.conf\", x = 1", ("b.conf", "x = 2")));
        Assert.Equal("""{"a":{"x":1,"y":2,"z":3}}""",
            Json("a { x = 1, include \"b.conf\", z = 3 }", ("b.conf", "y = 2")));
        Assert.Equal("""[{"y":2}]""", Json("[ { include \"b.conf\" } ]", ("b.conf", "y = 2")));
        Assert.Equal("""{"l":[1,2]}""", Json("l += 1\ninclude \"b.conf\"", ("b.conf", "l += 2")));
    }

    [Fact]
    public void Finds_files_beside_the_including_file()
    {
        var files = new MemoryFiles(
            ("etc/main.conf", "include \"sub/b.conf\""),
            ("etc/sub/b.conf", "b = 1\ninclude \"c.conf\"\ninclude \"../d.conf\"\ninclude \"/abs/e.conf\""),
            ("etc/sub/c.conf", "c = 2"),
            ("etc/sub/../d.conf", "d = 3"),
            ("/abs/e.conf", "e = 4"));

        var result = HoconDocument.ParseFile("etc/main.conf", HoconVectors.Closed with { Files = files });

        Assert.True(result.Ok, string.Join('\n', result.Errors));
        Assert.Equal("""{"b":1,"c":2,"d":3,"e":4}""", HoconJson.Write(result.Value));
        Assert.Equal("etc/sub/../d.conf:1:5", result.Root!.Get("d")!.Origin.ToString());
    }

    [Fact]
    public void Without_extension_all_known_formats_are_merged_and_conf_wins() =>
        Assert.Equal(
            """{"x":"conf","j":1,"c":2}""",
            Json("include \"b\"", ("b.json", """{"x":"json","j":1}"""), ("b.conf", "x = conf, c = 2")));

    [Fact]
    public void Looks_substitutions_up_beside_the_include_first_and_from_the_root_next()
    {
        Assert.Equal(
            """{"a":{"x":10,"y":10}}""", Json("a { include \"b.conf\" }", ("b.conf", "x = 10, y = ${x}")));
        Assert.Equal(
            """{"a":{"x":42,"y":42}}""",
            Json("a { include \"b.conf\" }\na { x = 42 }", ("b.conf", "x = 10, y = ${x}")));
        Assert.Equal(
            """{"r":7,"a":{"y":7}}""", Json("r = 7, a { include \"b.conf\" }", ("b.conf", "y = ${r}")));
        Assert.Equal(
            """{"r":7,"a":{"b":{"x":1,"y":"1 2 7"},"z":2}}""",
            Json(
                "r = 7, a { include \"b.conf\" }",
                ("b.conf", "b { include \"c.conf\" }\nz = 2"),
                ("c.conf", "x = 1, y = ${x} ${z} ${r}")));
        Assert.Equal(
            """[{"x":10,"y":10}]""", Json("[ { include \"b.conf\" } ]", ("b.conf", "x = 10, y = ${x}")));
        Assert.Equal(
            """{"base":{"q":1},"a":{"base":{"k":2},"v":{"k":2},"w":{"k":2}}}""",
            Json(
                "base { q = 1 }\na { include \"b.conf\" }",
                ("b.conf", "base { k = 2 }\nv = ${base}\nw = ${v} { q = ${?v.q} }")));
    }

    [Fact]
    public void A_missing_file_is_nothing_unless_required()
    {
        Assert.Equal("""{"a":1}""", Json("include \"nope.conf\", a = 1"));
        Assert.Equal("""{"a":1}""", Json("include file(\"nope\"), a = 1"));

        var error = HoconVectors.FirstError("a = 1\n include required(\"sub/nope.conf\")");
        Assert.Equal("test.conf:2:2: required file 'sub/nope.conf' does not exist", error.ToString());
        Assert.Equal(
            "x.conf:1:1: file does not exist",
            Assert.Single(HoconDocument.ParseFile("x.conf", HoconVectors.Closed).Errors).ToString());
    }

    [Fact]
    public void The_same_file_may_be_included_twice_but_not_from_itself()
    {
        Assert.Equal(
            """{"a":{"x":1},"b":{"x":1}}""",
            Json("a { include \"x.conf\" }, b { include \"x.conf\" }", ("x.conf", "x = 1")));

        var circle = Error(
            "include \"b.conf\"", ("b.conf", "x = 1\ninclude \"c.conf\""), ("c.conf", "include \"./b.conf\""));
        Assert.Equal("c.conf:1:1: include circle: b.conf -> c.conf -> b.conf", circle.ToString());

        var renamed = HoconVectors.Closed with { Files = new OneFile("include \"../a/x.conf\""u8.ToArray()) };
        var deep = HoconVectors.FirstError("include \"a/x.conf\"", renamed);
        Assert.Contains("more than 16 files", deep.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Errors_in_an_included_file_name_that_file()
    {
        Assert.Equal(("b.conf", 2, 6), Place(Error("include \"b.conf\"", ("b.conf", "a = 1\nb = x?"))));
        Assert.Equal(("b.conf", 1, 5), Place(Error("include \"b.conf\"", ("b.conf", "y = ${nope}"))));
        Assert.Equal(("test.conf", 1, 1), Place(Error("include \"b.conf\"", ("b.conf", "[1]"))));

        var both = HoconDocument.Parse(
            "include \"b.conf\"\na = ?", "test.conf", Options(("b.conf", "x")));
        Assert.Equal(["test.conf:2:5", "b.conf:1:2"], both.Errors.Select(e => e.Origin.ToString()));
    }

    [Fact]
    public void Refuses_bytes_that_are_not_UTF_8()
    {
        var files = new OneFile([.. "a = 1\nb = é"u8, 0xC3, 0x28]);

        var result = HoconDocument.ParseFile("f", HoconVectors.Closed with { Files = files });

        Assert.Equal("f:2:6: byte 0xc3 is not valid UTF-8 here", Assert.Single(result.Errors).ToString());
    }

    [Fact]
    public void Says_why_a_file_cannot_be_read()
    {
        var files = new OneFile(null);

        var result = HoconDocument.Parse("include \"b.conf\"", "f", HoconVectors.Closed with { Files = files });

        Assert.Equal("f:1:1: file 'b.conf' is locked", Assert.Single(result.Errors).ToString());
    }

    [Fact]
    public void Reads_the_disk_and_minds_the_byte_limit()
    {
        var folder = Directory.CreateTempSubdirectory("hocon-");
        try
        {
            var main = Path.Combine(folder.FullName, "main.conf");
            Directory.CreateDirectory(Path.Combine(folder.FullName, "d"));
            File.WriteAllText(main, "include \"b\"\ninclude \"d\"", new UTF8Encoding(true));
            File.WriteAllText(Path.Combine(folder.FullName, "b.conf"), "x = " + new string('y', 100));
            var options = HoconOptions.Default with { Environment = _ => null };

            var read = HoconDocument.ParseFile(main, options);
            Assert.Equal(new string('y', 100), ((HoconScalar)read.Root!.Get("x")!).Text);
            Assert.Contains(
                "still allowed",
                Assert.Single(HoconDocument.ParseFile(main, options with { MaxBytes = 100 }).Errors).Message,
                StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static HoconOptions Options(params (string, string)[] files) =>
        HoconVectors.Closed with { Files = new MemoryFiles(files) };

    private static string Json(string text, params (string, string)[] files) => HoconVectors.Json(text, Options(files));

    private static HoconError Error(string text, params (string, string)[] files) =>
        HoconVectors.FirstError(text, Options(files));

    private static (string File, int Line, int Column) Place(HoconError error) =>
        (error.Origin.File, error.Origin.Line, error.Origin.Column);

    /// <summary>Every path is the same file, or one that cannot be read.</summary>
    private sealed class OneFile(byte[]? bytes) : IHoconFiles
    {
        public HoconFileContent Read(string path, long maxBytes) => new(bytes, bytes is null ? "is locked" : null);
    }
}
