using Proxy.Cluster.Shares;

namespace Proxy.Tests.Cluster.Shares;

public sealed class SlotAllotmentTests
{
    [Theory]
    [InlineData(9, "0 0 0", "3 3 3")]
    [InlineData(9, "9 9 9", "3 3 3")]
    [InlineData(9, "1 20 0", "1 8 0")]
    [InlineData(10, "2 2 0", "4 4 2")]
    [InlineData(10, "5 100 100", "4 3 3")]
    [InlineData(1, "7 7 7", "1 0 0")]
    public void Slots_go_where_they_are_wanted_and_the_rest_to_everybody(int slots, string wants, string shares) =>
        Assert.Equal(Numbers(shares), SlotAllotment.Divide(slots, Numbers(wants), 0));

    [Fact]
    public void With_fewer_slots_than_nodes_each_has_its_turn() =>
        Assert.Equal([0, 1, 0], SlotAllotment.Divide(1, [3, 3, 3], 1));

    [Fact]
    public void Nothing_is_lost_and_nobody_is_passed_over()
    {
        for (var seed = 1; seed <= 2000; seed++)
        {
            var random = new Random(seed);
            var slots = random.Next(0, 200);
            var wants = Enumerable.Range(0, random.Next(1, 9)).Select(_ => random.Next(0, 80)).ToArray();

            var shares = SlotAllotment.Divide(slots, wants, random.Next(9));

            Assert.True(shares.Sum() == slots, $"seed {seed}");
            for (var i = 0; i < wants.Length; i++)
            {
                // Whoever has less than it wants has about as much as anybody.
                Assert.True(shares[i] >= wants[i] || shares.Max() - shares[i] <= 1, $"seed {seed}");
            }
        }
    }

    private static int[] Numbers(string text) => [.. text.Split(' ').Select(int.Parse)];
}
