using System.Globalization;
using Proxy.Edge.Health;

namespace Proxy.Tests.Edge.Health;

public sealed class FailureWindowTests
{
    // Seconds of failures; "ok" is a success. The last failure that trips is marked with '!'.
    [Theory]
    [InlineData(3, 10, "0 1 2!")]
    [InlineData(3, 10, "0 1 ok 2 3 4!")]
    [InlineData(3, 10, "0 9 11 12!")]
    [InlineData(3, 10, "0 11 22 33")]
    [InlineData(3, 10, "0 5 10!")]
    [InlineData(1, 10, "0! 0! 100!")]
    [InlineData(2, 10, "0 1! 2 3!")]
    public void It_trips_on_failures_in_a_row_within_the_window(int failures, int seconds, string events)
    {
        var window = new FailureWindow(failures, TimeSpan.FromSeconds(seconds));

        foreach (string what in events.Split(' '))
        {
            if (what == "ok")
            {
                window.Succeed();
                continue;
            }

            double at = double.Parse(what.TrimEnd('!'), CultureInfo.InvariantCulture);
            Assert.True(what.EndsWith('!') == window.Fail(TimeSpan.FromSeconds(at)), $"at {what} of '{events}'");
        }
    }
}
