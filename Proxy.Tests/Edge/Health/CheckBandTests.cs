using Proxy.Edge.Health;

namespace Proxy.Tests.Edge.Health;

public sealed class CheckBandTests
{
    // s = success, f = failure; U = up after it, D = down after it.
    [Theory]
    [InlineData("up", 2, 3, "f", "D")] // nothing was known: one failure decides
    [InlineData("up", 2, 3, "sffsfff", "UUUUUUD")]
    [InlineData("up", 2, 3, "sfff", "UUUD")]
    [InlineData("up", 2, 3, "sfffsfss", "UUUDDDDU")]
    [InlineData("down", 2, 3, "s", "U")]
    [InlineData("down", 2, 3, "fss", "DDU")]
    [InlineData("fullyup", 2, 3, "ffsfff", "UUUUUD")]
    [InlineData("fullydown", 3, 1, "ssfsssf", "DDDDDUD")]
    [InlineData("fullyup", 1, 1, "fsfs", "DUDU")]
    [InlineData("fullyup", 0, 0, "fs", "DU")]
    public void Only_results_in_a_row_change_the_state(string start, int rise, int fall, string results, string expected)
    {
        CheckBand band = start switch
        {
            "up" => CheckBand.StartUp(rise, fall),
            "down" => CheckBand.StartDown(rise, fall),
            "fullyup" => CheckBand.FullyUp(rise, fall),
            _ => CheckBand.FullyDown(rise, fall),
        };
        string states = "";

        foreach (char result in results)
        {
            if (result == 's')
            {
                band.Succeed();
            }
            else
            {
                band.Fail();
            }

            states += band.IsUp ? 'U' : 'D';
        }

        Assert.Equal(expected, states);
    }

    [Fact]
    public void It_is_transitional_only_between_the_ends()
    {
        CheckBand band = CheckBand.FullyUp(2, 2);
        Assert.False(band.IsTransitional);

        band.Fail();
        Assert.True(band.IsTransitional);
        Assert.Equal(1, band.Failures);

        band.Fail();
        Assert.False(band.IsTransitional);
        Assert.Equal(2, band.Failures);

        band.Succeed();
        Assert.True(band.IsTransitional);
        Assert.Equal(1, band.Successes);
    }

    [Fact]
    public void Other_thresholds_never_change_the_state()
    {
        var random = new Random(3);
        for (int i = 0; i < 500; i++)
        {
            CheckBand band = CheckBand.FullyUp(random.Next(1, 6), random.Next(1, 6));
            for (int result = random.Next(12); result > 0; result--)
            {
                if (random.Next(2) == 0)
                {
                    band.Succeed();
                }
                else
                {
                    band.Fail();
                }
            }

            bool up = band.IsUp;
            band.Resize(random.Next(1, 6), random.Next(1, 6));

            Assert.Equal(up, band.IsUp);
        }
    }
}
