using System.Globalization;
using Proxy.Cluster.Vrrp.Guard;
using Proxy.Cluster.Vrrp.Machine;
using Proxy.Cluster.Vrrp.Packets;
using Proxy.Edge.Os.Network;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Cluster.Vrrp.Guard;

/// <summary>Two real guards in hosts of their own; the test is their node.</summary>
[Trait("Suite", "Functional")]
public sealed class VipGuardTests
{
    private const int First = 11;
    private const int Second = 12;
    private const string Address = "10.77.0.101";

    [Fact]
    public async Task When_the_node_ends_the_guard_gives_the_address_away_within_20_ms()
    {
        await using NetworkLab lab = await NetworkLab.CreateAsync(First, Second);
        await using GuardProcess first = await GuardProcess.StartAsync(lab, First);
        await using GuardProcess second = await GuardProcess.StartAsync(lab, Second);
        string Log() => first.Log() + second.Log();
        await first.ConfigureAsync(Router(150));
        await second.ConfigureAsync(Router(100));
        var resigned = new List<TimeSpan>();
        var taken = new List<TimeSpan>();
        for (int round = 0; round < 5; round++)
        {
            await lab.WaitForOwnerAsync(Address, First, Log);
            long killed = TimeProvider.System.GetTimestamp();
            await first.Node.DisposeAsync();
            resigned.Add(await first.TimeToAsync(1, VrrpState.Fault, killed));
            taken.Add(await second.TimeToAsync(1, VrrpState.Master, killed));
            await lab.WaitForOwnerAsync(Address, Second, Log);
            await first.ReplaceNodeAsync();
            await first.ConfigureAsync(Router(150));
        }

        Assert.True(Median(resigned) <= 20, $"resigned after {string.Join(", ", resigned)}");
        // Whatever the advert interval: the router that resigned leaves nobody to wait for.
        Assert.True(Median(taken) <= 30, $"taken over after {string.Join(", ", taken)}");
    }

    [Fact]
    public async Task When_the_node_is_stopped_the_guard_gives_the_address_away_within_100_ms()
    {
        await using NetworkLab lab = await NetworkLab.CreateAsync(First);
        await using GuardProcess guard = await GuardProcess.StartAsync(lab, First);
        await guard.ConfigureAsync(TimeSpan.FromSeconds(5), Router(150));
        await lab.WaitForOwnerAsync(Address, First, guard.Log);
        var resigned = new List<TimeSpan>();
        for (int round = 0; round < 5; round++)
        {
            await guard.ConfigureAsync(TimeSpan.FromMilliseconds(80), Router(150));
            await guard.Node.SignalAsync("STOP");
            long last = TimeProvider.System.GetTimestamp();
            guard.Client.Heartbeat();
            resigned.Add(await guard.TimeToAsync(1, VrrpState.Fault, last));

            // It lives after all.
            await guard.Node.SignalAsync("CONT");
            long alive = TimeProvider.System.GetTimestamp();
            await guard.ConfigureAsync(TimeSpan.FromSeconds(5), Router(150));
            await guard.TimeToAsync(1, VrrpState.Master, alive);
        }

        Assert.True(Median(resigned) is >= 80 and <= 100, $"resigned after {string.Join(", ", resigned)}");
    }

    [Fact]
    public async Task A_node_that_said_goodbye_finds_its_address_where_it_was()
    {
        await using NetworkLab lab = await NetworkLab.CreateAsync(First, Second);
        await using GuardProcess first = await GuardProcess.StartAsync(lab, First);
        await using GuardProcess second = await GuardProcess.StartAsync(lab, Second);
        await first.ConfigureAsync(Router(150));
        await lab.WaitForOwnerAsync(Address, First, first.Log);
        await second.ConfigureAsync(Router(100));
        await lab.WaitForOwnerAsync(Address, First, () => first.Log() + second.Log());

        first.Client.Goodbye(TimeSpan.FromSeconds(20));
        await first.ReplaceNodeAsync();
        await first.ConfigureAsync(Router(150));

        Assert.Equal(VrrpState.Master, first.StateOf(1)!.Value.State);
        Assert.Equal(1u, (await first.CountAsync(1)).Takeovers);
        Assert.Equal(0u, (await second.CountAsync(1)).Takeovers);
    }

    [Fact]
    public async Task A_guard_that_comes_back_after_a_crash_adopts_its_address_and_removes_what_nobody_wants()
    {
        await using NetworkLab lab = await NetworkLab.CreateAsync(First);
        await using GuardProcess guard = await GuardProcess.StartAsync(lab, First);
        VirtualRouterSettings unwanted = Router(150) with
        {
            Id = 2,
            Rules = Router(150).Rules with { RouterId = 52, Addresses = [NetAddress.Parse("10.77.0.102")] },
        };
        await guard.ConfigureAsync(Router(150), unwanted);
        await lab.WaitForOwnerAsync(Address, First, guard.Log);
        await lab.WaitForOwnerAsync("10.77.0.102", First, guard.Log);

        await guard.CrashAndRestartAsync();
        Assert.True(await lab.HasAddressAsync(First, Address), "nobody was there to remove it");
        await guard.ConfigureAsync(Router(150));

        await lab.WaitForOwnerAsync(Address, First, guard.Log);
        Assert.False(await lab.HasAddressAsync(First, "10.77.0.102"), guard.Log());
        // An address an operator put there by hand is not ours to remove.
        Assert.True(await lab.HasAddressAsync(First, "10.77.0.11"));
        await guard.TimeToAsync(1, VrrpState.Master, 0);
    }

    [Fact]
    public async Task A_pulled_cable_takes_the_address_down_and_its_return_begins_an_election()
    {
        await using NetworkLab lab = await NetworkLab.CreateAsync(First, Second);
        await using GuardProcess first = await GuardProcess.StartAsync(lab, First);
        await using GuardProcess second = await GuardProcess.StartAsync(lab, Second);
        string Log() => first.Log() + second.Log();
        await first.ConfigureAsync(Router(150));
        await lab.WaitForOwnerAsync(Address, First, Log);
        await second.ConfigureAsync(Router(100));

        await lab.CableAsync(First, isPlugged: false);
        await lab.WaitForOwnerAsync(Address, Second, Log);
        Assert.Equal(1u << (int)VrrpTrack.Interface, first.StateOf(1)!.Value.Faults);
        await lab.CableAsync(First, isPlugged: true);
        await lab.WaitForOwnerAsync(Address, First, Log);
    }

    [Fact]
    public async Task After_a_silent_partition_the_lower_one_steps_back_once_and_the_better_one_says_where_it_is()
    {
        await using NetworkLab lab = await NetworkLab.CreateAsync(First, Second);
        await using GuardProcess first = await GuardProcess.StartAsync(lab, First);
        await using GuardProcess second = await GuardProcess.StartAsync(lab, Second);
        string Log() => first.Log() + second.Log();
        await first.ConfigureAsync(Router(150));
        await second.ConfigureAsync(Router(100));
        await lab.WaitForOwnerAsync(Address, First, Log);

        await lab.PathAsync(First, isOpen: false);
        await second.TimeToAsync(1, VrrpState.Master, 0);
        uint announced = (await first.CountAsync(1)).Announced;
        await lab.PathAsync(First, isOpen: true);
        await lab.WaitForOwnerAsync(Address, First, Log);

        Assert.Equal(1u, (await first.CountAsync(1)).Takeovers);
        Assert.Equal(1u, (await second.CountAsync(1)).Takeovers);
        Assert.True((await first.CountAsync(1)).Announced > announced, Log());
    }

    [Fact]
    public async Task A_guard_that_is_asked_to_end_leaves_nothing_behind()
    {
        await using NetworkLab lab = await NetworkLab.CreateAsync(First);
        await using GuardProcess guard = await GuardProcess.StartAsync(lab, First);
        await guard.ConfigureAsync(Router(150) with { UseVirtualMac = true });
        await lab.WaitForOwnerAsync(Address, First, guard.Log);

        await guard.Child.SignalAsync("TERM");

        Assert.Equal(0, await guard.Child.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.False(await lab.HasAddressAsync(First, Address));
        Assert.DoesNotContain("vrrp4", await lab.RunAsync(First, "ip", "link"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_loop_allocates_nothing_and_keeps_a_beat_of_10_ms()
    {
        await using NetworkLab lab = await NetworkLab.CreateAsync(First, Second);
        await using GuardProcess first = await GuardProcess.StartAsync(lab, First);
        await using GuardProcess second = await GuardProcess.StartAsync(lab, Second);
        await first.ConfigureAsync(Router(150, 10_000));
        await second.ConfigureAsync(Router(100, 10_000));
        await lab.WaitForOwnerAsync(Address, First, first.Log);
        await Eventually.IsTrueAsync(
            async () => (await second.CountAsync(1)).Received > 100, () => $"100 adverts\n{second.Log()}");

        RouterCounters master = await first.CountAsync(1);
        RouterCounters backup = await second.CountAsync(1);
        Assert.Equal(0, master.AllocatedBytes);
        Assert.Equal(0, backup.AllocatedBytes);
        Assert.Equal(0u, backup.Takeovers);
    }

    [Theory]
    [InlineData("net_raw", "CAP_NET_RAW", 1)]
    [InlineData("net_admin", "CAP_NET_ADMIN", 1)]
    [InlineData("sys_nice", "CAP_SYS_NICE", null)]
    public async Task A_missing_right_is_named(string right, string named, int? code)
    {
        await using NetworkLab lab = await NetworkLab.CreateAsync(First);
        using var folder = new TempFolder();
        await using ChildProcess guard = lab.Start(
            First, folder.Path, "setpriv", $"--bounding-set=-{right}", "dotnet", Repository.Program, "vip-guard",
            "--socket", Path.Combine(folder.Path, "guard.sock"));

        await guard.WaitForOutputAsync(named);
        if (code is { } expected)
        {
            Assert.Equal(expected, await guard.WaitAsync(TimeSpan.FromSeconds(10)));
        }
        else
        {
            Assert.False(guard.HasEnded, guard.Output);
        }
    }

    /// <summary>A real process takes the processor away, as a hypervisor would.</summary>
    [Fact]
    public async Task A_master_whose_processor_is_taken_away_for_a_moment_stays_master()
    {
        int[] processors = KernelThread.Processors();
        Assert.True(processors.Length > 1, "needs two processors: with one nobody can stand in");
        await using NetworkLab lab = await NetworkLab.CreateAsync(First, Second);
        await using GuardProcess first = await GuardProcess.StartAsync(lab, First);
        await using GuardProcess second = await GuardProcess.StartAsync(lab, Second);
        await first.ConfigureAsync(TimeSpan.Zero, Router(150, 10_000));
        await lab.WaitForOwnerAsync(Address, First, () => first.Log() + second.Log());
        await second.ConfigureAsync(TimeSpan.Zero, Router(100, 10_000));
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

    private static VirtualRouterSettings Router(byte priority, long interval = 100_000) => new()
    {
        Id = 1,
        Name = "web",
        Interface = "eth0",
        Prefixes = [24],
        Rules = new VrrpRules { RouterId = 51, Interval = interval, Addresses = [NetAddress.Parse(Address)] },
        Policy = new VrrpPolicy { Priority = priority },
    };

    private static double Median(List<TimeSpan> times) =>
        times.Order().ElementAt(times.Count / 2).TotalMilliseconds;
}
