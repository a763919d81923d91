using Proxy.Actors.Config;
using Proxy.Actors.Config.Schema;

namespace Proxy.Tests.Actors.Config;

public sealed class ConfigTextFormTests
{
    [Theory]
    [InlineData(0, "0s")]
    [InlineData(1, "1ms")]
    [InlineData(1500, "1500ms")]
    [InlineData(60_000, "1m")]
    [InlineData(90_000, "90s")]
    [InlineData(86_400_000, "1d")]
    public void Durations_are_written_in_the_largest_whole_unit(int milliseconds, string text)
    {
        Assert.Equal(text, DurationText.Of(TimeSpan.FromMilliseconds(milliseconds)));
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(1000, "1000")]
    [InlineData(32_768, "32K")]
    [InlineData(1L << 40, "1T")]
    public void Sizes_are_written_in_the_largest_whole_unit(long bytes, string text)
    {
        Assert.Equal(text, SizeText.Of(bytes));
    }

    [Theory]
    [InlineData("proxy.pools.app.members[1].weight", "proxy.pools.app.members[1]")]
    [InlineData("proxy.pools.app.members[1]", "proxy.pools.app.members")]
    [InlineData("proxy.pools.\"a.b[0]\"", "proxy.pools")]
    [InlineData("proxy", "")]
    public void The_parent_of_a_path_is_what_is_around_it(string path, string parent)
    {
        Assert.Equal(parent, ConfigPath.Parent(path));
    }

    [Fact]
    public void Lists_are_equal_by_content()
    {
        ConfigList<string> one = ["a", "b"];

        Assert.Equal(one, ConfigList.From(["a", "b"]));
        Assert.Equal(one.GetHashCode(), ConfigList.From(["a", "b"]).GetHashCode());
        Assert.False(one.Equals(["b", "a"]));
        Assert.False(one.Equals(["a"]));
    }
}
