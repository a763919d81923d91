using Proxy.Cluster.Vrrp.Guard;
using Proxy.Cluster.Vrrp.Machine;
using Proxy.Cluster.Vrrp.Packets;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Cluster.Vrrp.Guard;

/// <summary>The guard and keepalived 2.2 as the two routers of one network, each in both roles.</summary>
[Trait("Suite", "Functional")]
public sealed class KeepalivedInteropTests
{
    private const int Ours = 11;
    private const int Theirs = 12;

    /// <summary>Name, address, our settings, keepalived's lines.</summary>
    public static TheoryData<string> Flavours => ["v2", "v2 with password", "v3", "v3 IPv6", "v3 unicast", "v3 vmac"];

    [Theory]
    [MemberData(nameof(Flavours))]
    public async Task Our_master_holds_against_keepalived_and_hands_over_when_it_resigns(string flavour)
    {
        (VirtualRouterSettings settings, string lines) = Flavour(flavour, ours: 150);
        string address = settings.Rules.Addresses[^1].ToString();
        await using NetworkLab lab = await NetworkLab.CreateAsync(Ours, Theirs);
        await using Keepalived keepalived = Keepalived.Start(lab, Theirs, $"{lines}\npriority 100\nstate BACKUP");
        await using GuardProcess guard = await GuardProcess.StartAsync(lab, Ours);
        string Log() => guard.Log() + keepalived.Log();

        // Whoever comes first: we are better and preempt.
        await guard.ConfigureAsync(settings);
        await lab.WaitForOwnerAsync(address, Ours, Log);
        guard.Client.Resign(settings.Id);
        await lab.WaitForOwnerAsync(address, Theirs, Log);
        Assert.Equal(VrrpState.Backup, guard.StateOf(settings.Id)!.Value.State);

        await keepalived.StopAsync();
        await lab.WaitForOwnerAsync(address, Ours, Log);
        await AssertCleanAsync(guard, keepalived, settings);
    }

    [Theory]
    [MemberData(nameof(Flavours))]
    public async Task Keepalived_as_master_is_followed_and_takes_back_what_it_lost(string flavour)
    {
        (VirtualRouterSettings settings, string lines) = Flavour(flavour, ours: 100);
        string address = settings.Rules.Addresses[^1].ToString();
        await using NetworkLab lab = await NetworkLab.CreateAsync(Ours, Theirs);
        await using GuardProcess guard = await GuardProcess.StartAsync(lab, Ours);
        await guard.ConfigureAsync(settings);
        await lab.WaitForOwnerAsync(address, Ours, guard.Log);

        // It comes with the better priority, leaves in good order, comes again and loses its cable.
        await using (Keepalived first = Keepalived.Start(lab, Theirs, $"{lines}\npriority 150\nstate MASTER"))
        {
            await lab.WaitForOwnerAsync(address, Theirs, () => guard.Log() + first.Log());
            await first.StopAsync();
            await lab.WaitForOwnerAsync(address, Ours, () => guard.Log() + first.Log());
            await AssertCleanAsync(guard, first, settings);
        }

        await using Keepalived second = Keepalived.Start(lab, Theirs, $"{lines}\npriority 150\nstate BACKUP");
        await lab.WaitForOwnerAsync(address, Theirs, () => guard.Log() + second.Log());
        Assert.Equal(VrrpState.Backup, guard.StateOf(settings.Id)!.Value.State);
        await lab.CableAsync(Theirs, isPlugged: false);
        await lab.WaitForOwnerAsync(address, Ours, () => guard.Log() + second.Log());
    }

    /// <summary>Neither side dropped a packet of the other.</summary>
    private static async Task AssertCleanAsync(
        GuardProcess guard, Keepalived keepalived, VirtualRouterSettings settings)
    {
        RouterCounters counters = await guard.CountAsync(settings.Id);
        Assert.True(counters.Refused == 0 && counters.Received > 0, $"{counters}\n{guard.Log()}");
        Assert.DoesNotContain(guard.Events, static each => each is GuardEvent.Refusal or GuardEvent.Problem);
        foreach (string word in (string[])["checksum", "bogus", "ignored", "mismatch", "invalid", "incorrect", "error"])
        {
            Assert.DoesNotContain(word, keepalived.Child.Output, StringComparison.OrdinalIgnoreCase);
        }
    }

    private static (VirtualRouterSettings Settings, string Lines) Flavour(string name, byte ours)
    {
        bool isIpv6 = name.Contains("IPv6", StringComparison.Ordinal);
        bool isVersion2 = name.StartsWith("v2", StringComparison.Ordinal);
        bool isUnicast = name.Contains("unicast", StringComparison.Ordinal);
        bool hasPassword = name.Contains("password", StringComparison.Ordinal);
        bool isVirtualMac = name.Contains("vmac", StringComparison.Ordinal);
        string[] addresses = isIpv6 ? ["fe80::a:1", "fd77::101"] : ["10.77.0.101"];
        var rules = new VrrpRules
        {
            RouterId = 51,
            Version = isVersion2 ? VrrpVersion.V2 : VrrpVersion.V3,
            Family = isIpv6 ? IpFamily.V6 : IpFamily.V4,
            Interval = isVersion2 ? VrrpRules.Second : 100_000,
            Addresses = [.. addresses.Select(NetAddress.Parse)],
            Password = hasPassword ? VrrpRules.PasswordOf("s3cret") : 0,
            Peers = isUnicast ? [NetAddress.Parse("10.77.0.12")] : [],
        };
        var settings = new VirtualRouterSettings
        {
            Id = 1,
            Name = name,
            Interface = "eth0",
            Rules = rules,
            Policy = new VrrpPolicy { Priority = ours },
            UseVirtualMac = isVirtualMac,
        };
        string lines = $$"""
            virtual_router_id 51
            version {{(isVersion2 ? 2 : 3)}}
            advert_int {{(isVersion2 ? "1" : "0.1")}}
            {{(hasPassword ? "authentication {\n auth_type PASS\n auth_pass s3cret\n}" : "")}}
            {{(isUnicast ? "unicast_src_ip 10.77.0.12\nunicast_peer {\n 10.77.0.11\n}" : "")}}
            {{(isVirtualMac ? "use_vmac" : "")}}
            virtual_ipaddress {
              {{string.Join("\n  ", addresses)}}
            }
            """;
        return (settings, lines);
    }
}
