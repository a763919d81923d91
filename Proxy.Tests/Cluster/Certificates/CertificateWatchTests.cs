using Proxy.Cluster.Certificates;
using Proxy.Tests.Simulation;

namespace Proxy.Tests.Cluster.Certificates;

public sealed class CertificateWatchTests
{
    [Fact]
    public async Task Ticket_keys_are_exchanged_as_often_as_the_running_configuration_says()
    {
        var time = new VirtualTime();
        var interval = TimeSpan.FromMinutes(1);
        int looks = 0;
        int rotations = 0;
        await using var watch = new CertificateWatch(
            time,
            () =>
            {
                looks++;
                return Task.CompletedTask;
            },
            static _ => Task.CompletedTask,
            new TicketRotation(() => interval, () => rotations++));
        // Away from the test's own context the watch goes on right where the timer fires.
        await Task.Run(watch.Start, TestContext.Current.CancellationToken);

        time.Advance(TimeSpan.FromSeconds(55));
        Assert.Equal((11, 0), (looks, rotations));
        time.Advance(TimeSpan.FromSeconds(65));
        Assert.Equal((24, 2), (looks, rotations));

        // A reload.
        interval = TimeSpan.FromMinutes(10);
        time.Advance(TimeSpan.FromMinutes(9));
        Assert.Equal(2, rotations);
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(3, rotations);
    }
}
