using Proxy.Actors.Hocon;

namespace Proxy.Tests.Actors.Hocon;

/// <summary>What is refused, where the error points, and what it says was expected.</summary>
public sealed class HoconErrorTests
{
    [Theory]
    [InlineData("a = 1 }", 1, 7, "closes nothing")]
    [InlineData("a = 1 ]", 1, 7, "closes nothing")]
    [InlineData("{ a = 1", 1, 1, "never closed: expected '}'")]
    [InlineData("a = [1\nb", 1, 5, "never closed: expected ']'")]
    [InlineData("{ } { }", 1, 5, "expected the end of the file")]
    [InlineData("[1]\na = 2", 2, 1, "expected the end of the file")]
    [InlineData("a = [1,,2]", 1, 8, "only one comma")]
    [InlineData("a = [,1]", 1, 6, "only one comma")]
    [InlineData("a = [1,2,,]", 1, 10, "only one comma")]
    [InlineData("{ a = 1,, b = 2 }", 1, 9, "expected a key but found ','")]
    [InlineData(",a = 1", 1, 1, "expected a key but found ','")]
    [InlineData("a = [1, 2 }", 1, 11, "expected an item or ']'", "a = 1\nb = { x = [1, 2 }", 2, 17)]
    [InlineData("a", 1, 2, "after key 'a' but found the end of the file")]
    [InlineData("foo\nbar = 1", 1, 4, "expected ':', '=', '+=' or '{' after key 'foo'")]
    [InlineData("a b", 1, 4, "after key '\"a b\"'")]
    [InlineData("a =", 1, 4, "expected a value for key 'a' but found the end of the file")]
    [InlineData("a.b = }", 1, 7, "expected a value for key 'a.b' but found '}'")]
    [InlineData("a = , b = 1", 1, 5, "expected a value for key 'a' but found ','")]
    [InlineData("a = b = c", 1, 7, "'=' inside a value")]
    [InlineData("a = http://x", 1, 9, "':' inside a value")]
    [InlineData("a = {} b = 1", 1, 8, "a string cannot be joined with an object")]
    [InlineData("a = [1] b", 1, 9, "a string cannot be joined with an object or a list")]
    [InlineData("a = b [1]", 1, 7, "a string cannot be joined with an object or a list")]
    [InlineData("a = \"x\" {}", 1, 9, "a string cannot be joined")]
    [InlineData("a = x?y", 1, 6, "'?' is reserved in unquoted text")]
    [InlineData("a = `x`", 1, 5, "'`' is reserved")]
    [InlineData("a = $x", 1, 5, "'$' is reserved")]
    [InlineData("a = x\\y", 1, 6, "'\\' is reserved")]
    [InlineData("@ = 1", 1, 1, "expected a key but found '@'")]
    [InlineData("{} = 1", 1, 4, "expected the end of the file")]
    [InlineData("a = 1\n[] = 1", 2, 1, "expected a key but found '['")]
    [InlineData("a = 1\n{ b = 2 }", 2, 1, "expected a key but found '{'")]
    [InlineData("a..b = 1", 1, 3, "empty key in a path")]
    [InlineData(".a = 1", 1, 1, "empty key in a path")]
    [InlineData("a. = 1", 1, 3, "a path ends with '.'")]
    [InlineData("a${b} = 1", 1, 2, "a substitution cannot be part of a key")]
    [InlineData("${b} = 1", 1, 1, "expected a key but found '$'")]
    public void Points_at_mistakes_in_the_grammar(
        string text, int line, int column, string message, string? other = null, int otherLine = 0, int otherColumn = 0)
    {
        AssertError(text, line, column, message);
        if (other is not null)
        {
            AssertError(other, otherLine, otherColumn, message);
        }
    }

    [Theory]
    [InlineData("a = \"x", 1, 5, "never closed: expected '\"'")]
    [InlineData("a = \"x\ny\"", 1, 5, "never closed")]
    [InlineData("a = \"x\ty\"", 1, 7, "control character 0x09 in a string")]
    [InlineData("a = \"\\x\"", 1, 6, "unknown escape")]
    [InlineData("a = \"\\u12g4\"", 1, 6, "four hexadecimal digits")]
    [InlineData("a = \"\\u12", 1, 6, "four hexadecimal digits")]
    [InlineData("a = \"\\ud800\"", 1, 5, "half of a surrogate pair")]
    [InlineData("a = \"\"\"x\n\"\"", 1, 5, "multi-line string is never closed")]
    [InlineData("a = \"\"\"x\n\"\"\"\"\"\" y\"", 2, 9, "never closed")]
    public void Points_at_mistakes_in_strings(string text, int line, int column, string message) =>
        AssertError(text, line, column, message);

    [Theory]
    [InlineData("a = ${", 1, 7, "expected a key but found the end of the file")]
    [InlineData("a = ${}", 1, 7, "expected a key but found '}'")]
    [InlineData("a = ${x", 1, 8, "expected '}' at the end of a substitution")]
    [InlineData("a = ${ ?x}", 1, 8, "expected a key but found '?'")]
    [InlineData("a = ${x\n}", 1, 8, "expected '}' at the end of a substitution but found the end of the line")]
    [InlineData("a = ${x${y}}", 1, 8, "expected '}'")]
    [InlineData("b = 1\na = x ${nope.x}", 2, 7, "${nope.x} is not defined")]
    [InlineData("a = [${nope}]", 1, 6, "${nope} is not defined")]
    [InlineData("foo : ${foo}", 1, 7, "needs its own value and has no earlier one")]
    [InlineData("foo : ${foo}\nfoo : { a : 1 }", 1, 7, "needs its own value and has no earlier one")]
    [InlineData("a = ${a}bc", 1, 5, "needs its own value")]
    [InlineData("a : { b : ${a} }", 1, 11, "needs its own value")]
    [InlineData("a : [${a}]", 1, 6, "needs its own value")]
    [InlineData("bar : ${foo}\nfoo : ${bar}", 2, 7, "circle: ${bar} needs its own value, by way of ${foo} (test")]
    [InlineData("a : ${b}\nb : ${c}\nc : ${a}", 3, 5, "circle")]
    [InlineData("a : ${b.k}\nb : ${a}", 1, 5, "circle")]
    [InlineData("a = ${b} [1]\nb = x", 1, 5, "a string (test.conf:2:5) cannot be joined here: expected a list")]
    [InlineData("a = ${b} { c = 1 }\nb = [1]", 1, 5, "${b} is a list (test.conf:2:5): expected an object to join with")]
    [InlineData("a = ${b} ${c}\nb = {x=1}\nc = 5", 1, 10, "a number (test.conf:3:5) cannot be joined here")]
    [InlineData("a = x${b}\nb = {x=1}", 1, 5, "a string")]
    [InlineData("a = 5\na += 6", 2, 6, "the earlier value of 'a' (test.conf:1:5) is a number")]
    [InlineData("a = {}\na += 6", 2, 6, "is an object")]
    public void Points_at_substitutions(string text, int line, int column, string message) =>
        AssertError(text, line, column, message);

    [Theory]
    [InlineData("include = 1", 1, 9, "expected a quoted file name")]
    [InlineData("include x", 1, 9, "expected a quoted file name")]
    [InlineData("include", 1, 8, "found the end of the file")]
    [InlineData("include \"\"", 1, 9, "expected a file name between the quotes")]
    [InlineData("include url(\"http://x\")", 1, 9, "url(…) cannot be included")]
    [InlineData("include required(classpath(\"x\"))", 1, 18, "classpath(…) cannot be included")]
    [InlineData("include \"http://x/y.conf\"", 1, 1, "is a URL")]
    [InlineData("include file(x)", 1, 14, "expected a quoted file name in file(…)")]
    [InlineData("include file(\"x\"", 1, 17, "expected ')' of file(…)")]
    [InlineData("include required(\"x\"", 1, 21, "expected ')' of required(…)")]
    [InlineData("include required \"x\"", 1, 18, "expected '(' of required(…)")]
    [InlineData("include \"a\" \"b\"", 1, 13, "expected ',', a new line but found '\"'")]
    [InlineData("include \"a\"${b}", 1, 12, "expected ','")]
    public void Points_at_includes(string text, int line, int column, string message) =>
        AssertError(text, line, column, message);

    [Fact]
    public void Reports_every_mistake_in_one_run()
    {
        const string Text = """
            a = 1 }
            b = "x
            c {
              d ! 1
              e = [1,,2]
              f =
            }
            g = ok
            h = ${
            """;

        var result = HoconDocument.Parse(Text, "f", HoconVectors.Closed);

        Assert.Null(result.Value);
        Assert.Equal(["1:7", "2:5", "4:5", "5:10", "7:1", "9:7"], Places(result));
    }

    [Fact]
    public void Reports_every_substitution_that_fails_once()
    {
        var result = HoconDocument.Parse(
            "a = ${x}\nb = ${y}\nc = ${a}\nd = ${d}\ne = ${f}\nf = ${e}", "f", HoconVectors.Closed);

        Assert.Equal(["1:5", "2:5", "4:5", "6:5"], Places(result));
    }

    [Fact]
    public void An_error_prints_as_file_line_column_and_message() =>
        Assert.Equal(
            "test.conf:1:4: expected a value for key 'a' but found the end of the file",
            HoconVectors.FirstError("a =").ToString());

    [Fact]
    public void Refuses_half_a_surrogate_pair_in_the_text() => AssertError("a = x\ud800", 1, 6, "valid Unicode");

    private static IEnumerable<string> Places(HoconResult result) =>
        result.Errors.Select(error => $"{error.Origin.Line}:{error.Origin.Column}");

    private static void AssertError(string text, int line, int column, string message)
    {
        var error = HoconVectors.FirstError(text);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal(("test.conf", line, column), (error.Origin.File, error.Origin.Line, error.Origin.Column));
    }
}
