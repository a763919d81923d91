using System.Globalization;
using System.Text.Json;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Cluster.Vrrp.Node;

/// <summary>Whole nodes with a virtual address, as an operator runs them.</summary>
[Trait("Suite", "Functional")]
public sealed class VipNodeTests
{
    private const int First = 11;
    private const int Second = 12;
    private const int Client = 13;
    private const string Address = "10.77.0.101";

    [Fact]
    public async Task The_address_follows_the_nodes_when_they_come_leave_and_are_killed()
    {
        await using NetworkLab lab = await NetworkLab.CreateAsync(First, Second, Client);
        await using VipNode first = await VipNode.StartAsync(lab, First, Block(150));
        string Log() => first.Log;
        await lab.WaitForOwnerAsync(Address, First, Log);
        await using VipNode second = await VipNode.StartAsync(lab, Second, Block(100));
        string Both() => first.Log + second.Log;
        await Eventually.IsTrueAsync(async () => await second.StateAsync() == "backup", Both);
        Assert.Equal("node-11\n", await AskAsync(lab));

        JsonElement vip = (await first.VipsAsync()).GetProperty("vips")[0];
        Assert.Equal("node-11", vip.GetProperty("owner").GetString());
        Assert.Equal("10.77.0.11", vip.GetProperty("ownerAddress").GetString());
        string metrics = await lab.RunAsync(First, "curl", "-s", "http://127.0.0.1:8558/metrics");
        Assert.Contains("proxy_vip_state{vip=\"web\",state=\"master\"} 1", metrics, StringComparison.Ordinal);

        await first.Child.SignalAsync("KILL");
        await lab.WaitForOwnerAsync(Address, Second, Both);
        Assert.Equal("node-12\n", await AskAsync(lab));

        // The guard lives on, and the next node finds it.
        int[] guards = [.. (await lab.ProcessesAsync(First)).Select(int.Parse)];
        Assert.Single(guards);
        await first.RestartAsync();
        await lab.WaitForOwnerAsync(Address, First, Both);
        Assert.Equal(guards[0], await first.GuardAsync());

        await first.Child.SignalAsync("TERM");
        await lab.WaitForOwnerAsync(Address, Second, Both);
        Assert.Equal(0, await first.Child.WaitAsync(TimeSpan.FromSeconds(20)));
        await Eventually.IsTrueAsync(
            async () => (await lab.ProcessesAsync(First)).Length == 0, () => $"the guard ends too\n{Both()}");
    }

    [Fact]
    public async Task A_stopped_node_loses_its_address_and_gets_it_back_when_it_goes_on()
    {
        await using NetworkLab lab = await NetworkLab.CreateAsync(First, Second);
        await using VipNode first = await VipNode.StartAsync(lab, First, Block(150));
        await using VipNode second = await VipNode.StartAsync(lab, Second, Block(100));
        string Log() => first.Log + second.Log;
        await lab.WaitForOwnerAsync(Address, First, Log);

        await first.Child.SignalAsync("STOP");
        await lab.WaitForOwnerAsync(Address, Second, Log);
        await first.Child.SignalAsync("CONT");
        await lab.WaitForOwnerAsync(Address, First, Log);
    }

    [Fact]
    public async Task A_guard_that_is_killed_is_started_again_and_keeps_the_address()
    {
        await using NetworkLab lab = await NetworkLab.CreateAsync(First);
        await using VipNode node = await VipNode.StartAsync(lab, First, Block(150));
        await lab.WaitForOwnerAsync(Address, First, () => node.Log);
        int guard = await node.GuardAsync();

        await ChildProcess.RunAsync("kill", ["-KILL", guard.ToString(CultureInfo.InvariantCulture)], "/");

        await Eventually.IsTrueAsync(
            async () => await node.GuardAsync() is var next && next != 0 && next != guard
                && await node.StateAsync() == "master",
            () => $"another guard\n{node.Log}");
        Assert.True(await lab.HasAddressAsync(First, Address));
    }

    [Fact]
    public async Task Commands_are_run_at_changes_and_a_failing_check_gives_the_address_away()
    {
        await using NetworkLab lab = await NetworkLab.CreateAsync(First, Second);
        using var folder = new TempFolder();
        string healthy = folder.Write("healthy", "");
        string notes = Path.Combine(folder.Path, "notes");
        string script = folder.Write("notify.sh", $"#!/bin/sh\necho \"$@\" >> {notes}\n");
        string more = $"track {{ check {{ command = [\"/usr/bin/test\", \"-e\", \"{healthy}\"], interval = 20ms }} }}, "
            + $"notify {{ command = [\"/bin/sh\", \"{script}\", \"first\"] }}";
        await using VipNode first = await VipNode.StartAsync(lab, First, Block(150, more));
        await using VipNode second = await VipNode.StartAsync(lab, Second, Block(100));
        string Log() => first.Log + second.Log;
        await lab.WaitForOwnerAsync(Address, First, Log);

        File.Delete(healthy);
        await lab.WaitForOwnerAsync(Address, Second, Log);
        JsonElement vip = (await first.VipsAsync()).GetProperty("vips")[0];
        Assert.Equal("the check failed", vip.GetProperty("faults")[0].GetString());
        File.WriteAllText(healthy, "");
        await lab.WaitForOwnerAsync(Address, First, Log);

        string[] words = ["first web backup 150", "first web master 150", "first web fault 150"];
        await Eventually.IsTrueAsync(
            () => File.Exists(notes) && words.All(File.ReadAllText(notes).Contains),
            () => $"notes of every change\n{(File.Exists(notes) ? File.ReadAllText(notes) : "none")}\n{Log()}");
    }

    [Fact]
    public async Task An_operator_moves_the_address_and_it_stays_away_for_the_hold()
    {
        await using NetworkLab lab = await NetworkLab.CreateAsync(First, Second);
        await using VipNode first = await VipNode.StartAsync(lab, First, Block(150));
        await using VipNode second = await VipNode.StartAsync(lab, Second, Block(100));
        string Log() => first.Log + second.Log;
        await lab.WaitForOwnerAsync(Address, First, Log);
        await Eventually.IsTrueAsync(async () => await second.StateAsync() == "backup", Log);

        string list = await lab.RunAsync(First, "dotnet", Repository.Program, "ctl", "vip", "list");
        Assert.Contains("web", list, StringComparison.Ordinal);
        Assert.Contains("master", list, StringComparison.Ordinal);
        await lab.RunAsync(First, "dotnet", Repository.Program, "ctl", "vip", "give", "web");

        await lab.WaitForOwnerAsync(Address, Second, Log);
        Assert.Equal("backup", await first.StateAsync());
    }

    private static string Block(int priority, string more = "") => $$"""
        { name = web, interface = eth0, addresses = ["{{Address}}/24"], router-id = 51, priority = {{priority}}, {{more}} }
        """;

    private static Task<string> AskAsync(NetworkLab lab) =>
        lab.RunAsync(Client, "curl", "-s", "--max-time", "5", $"http://{Address}:8080/");
}
