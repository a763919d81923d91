using Proxy.Edge.Health;

namespace Proxy.Tests.Edge.Health;

public sealed class SlowStartTests
{
    private static readonly SlowStart Ramp = new(TimeSpan.FromSeconds(100), TimeSpan.FromSeconds(30));

    [Theory]
    [InlineData(100, 100, 1)]
    [InlineData(101.5, 100, 5)]
    [InlineData(115, 100, 50)]
    [InlineData(115, 1_000_000, 500_000)]
    [InlineData(129.9, 100, 99)]
    [InlineData(130, 100, 100)]
    [InlineData(500, 100, 100)]
    [InlineData(115, 1, 1)]
    [InlineData(115, 0, 0)]
    public void The_weight_grows_linearly_from_one(double at, int weight, int expected) =>
        Assert.Equal(expected, Ramp.WeightAt(TimeSpan.FromSeconds(at), weight));

    [Fact]
    public void It_takes_twenty_steps_and_ends_exactly()
    {
        TimeSpan now = Ramp.Since;
        int steps = 0;
        while (!Ramp.IsOver(now))
        {
            now = Ramp.NextStep(now);
            steps++;
        }

        Assert.Equal(SlowStart.Steps, steps);
        Assert.Equal(Ramp.Since + Ramp.Duration, now);
    }

    [Fact]
    public void Steps_of_a_short_ramp_are_not_finer_than_a_tenth_of_a_second()
    {
        var ramp = new SlowStart(TimeSpan.Zero, TimeSpan.FromSeconds(1));

        Assert.Equal(TimeSpan.FromSeconds(0.1), ramp.NextStep(TimeSpan.Zero));
    }

    [Fact]
    public void Without_a_duration_there_is_no_ramp() =>
        Assert.Equal(7, new SlowStart(TimeSpan.Zero, TimeSpan.Zero).WeightAt(TimeSpan.Zero, 7));
}
