using System.Text;
using Proxy.Actors.Hocon;

namespace Proxy.Tests.Actors.Hocon;

/// <summary>
/// Documents made to cost too much are refused with an error, quickly and without exhausting the stack.
/// </summary>
public sealed class HoconLimitTests
{
    [Theory]
    [InlineData("[${PREVIOUS}, ${PREVIOUS}]", "larger than")]
    [InlineData("${PREVIOUS}${PREVIOUS}", "larger than")]
    [InlineData("${PREVIOUS} ${PREVIOUS} ${PREVIOUS}", "larger than")]
    [InlineData("{ x = ${PREVIOUS}, y = ${PREVIOUS} }", "larger than")]
    [InlineData("[${PREVIOUS}] [${PREVIOUS}]", "larger than")]
    public void A_bomb_of_substitutions_is_refused(string step, string message)
    {
        var text = new StringBuilder("a0 = \"0123456789\"\n");
        for (var i = 1; i <= 60; i++)
        {
            text.Append($"a{i} = {step.Replace("PREVIOUS", $"a{i - 1}", StringComparison.Ordinal)}\n");
        }

        Assert.Contains(message, HoconVectors.FirstError(text.ToString()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bomb_of_lookups_is_refused()
    {
        var text = new StringBuilder("a0 = {}\n");
        for (var i = 1; i <= 40; i++)
        {
            text.Append($"a{i} = ${{a{i - 1}}}\na{i} = ${{a{i - 1}}}\n");
        }

        var error = HoconVectors.FirstError($"x = ${{a40.k}}\n{text}", Small);
        Assert.Contains("takes more work", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bomb_of_includes_is_refused()
    {
        var files = new (string, string)[12];
        for (var i = 0; i < files.Length; i++)
        {
            files[i] = ($"f{i}.conf", string.Concat(Enumerable.Repeat($"x{i} {{ include \"f{i + 1}.conf\" }}\n", 9)));
        }

        var options = Small with { Files = new MemoryFiles(files) };
        var error = HoconVectors.FirstError("include \"f0.conf\"", options);
        Assert.Contains("grows beyond", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[", 1_000_000)]
    [InlineData("{a=", 1_000_000)]
    [InlineData("a{", 1_000_000)]
    [InlineData("a=[{", 300_000)]
    public void Deep_nesting_is_refused(string open, int times)
    {
        var error = HoconVectors.FirstError(string.Concat(Enumerable.Repeat(open, times)));
        Assert.Contains("more than 128 nested", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nesting_up_to_the_limit_is_fine()
    {
        var text = new string('[', 128) + new string(']', 128);
        Assert.Equal(text, HoconVectors.Json(text));
        Assert.Contains("nested", HoconVectors.FirstError($"a = {text}").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_path_is_refused() =>
        Assert.Contains(
            "nested",
            HoconVectors.FirstError(string.Join('.', Enumerable.Repeat("a", 100_000)) + " = 1").Message,
            StringComparison.Ordinal);

    [Fact]
    public void Nesting_through_substitutions_is_refused()
    {
        var text = string.Concat(Enumerable.Range(1, 200).Reverse().Select(i => $"a{i} = {{ x = ${{a{i - 1}}} }}\n"));
        var error = HoconVectors.FirstError("a0 = 1\n" + text);
        Assert.Contains("nest more than 128", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a{0} = ${{a{1}}}\n")]
    [InlineData("a{0} = [${{a{1}}}]\n")]
    [InlineData("a{0} = ${{a{1}}} {{}}\n")]
    [InlineData("a{0} = ${{a{1}.x}}\n")]
    [InlineData("a{0} = ${{?a{1}}} z\n")]
    public void A_long_chain_of_substitutions_is_refused_not_crashed(string line)
    {
        var text = new StringBuilder();
        for (var i = 8_000; i > 0; i--)
        {
            text.AppendFormat(System.Globalization.CultureInfo.InvariantCulture, line, i, i - 1);
        }

        Assert.Contains("need one another", HoconVectors.FirstError(text + "a0 = 1").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Long_lists_may_be_appended_to_item_by_item()
    {
        var json = HoconVectors.Json(string.Concat(Enumerable.Range(0, 20_000).Select(i => $"a += {i}\n")));
        Assert.EndsWith(",19998,19999]}", json, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_beyond_the_byte_limit_is_refused() =>
        Assert.Contains(
            "more than 10 bytes",
            HoconVectors.FirstError("a = 01234567", HoconVectors.Closed with { MaxBytes = 10 }).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Stops_after_enough_errors()
    {
        var result = HoconDocument.Parse(string.Concat(Enumerable.Repeat("?\n", 5000)), "f", HoconVectors.Closed);
        Assert.Equal(100, result.Errors.Count);
    }

    [Fact]
    public void A_large_file_of_unbalanced_noise_is_read_in_one_go()
    {
        foreach (var noise in new[] { "a={\"", "${", "\"\"\"", "}", "a=b?{\n", "# \n", "a . " })
        {
            var text = string.Concat(Enumerable.Repeat(noise, 200_000));
            var result = HoconDocument.Parse(text, "f", HoconVectors.Closed);
            Assert.True(result.Ok == (result.Errors.Count == 0), noise);
        }
    }

    [Fact]
    public void A_small_stack_is_an_error_too_not_a_crash()
    {
        var open = new string('[', 100);
        var close = new string(']', 100);
        var text = new StringBuilder();
        for (var i = 200; i > 0; i--)
        {
            text.Append($"a{i} = {open}${{a{i - 1}}}{close}\n");
        }

        var messages = new List<string>();
        var thread = new Thread(() => messages.Add(HoconVectors.FirstError(text + "a0 = 1").Message), 512 * 1024);
        thread.Start();
        thread.Join();

        Assert.Contains("nest", Assert.Single(messages), StringComparison.Ordinal);
    }

    private static HoconOptions Small => HoconVectors.Closed with { MaxExpansion = 100_000 };
}
