using System.Globalization;
using Proxy.Cluster.Vrrp.Guard;
using Proxy.Cluster.Vrrp.Machine;
using Proxy.Cluster.Vrrp.Packets;
using Proxy.Edge.Os.Network;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Cluster.Vrrp.Guard;

/// <summary>Real guards, and a real process that takes the processor away from one.</summary>
[Trait("Suite", "Functional")]
public sealed class AdvertStandInTests
{
    private const int First = 11;
    private const int Second = 12;
    private const string Address = "10.77.0.101";

    [Fact]
    public async Task A_master_whose_processor_is_taken_away_for_a_moment_stays_master()
    {
        int[] processors = KernelThread.Processors();
        Assert.True(processors.Length > 1, "needs two processors: with one nobody can stand in");
        await using NetworkLab lab = await NetworkLab.CreateAsync(First, Second);
        await using GuardProcess first = await GuardProcess.StartAsync(lab, First);
        await using GuardProcess second = await GuardProcess.StartAsync(lab, Second);
        await first.ConfigureAsync(TimeSpan.Zero, Router(150));
        await lab.WaitForOwnerAsync(Address, First, () => first.Log() + second.Log());
        await second.ConfigureAsync(TimeSpan.Zero, Router(100));
        // The loop of the master where the trouble will be, everybody else of the play elsewhere.
        await StayAsync(first.Child.Id, processors[0]);
        await StayAsync(second.Child.Id, processors[^1]);

        // Thrice 60 ms: six adverts each time, of which three are enough to be taken for dead.
        (int code, string output) = await ChildProcess.RunAsync("python3", ["-c", $"""
            import os, time
            os.sched_setaffinity(0, [{processors[0]}])
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(90))
            for _ in range(3):
                time.sleep(0.15)
                end = time.monotonic() + 0.06
                while time.monotonic() < end:
                    pass
            """], "/");

        Assert.True(code == 0, output);
        RouterCounters master = await first.CountAsync(1);
        RouterCounters backup = await second.CountAsync(1);
        Assert.True(master.WorstLateness > 50_000, $"the loop was not held up: {master.WorstLateness} µs");
        Assert.InRange(master.Covered, 9u, 21u);
        Assert.Equal((1u, 0u), (master.Takeovers, backup.Takeovers));
        Assert.Equal(VrrpState.Backup, second.StateOf(1)!.Value.State);
    }

    private static async Task StayAsync(int thread, int processor)
    {
        string[] numbers = [.. new[] { processor, thread }.Select(n => n.ToString(CultureInfo.InvariantCulture))];
        (int code, string output) = await ChildProcess.RunAsync("taskset", ["-pc", .. numbers], "/");
        Assert.True(code == 0, output);
    }

    private static VirtualRouterSettings Router(byte priority) => new()
    {
        Id = 1,
        Name = "web",
        Interface = "eth0",
        Prefixes = [24],
        Rules = new VrrpRules { RouterId = 51, Interval = 10_000, Addresses = [NetAddress.Parse(Address)] },
        Policy = new VrrpPolicy { Priority = priority },
    };
}
