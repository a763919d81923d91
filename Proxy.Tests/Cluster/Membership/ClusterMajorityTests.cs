using Proxy.Cluster.Membership;

namespace Proxy.Tests.Cluster.Membership;

public sealed class ClusterMajorityTests
{
    [Theory]
    [InlineData("a b c", "b c", true)]
    [InlineData("a b c", "b", true)]
    [InlineData("a b c", "", false)]
    [InlineData("a b c", "x y z", false)]
    [InlineData("a b c d", "b", false)]
    [InlineData("a b c d", "b d", true)]
    [InlineData("a b", "", false)]
    [InlineData("a b", "b", true)]
    [InlineData("a", "", true)]
    public void More_than_half_of_the_members_have_to_reach_each_other(
        string members, string reached, bool expected)
    {
        string[] all = Names(members);

        Assert.Equal(expected, ClusterMajority.Includes(all, Names(reached)));
    }

    private static string[] Names(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
