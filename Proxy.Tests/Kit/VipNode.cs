using System.Text.Json;

namespace Proxy.Tests.Kit;

/// <summary>"proxy run" with a virtual address in a host of the lab. Serves its own name; nothing behind it.</summary>
internal sealed class VipNode : IAsyncDisposable
{
    private readonly NetworkLab _lab;
    private readonly int _host;
    private readonly TempFolder _folder = new();
    private readonly string _file;

    private VipNode(NetworkLab lab, int host, string text)
    {
        _lab = lab;
        _host = host;
        _file = _folder.Write("node.conf", text);
        Child = Launch();
    }

    public ChildProcess Child { get; private set; }

    public string Log => $"node {_host}:\n{Child.Output}";

    public string Folder => _folder.Path;

    /// <param name="lab">Where.</param>
    /// <param name="host">Number of the host.</param>
    /// <param name="vip">The block or list "vip" without its name, and further blocks after it.</param>
    /// <param name="peers">Numbers of the hosts it talks to.</param>
    public static Task<VipNode> StartAsync(NetworkLab lab, int host, string vip, params int[] peers) =>
        StartAsync(lab, host, vip, back: false, peers);

    /// <param name="lab">Where.</param>
    /// <param name="host">Number of the host.</param>
    /// <param name="vip">As above.</param>
    /// <param name="back">Whether peers talk over the second network.</param>
    /// <param name="peers">Numbers of the hosts it talks to.</param>
    public static async Task<VipNode> StartAsync(
        NetworkLab lab, int host, string vip, bool back, params int[] peers)
    {
        string network = back ? "10.78.0" : "10.77.0";
        string seeds = string.Join(", ", peers.Select(peer => $"\"{network}.{peer}:7400\""));
        var node = new VipNode(lab, host, $$"""
            proxy {
              node { name = node-{{host}}, workers = 1, drain-timeout = 5s }
              listeners = [ { name = web, bind = "0.0.0.0:8080", access-log { enabled = false } } ]
              routes = [ { match { path = "/" }, respond { status = 200, body = "node-{{host}}" } } ]
              management { bind = "127.0.0.1:8558", read-only = false }
              cluster { peers { bind = "{{network}}.{{host}}:7400", seeds = [{{seeds}}] } }
              vip = {{vip}}
            }
            """);
        await node.Child.WaitForOutputAsync("management on");
        return node;
    }

    /// <summary>The same node again, after its process ended.</summary>
    public async Task RestartAsync()
    {
        await Child.DisposeAsync();
        Child = Launch();
        await Child.WaitForOutputAsync("management on");
    }

    /// <summary>What /api/vips says.</summary>
    public async Task<JsonElement> VipsAsync()
    {
        string text = await _lab.RunAsync(_host, "curl", "-s", "http://127.0.0.1:8558/api/vips");
        using JsonDocument document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }

    public async Task<string> StateAsync(int vip = 0) =>
        (await VipsAsync()).GetProperty("vips")[vip].GetProperty("state").GetString()!;

    /// <summary>Process number of its guard, 0 when none is connected.</summary>
    public async Task<int> GuardAsync() => (await VipsAsync()).GetProperty("guard").GetProperty("process").GetInt32();

    /// <summary>Ends the node in good order, and then whatever is left in its host: a guard outlives a node that was
    /// killed, as it should, and would hold the pipe that its output is read from.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!Child.HasEnded)
        {
            await Child.SignalAsync("TERM");
            long begin = TimeProvider.System.GetTimestamp();
            while ((await _lab.ProcessesAsync(_host)).Length > 0
                && TimeProvider.System.GetElapsedTime(begin) < TimeSpan.FromSeconds(15))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }

        foreach (string line in await _lab.ProcessesAsync(_host))
        {
            await ChildProcess.RunAsync("kill", ["-KILL", line], "/");
        }

        await Child.DisposeAsync();
        _folder.Dispose();
    }

    private ChildProcess Launch() =>
        _lab.Start(_host, _folder.Path, "dotnet", Repository.Program, "run", _file);
}
