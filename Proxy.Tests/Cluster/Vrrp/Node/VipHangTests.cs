using Proxy.Tests.Kit;

namespace Proxy.Tests.Cluster.Vrrp.Node;

/// <summary>A node whose process runs on while a part of it stands still.</summary>
[Trait("Suite", "Functional")]
public sealed class VipHangTests
{
    private const int First = 11;
    private const int Second = 12;
    private const string Address = "10.77.0.101";

    [Theory]
    [InlineData("edge-0")]
    [InlineData("edge-1")]
    public async Task One_loop_that_hangs_is_enough_to_give_the_address_away_and_its_return_to_get_it_back(
        string thread)
    {
        await using NetworkLab lab = await NetworkLab.CreateAsync(First, Second);
        await using VipNode first = await VipNode.StartAsync(lab, First, Block(150), Second);
        await using VipNode second = await VipNode.StartAsync(lab, Second, Block(100), First);
        string Log() => first.Log + second.Log;
        await lab.WaitForOwnerAsync(Address, First, Log, TimeSpan.FromSeconds(30));
        await Eventually.IsTrueAsync(async () => await second.StateAsync() == "backup", Log);

        string tool = Path.Combine(Repository.Root, "ops", "lib", "vip", "freeze.py");
        await using (ChildProcess freezer = lab.Start(
            First, "/", "python3", tool, $"{first.Child.Id}", thread))
        {
            await freezer.WaitForOutputAsync("frozen");
            long frozen = TimeProvider.System.GetTimestamp();
            await first.Child.WaitForOutputAsync($"loop {thread[^1]} hangs");
            TimeSpan took = TimeProvider.System.GetElapsedTime(frozen);
            // A part that is only late gets 840 ms at least, so this one was found to be stuck.
            Assert.True(took < TimeSpan.FromMilliseconds(840), $"{took}\n{Log()}");
            await lab.WaitForOwnerAsync(Address, Second, Log);
        }

        await lab.WaitForOwnerAsync(Address, First, Log, TimeSpan.FromSeconds(20));
    }

    private static string Block(int priority) => $$"""
        { name = web, interface = eth0, addresses = ["{{Address}}/24"], router-id = 51, priority = {{priority}} }
        node { workers = 2 }
        """;
}
