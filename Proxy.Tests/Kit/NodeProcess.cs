using System.Net.Sockets;

namespace Proxy.Tests.Kit;

/// <summary>The program as an operator runs it: `proxy run FILE` as a process of its own in a folder of its
/// own.</summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    private readonly TempFolder _folder;
    private readonly FreePort _port;
    private readonly string _file;
    private NodeSettings _settings;

    private NodeProcess(
        TempFolder folder, FreePort port, int management, NodeSettings settings, string file, ChildProcess child)
    {
        (_folder, _port, ManagementPort, _settings, _file) = (folder, port, management, settings, file);
        Child = child;
    }

    public ChildProcess Child { get; }

    public int Port => _port.Number;

    public int ManagementPort { get; }

    public string Folder => _folder.Path;

    public string Url => $"http://127.0.0.1:{Port}";

    public string Log => Child.Output;

    public static async Task<NodeProcess> StartAsync(NodeSettings settings)
    {
        for (var attempt = 1; ; attempt++)
        {
            var node = Launch(settings);
            if (await node.IsListeningAsync())
            {
                return node;
            }

            var log = node.Log;
            await node.DisposeAsync();
            // Another program may have taken the management port between choosing and binding it.
            if (attempt == 3 || !log.Contains("in use", StringComparison.OrdinalIgnoreCase))
            {
                throw new InvalidOperationException(
                    $"The node did not start with\n{settings.File(0, 0)}\nIt wrote:\n{log}");
            }
        }
    }

    public Task<RawClient> ConnectAsync(int receiveBuffer = 0) => RawClient.ConnectAsync(Port, receiveBuffer);

    public Task<WireMessage> AskAsync(string request) => RawClient.AskOnceAsync(Port, request);

    /// <summary>GET of a management page.</summary>
    public Task<WireMessage> ManageAsync(string path) => RawClient.AskOnceAsync(
        ManagementPort, $"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");

    /// <summary>Writes the file anew and sends SIGHUP; when it takes effect is for the caller to see.</summary>
    public Task ReloadAsync(string rules)
    {
        _settings = _settings with { Rules = rules };
        File.WriteAllText(_file, _settings.File(Port, ManagementPort));
        return Child.SignalAsync("HUP");
    }

    public async ValueTask DisposeAsync()
    {
        await Child.DisposeAsync();
        _port.Dispose();
        _folder.Dispose();
    }

    private static NodeProcess Launch(NodeSettings settings)
    {
        var folder = new TempFolder();
        foreach (var (name, text) in settings.Files)
        {
            folder.Write(name, text);
        }

        var port = new FreePort();
        var management = FreePort.Probe();
        var file = folder.Write("node.conf", settings.File(port.Number, management));
        var child = ChildProcess.Start(
            "dotnet", [Repository.Program, "run", file], folder.Path, [.. settings.Environment]);
        return new NodeProcess(folder, port, management, settings, file, child);
    }

    /// <summary>False when the process ended instead.</summary>
    private async Task<bool> IsListeningAsync()
    {
        await Eventually.IsTrueAsync(
            async () => Child.HasEnded || (await AcceptsAsync(Port) && await AcceptsAsync(ManagementPort)),
            () => $"the node listens; it wrote:\n{Log}",
            TimeSpan.FromSeconds(30));
        return !Child.HasEnded;
    }

    private static async Task<bool> AcceptsAsync(int port)
    {
        try
        {
            using var client = await RawClient.ConnectAsync(port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
