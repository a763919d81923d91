using Proxy.Actors.Hocon;

namespace Proxy.Tests.Actors.Hocon;

/// <summary>
/// Vectors for the sections of the specification on syntax; what a document says without substitutions.
/// </summary>
public sealed class HoconSyntaxTests
{
    [Theory]
    // Comments
    [InlineData("# c\na = 1 # d\n// e\nb = 2 // f", """{"a":1,"b":2}""")]
    [InlineData("a = \"# no // comment\"", """{"a":"# no // comment"}""")]
    [InlineData("a = 1//x\n#\n//\n", """{"a":1}""")]
    [InlineData("a = [ 1 # one\n 2 // two\n ]", """{"a":[1,2]}""")]
    [InlineData("a = # late\n 5", """{"a":5}""")]
    // Omitted root braces
    [InlineData("", "{}")]
    [InlineData("  \r\n # only a comment", "{}")]
    [InlineData("\uFEFFa = 1", """{"a":1}""")]
    [InlineData("{ a = 1 }\n# end\n", """{"a":1}""")]
    [InlineData("[1, 2]", "[1,2]")]
    [InlineData("[]", "[]")]
    // Separators
    [InlineData("a : 1\nb = 2\nc { d = 3 }\n\"e\" {}", """{"a":1,"b":2,"c":{"d":3},"e":{}}""")]
    [InlineData("a\n:\n1", """{"a":1}""")]
    [InlineData("a\n{ b = 1 }", """{"a":{"b":1}}""")]
    [InlineData("a=1,b:2", """{"a":1,"b":2}""")]
    // Commas
    [InlineData("a = [1,2,3,]", """{"a":[1,2,3]}""")]
    [InlineData("a = [1\n2\n3]", """{"a":[1,2,3]}""")]
    [InlineData("a = [1\n,2\n,\n3\n]", """{"a":[1,2,3]}""")]
    [InlineData("{a=1,b=2,}", """{"a":1,"b":2}""")]
    [InlineData("{a=1\n\n\nb=2}", """{"a":1,"b":2}""")]
    // White space
    [InlineData("\u00A0a\u2007=\u202F1\u3000", """{"a":1}""")]
    [InlineData("a\u001C=\u001F1\v\f", """{"a":1}""")]
    [InlineData("a = 1\r\nb = x y\r\n", """{"a":1,"b":"x y"}""")]
    [InlineData("a = x\u2028y", """{"a":"x\u2028y"}""")]
    // Duplicate keys
    [InlineData("a = 1\na = 2", """{"a":2}""")]
    [InlineData("foo {a=42}\nfoo {b=43}", """{"foo":{"a":42,"b":43}}""")]
    [InlineData("foo {a=42}\nfoo = null\nfoo {b=43}", """{"foo":{"b":43}}""")]
    [InlineData("a {b {c=1,d=2}}\na {b {c=3}}", """{"a":{"b":{"c":3,"d":2}}}""")]
    [InlineData("a {b=1}\na = [1]\na {c=2}", """{"a":{"c":2}}""")]
    [InlineData("a = {b=1}\na = 5", """{"a":5}""")]
    // Unquoted strings and what is not one
    [InlineData("a = truefoo, b = footrue, c = true, d = null", """{"a":"truefoo","b":"footrue","c":true,"d":null}""")]
    [InlineData("a = 10.0bar, b = bar10.0, c = 10.0", """{"a":"10.0bar","b":"bar10.0","c":10.0}""")]
    [InlineData("a = /bin/x, b = a/b, c = x-y_z.w;(1)", """{"a":"/bin/x","b":"a/b","c":"x-y_z.w;(1)"}""")]
    [InlineData("a = -1, b = 1e+5, c = 1E-2, d = -0.5, e = 1e5", """{"a":-1,"b":1e+5,"c":1E-2,"d":-0.5,"e":1e5}""")]
    [InlineData("a = -, b = 01, c = 1., d = .5, e = 1.2.3", """{"a":"-","b":"01","c":"1.","d":".5","e":"1.2.3"}""")]
    [InlineData("a = include, b = [include]", """{"a":"include","b":["include"]}""")]
    [InlineData("a = it's, b = 100%", """{"a":"it's","b":"100%"}""")]
    // Quoted strings
    [InlineData(@"a = ""\""\\\/\b\f\n\r\t\u0041\u00e9""", @"{""a"":""\""\\/\b\f\n\r\tAé""}")]
    [InlineData(@"a = ""\ud83d\ude00""", @"{""a"":""\uD83D\uDE00""}")]
    [InlineData("a = \"\", b = \"true\", c = \"1\"", """{"a":"","b":"true","c":"1"}""")]
    // Multi-line strings
    [InlineData("a = \"\"\"x\n  \"y\" \\n\n\"\"\"", @"{""a"":""x\n  \""y\"" \\n\n""}")]
    [InlineData("a = \"\"\"foo\"\"\"\"", @"{""a"":""foo\""""}")]
    [InlineData("a = \"\"\"\"\"\"", """{"a":""}""")]
    [InlineData("a = \"\"\"x\r\ny\"\"\"", @"{""a"":""x\r\ny""}")]
    [InlineData("a = \"\"\"x\"\"\" z", """{"a":"x z"}""")]
    [InlineData("\"\"\"k.l\"\"\" = 1", """{"k.l":1}""")]
    public void Reads(string text, string json) => Assert.Equal(json, HoconVectors.Json(text));

    [Theory]
    // String concatenation
    [InlineData("a =  foo bar baz  ", """{"a":"foo bar baz"}""")]
    [InlineData("a = foo   \"bar\"baz", """{"a":"foo   barbaz"}""")]
    [InlineData("a = 1 2, b = true x, c = null x, d = 1e5 x", """{"a":"1 2","b":"true x","c":"null x","d":"1e5 x"}""")]
    [InlineData("a = \"x\" \"y\", b = \"x\"\"y\"", """{"a":"x y","b":"xy"}""")]
    [InlineData("[ 1 2 3 4 ]", """["1 2 3 4"]""")]
    [InlineData("[ x y, z ]", """["x y","z"]""")]
    // List and object concatenation
    [InlineData("a = [1, 2] [3, 4]", """{"a":[1,2,3,4]}""")]
    [InlineData("a = [1, 2]\t[\n3\n]", """{"a":[1,2,3]}""")]
    [InlineData("a : { b : 1 } { c : 2 }", """{"a":{"b":1,"c":2}}""")]
    [InlineData("a : { b : 1 } { b : 2\n} {d=1}", """{"a":{"b":2,"d":1}}""")]
    [InlineData("[ [ 1, 2 ] [ 3, 4 ] ]", "[[1,2,3,4]]")]
    [InlineData("[ [ 1, 2 ]\n [ 3, 4 ] ]", "[[1,2],[3,4]]")]
    [InlineData("[ {a=1} {b=2}, {c=3} ]", """[{"a":1,"b":2},{"c":3}]""")]
    [InlineData("a = [1] {\"1\" = x, \"0\" = y}", """{"a":[1,"y","x"]}""")]
    public void Joins(string text, string json) => Assert.Equal(json, HoconVectors.Json(text));

    [Theory]
    [InlineData("foo.bar : 42", """{"foo":{"bar":42}}""")]
    [InlineData("foo.bar.baz : 42", """{"foo":{"bar":{"baz":42}}}""")]
    [InlineData("a.x : 42, a.y : 43", """{"a":{"x":42,"y":43}}""")]
    [InlineData("foo.bar.\"hello.world\" = 1", """{"foo":{"bar":{"hello.world":1}}}""")]
    [InlineData("a b c : 42", """{"a b c":42}""")]
    [InlineData("a b.c  d : 42", """{"a b":{"c  d":42}}""")]
    [InlineData("true : 42, 3 : 1, 3.14 : 2", """{"true":42,"3":{"14":2}}""")]
    [InlineData("10.0foo : 1", """{"10":{"0foo":1}}""")]
    [InlineData("foo10.0 : 1", """{"foo10":{"0":1}}""")]
    [InlineData("foo\"10.0\" : 1", """{"foo10.0":1}""")]
    [InlineData("1.2.3 : 4", """{"1":{"2":{"3":4}}}""")]
    [InlineData("a.\"\".b : 1", """{"a":{"":{"b":1}}}""")]
    [InlineData("\"\" = 1", """{"":1}""")]
    [InlineData("\"a\" \"b\" = 1", """{"a b":1}""")]
    [InlineData("foo include = 1, \"include\" = 2, include.x = 3", """{"foo include":1,"include":{"x":3}}""")]
    [InlineData("includes = 1", """{"includes":1}""")]
    [InlineData("-x = 1, 1e+5 = 2, a+=3", """{"-x":1,"1e+5":2,"a":[3]}""")]
    [InlineData("a . b = 1", """{"a":{"b":1}}""")]
    [InlineData("null = 1, a.null.b = 2", """{"null":1,"a":{"null":{"b":2}}}""")]
    public void Reads_paths_as_keys(string text, string json) => Assert.Equal(json, HoconVectors.Json(text));

    [Fact]
    public void Carries_the_place_of_keys_and_values()
    {
        var root = HoconDocument.Parse("a {\n  b = 1\n  b = x y\n}", "f.conf", HoconVectors.Closed).Root!;

        Assert.True(((HoconObject)root.Get("a")!).TryGet("b", out var member));
        Assert.Equal("f.conf:3:3", member.KeyOrigin.ToString());
        Assert.Equal("f.conf:3:7", member.Value.Origin.ToString());
    }
}
