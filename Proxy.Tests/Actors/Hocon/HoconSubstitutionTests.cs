using Proxy.Actors.Hocon;

namespace Proxy.Tests.Actors.Hocon;

/// <summary>
/// Vectors for the sections of the specification on substitutions, self-reference, += and the environment.
/// </summary>
public sealed class HoconSubstitutionTests
{
    [Theory]
    [InlineData("a = 1, b = ${a}", """{"a":1,"b":1}""")]
    [InlineData("b = ${a}, a = 1", """{"b":1,"a":1}""")]
    [InlineData("a = ${b.c}, b { c = [1] }", """{"a":[1],"b":{"c":[1]}}""")]
    [InlineData("a = ${ b . \"c.d\" }, b.\"c.d\" = x", """{"a":"x","b":{"c.d":"x"}}""")]
    [InlineData("a = 1, a = 2, b = ${a}", """{"a":2,"b":2}""")]
    [InlineData("a.x = 1, b = ${a}, a.y = 2", """{"a":{"x":1,"y":2},"b":{"x":1,"y":2}}""")]
    [InlineData("x = dog, k = ${x} is my favorite", """{"x":"dog","k":"dog is my favorite"}""")]
    [InlineData("x = dog, k = ${x}\" is my\"", """{"x":"dog","k":"dog is my"}""")]
    [InlineData("k = \"${x}\"", """{"k":"${x}"}""")]
    [InlineData("a = 1e5, b = ${a}0, c = x${a}", """{"a":1e5,"b":"1e50","c":"x1e5"}""")]
    [InlineData("a = true, b = null, c = ${a}${b}", """{"a":true,"b":null,"c":"truenull"}""")]
    [InlineData("a = 5, b = [${a}, ${a} ${a}]", """{"a":5,"b":[5,"5 5"]}""")]
    [InlineData("a = [1], b = ${a} [2], c = ${a}${a}", """{"a":[1],"b":[1,2],"c":[1,1]}""")]
    [InlineData("g = {s = 6}, e = ${g} { n = east }", """{"g":{"s":6},"e":{"s":6,"n":"east"}}""")]
    [InlineData("g = {s = 6}, e = { s = 7 } ${g}", """{"g":{"s":6},"e":{"s":6}}""")]
    [InlineData("g = {s = 6}, e = [ ${g} { s = 7 } ]", """{"g":{"s":6},"e":[{"s":7}]}""")]
    [InlineData("a {\"0\" = x}, b = ${a} [y]", """{"a":{"0":"x"},"b":["x","y"]}""")]
    [InlineData("[1, ${?x}, 2]", "[1,2]")]
    public void Looks_forward(string text, string json) => Assert.Equal(json, HoconVectors.Json(text));

    [Theory]
    [InlineData("a = ${?x}", "{}")]
    [InlineData("a = 1, a = ${?x}", """{"a":1}""")]
    [InlineData("a = {b = 1}, a = ${?x}, a = {c = 2}", """{"a":{"b":1,"c":2}}""")]
    [InlineData("a = [${?x}, 1]", """{"a":[1]}""")]
    [InlineData("a = ${?x}foo, b = foo ${?x}", """{"a":"foo","b":"foo "}""")]
    [InlineData("a = ${?x} [1], b = ${?x} {c = 1}", """{"a":[1],"b":{"c":1}}""")]
    [InlineData("a = ${?x}${?y}, b = ${?x} ${?y}", "{}")]
    [InlineData("a = ${?x}${b}, b = 5", """{"a":5,"b":5}""")]
    [InlineData("a = {x = ${?y}}", """{"a":{}}""")]
    [InlineData("a = null, b = ${?a}", """{"a":null,"b":null}""")]
    [InlineData("a += ${?x}", """{"a":[]}""")]
    public void Leaves_out_what_is_optional_and_undefined(string text, string json) =>
        Assert.Equal(json, HoconVectors.Json(text));

    [Theory]
    [InlineData("path = a, path = ${path}\":d\"", """{"path":"a:d"}""")]
    [InlineData("path = [ /bin ]\npath = ${path} [ /usr/bin ]", """{"path":["/bin","/usr/bin"]}""")]
    [InlineData("a = [1]\na = ${a} [2]\na = ${a} [3]\nb = ${a}", """{"a":[1,2,3],"b":[1,2,3]}""")]
    [InlineData("foo : { a : 1 }\nfoo : ${foo}", """{"foo":{"a":1}}""")]
    [InlineData("foo : ${?foo}", "{}")]
    [InlineData("a = ${?a}foo", """{"a":"foo"}""")]
    [InlineData("foo : { a : { c : 1 } }\nfoo : ${foo.a}\nfoo : { a : 2 }", """{"foo":{"a":2,"c":1}}""")]
    [InlineData("bar : { foo : 42, baz : ${bar.foo} }", """{"bar":{"foo":42,"baz":42}}""")]
    [InlineData("bar : { foo : 42, baz : ${bar.foo} }\nbar : { foo : 43 }", """{"bar":{"foo":43,"baz":43}}""")]
    [InlineData(
        "bar : { a : ${foo.d}, b : 1 }\nbar.b = 3\nfoo : { c : ${bar.b}, d : 2 }\nfoo.d = 4",
        """{"bar":{"a":4,"b":3},"foo":{"c":3,"d":4}}""")]
    [InlineData("a : 1\nb : 2\na : ${b}\nb : ${a}", """{"a":1,"b":1}""")]
    [InlineData("a.b = [1], a.b = ${a.b} [2]", """{"a":{"b":[1,2]}}""")]
    [InlineData("a { b = x }\na { b = ${a.b}y, c = ${a.b} }", """{"a":{"b":"xy","c":"xy"}}""")]
    [InlineData("d = {l = [1]}\na = ${d}\na { l = ${a.l} [2] }", """{"d":{"l":[1]},"a":{"l":[1,2]}}""")]
    [InlineData("d = {l = [1]}\na = ${d} { l = ${a.l} [2] }", """{"d":{"l":[1]},"a":{"l":[1,2]}}""")]
    [InlineData("a = {x = 0}\na = {x = 1} ${a}", """{"a":{"x":0}}""")]
    [InlineData("a : { b : ${?a} }", """{"a":{}}""")]
    [InlineData("b = ${?a}x, a = ${b}", """{"b":"x","a":"x"}""")]
    [InlineData("s = {y = ${t.x}}, t = {x = 1}, t = ${s}", """{"s":{"y":1},"t":{"x":1,"y":1}}""")]
    [InlineData("t = {x = 1}, t = ${s}, s = {y = ${t.x}}", """{"t":{"x":1,"y":1},"s":{"y":1}}""")]
    public void Looks_back_where_looking_forward_is_a_circle(string text, string json) =>
        Assert.Equal(json, HoconVectors.Json(text));

    [Theory]
    [InlineData("d { h = a, url = ${s.h}\":\"${s.p}, p = 1 }\ns = ${d} { h = b }")]
    [InlineData("s = ${d} { h = b }\nd { h = a, url = ${s.h}\":\"${s.p}, p = 1 }")]
    public void A_parent_sees_what_its_child_overrides_in_either_order(string text)
    {
        var root = HoconDocument.Parse(text, "f", HoconVectors.Closed).Root!;

        Assert.Equal("b:1", ((HoconScalar)root.Get("s.url")!).Text);
        Assert.Equal("b:1", ((HoconScalar)root.Get("d.url")!).Text);
    }

    [Theory]
    [InlineData("foo : ${does-not-exist}\nfoo : 42", """{"foo":42}""")]
    [InlineData("foo : ${foo}\nfoo : 42", """{"foo":42}""")]
    [InlineData("foo : ${nope}\nfoo : [1]", """{"foo":[1]}""")]
    [InlineData("foo : ${a}\nfoo : ${b}\na = ${nope}, a = 1, b = 2", """{"foo":2,"a":1,"b":2}""")]
    public void Never_looks_at_hidden_values(string text, string json) => Assert.Equal(json, HoconVectors.Json(text));

    [Theory]
    [InlineData("a += 1\na += 2", """{"a":[1,2]}""")]
    [InlineData("a = [0], a += 1, a += [2], a += {b = 3}", """{"a":[0,1,[2],{"b":3}]}""")]
    [InlineData("a.b += 1, a { b += 2 }", """{"a":{"b":[1,2]}}""")]
    [InlineData("a += ${x}, x = 1, a += ${x}${x}", """{"a":[1,"11"],"x":1}""")]
    [InlineData("d = {l = [1]}\na = ${d}\na.l += 2", """{"d":{"l":[1]},"a":{"l":[1,2]}}""")]
    [InlineData("a = [1], a += ${a}", """{"a":[1,[1]]}""")]
    [InlineData("a = ${b}, b = [1], a += 2, b += 3", """{"a":[1,3,2],"b":[1,3]}""")]
    [InlineData("[ { a += 1, a += 2 } ]", """[{"a":[1,2]}]""")]
    [InlineData("a {\"1\" = y, \"0\" = x, k = z}\na += w", """{"a":["x","y","w"]}""")]
    [InlineData("a += 1, a = 5, a = ${?nope}", """{"a":5}""")]
    public void Appends(string text, string json) => Assert.Equal(json, HoconVectors.Json(text));

    [Fact]
    public void Asks_the_environment_only_for_what_the_document_lacks()
    {
        var options = HoconVectors.Closed with
        {
            Environment = name => name switch
            {
                "HOME" => "/root",
                "EMPTY" => "",
                "user.name" => "dot",
                "PATH" => "/bin",
                "L_0" => "x",
                "L_1" => "y",
                _ => null,
            },
        };

        Assert.Equal("""{"a":"/root"}""", HoconVectors.Json("a = ${HOME}", options));
        Assert.Equal("""{"a":"/root/x"}""", HoconVectors.Json("a = ${HOME}/x", options));
        Assert.Equal("""{"HOME":null,"a":null}""", HoconVectors.Json("HOME = null, a = ${HOME}", options));
        Assert.Equal("""{"a":""}""", HoconVectors.Json("a = ${?EMPTY}", options));
        Assert.Equal("""{"a":"dot"}""", HoconVectors.Json("a = ${user.name}", options));
        Assert.Equal("""{"PATH":"/bin:/x"}""", HoconVectors.Json("PATH = ${PATH}\":/x\"", options));
        Assert.Equal("""{"a":["x","y","z"]}""", HoconVectors.Json("a = ${L[]} [z]", options));
        Assert.Equal("{}", HoconVectors.Json("a = ${?M[]}", options));
        Assert.Equal("""{"a":1}""", HoconVectors.Json("a = 1, a = ${?NOPE}", options));
    }
}
