using System.Net.Sockets;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>What is not the data path may be gone: clients notice nothing, the log says it once, and when it is back
/// no restart is needed.</summary>
[Trait("Suite", "Functional")]
public sealed class StaticStabilityTests
{
    [Fact]
    public async Task A_full_disk_under_the_access_log_is_told_once_and_records_come_again()
    {
        await using ScriptedOrigin origin = Load.Origin("one");
        using var folder = new TempFolder();
        string log = Path.Combine(folder.Path, "access.log");
        File.CreateSymbolicLink(log, "/dev/full");
        await using var node = await NodeProcess.StartAsync(NodeSettings.To(origin.Url) with
        {
            Listener = $"access-log {{ enabled = true, path = \"{log}\" }}",
        });
        await using var load = new Load(node.Port, clients: 4);
        await load.GoOnForAsync(500);
        await node.Child.WaitForOutputAsync("No space left");
        await load.GoOnForAsync(500);

        File.Delete(log);
        await node.Child.SignalAsync("USR1");
        await Eventually.IsTrueAsync(
            () => File.Exists(log) && new FileInfo(log).Length > 0, () => $"records are written: {node.Log}");

        await load.AssertNothingFailedAsync();
        Assert.Single(node.Log.Split('\n'), static line => line.Contains("No space left", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_node_that_cannot_have_its_state_directory_serves()
    {
        await using ScriptedOrigin origin = Load.Origin("one");
        using var folder = new TempFolder();
        string occupied = folder.Write("occupied", "a file, not a folder");
        await using var node = await NodeProcess.StartAsync(NodeSettings.To(origin.Url) with
        {
            Node = $"state-dir = \"{occupied}\"",
        });
        await using var load = new Load(node.Port, clients: 4);

        await load.GoOnForAsync(200);

        await load.AssertNothingFailedAsync();
        Assert.Contains("no handover at", node.Log, StringComparison.Ordinal);
        Assert.Equal(200, (await node.ManageAsync("/ready")).Status);
    }

    [Fact]
    public async Task A_full_disk_under_the_state_directory_changes_nothing_for_clients()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Mounting a small disk takes root.");
        await using ScriptedOrigin origin = Load.Origin("one");
        using var folder = new TempFolder();
        string disk = Directory.CreateDirectory(Path.Combine(folder.Path, "disk")).FullName;
        await MountAsync("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk);
        try
        {
            await using var node = await NodeProcess.StartAsync(NodeSettings.To(origin.Url) with
            {
                Node = $"state-dir = \"{disk}\"",
            });
            await using var load = new Load(node.Port, clients: 4);
            await load.GoOnForAsync(100);

            string filler = Path.Combine(disk, "filler");
            FillUp(filler);
            await node.ReloadAsync(NodeSettings.Pool("retry { attempts = 1 }", origin.Url));
            await load.GoOnForAsync(500);
            Assert.Equal(200, (await node.ManageAsync("/ready")).Status);

            File.Delete(filler);
            await node.ReloadAsync(NodeSettings.Pool("balance = least-requests", origin.Url));
            await Eventually.IsTrueAsync(
                async () => (await node.ManageAsync("/api/pools")).Text.Contains(
                    "least-requests", StringComparison.Ordinal),
                () => $"the change after the disk has room is taken: {node.Log}");

            await load.AssertNothingFailedAsync();
            await node.Child.SignalAsync("TERM");
            Assert.Equal(0, await node.Child.WaitAsync(Wire.Patience));
        }
        finally
        {
            await MountAsync("umount", disk);
        }
    }

    [Fact]
    public async Task Management_that_is_full_of_connections_takes_nothing_from_clients()
    {
        await using ScriptedOrigin origin = Load.Origin("one");
        await using var node = await NodeProcess.StartAsync(NodeSettings.To(origin.Url));
        var hoarders = new List<RawClient>();
        try
        {
            for (int i = 0; i < 300; i++)
            {
                hoarders.Add(await RawClient.ConnectAsync(node.ManagementPort));
            }

            await using (var load = new Load(node.Port, clients: 4, fresh: true))
            {
                await load.GoOnForAsync(300);
                await load.AssertNothingFailedAsync();
            }
        }
        finally
        {
            hoarders.ForEach(static hoarder => hoarder.Dispose());
        }

        await Eventually.IsTrueAsync(() => AnswersAsync(node), () => "management answers again");
    }

    private static async Task<bool> AnswersAsync(NodeProcess node)
    {
        try
        {
            return (await node.ManageAsync("/ready")).Status == 200;
        }
        catch (Exception error) when (error is InvalidOperationException or SocketException)
        {
            return false;
        }
    }

    private static void FillUp(string file)
    {
        using FileStream stream = File.Create(file, 1);
        try
        {
            for (int size = 64 * 1024; size > 0; size = size == 1 ? 0 : size / 16)
            {
                byte[] piece = new byte[size];
                for (int i = 0; i < 64; i++)
                {
                    try
                    {
                        stream.Write(piece);
                    }
                    catch (IOException)
                    {
                        break;
                    }
                }
            }
        }
        catch (IOException)
        {
            // Closing tells it once more.
        }
    }

    private static async Task MountAsync(string program, params string[] arguments)
    {
        var (code, output) = await ChildProcess.RunAsync(program, arguments, "/");
        Assert.True(code == 0, output);
    }
}
