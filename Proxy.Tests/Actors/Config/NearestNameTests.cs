using Proxy.Actors.Config.Schema;

namespace Proxy.Tests.Actors.Config;

public sealed class NearestNameTests
{
    [Theory]
    [InlineData("", "abc", 3)]
    [InlineData("abc", "abc", 0)]
    [InlineData("acb", "abc", 1)]
    [InlineData("wieght", "weight", 1)]
    [InlineData("kitten", "sitting", 3)]
    public void Edits_are_counted(string from, string to, int edits)
    {
        Assert.Equal(edits, NearestName.Edits(from, to));
        Assert.Equal(edits, NearestName.Edits(to, from));
    }

    [Theory]
    [InlineData("wieght", "weight")]
    [InlineData("WEIGHT", "weight")]
    [InlineData("role_", "role")]
    [InlineData("completely-different", null)]
    [InlineData("xy", null)]
    public void Only_near_names_are_suggested(string written, string? suggestion)
    {
        Assert.Equal(suggestion, NearestName.Find(written, ["weight", "role", "url"]));
    }
}
