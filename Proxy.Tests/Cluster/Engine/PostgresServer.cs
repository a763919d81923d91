using System.Diagnostics;
using System.Globalization;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Cluster.Engine;

/// <summary>Debian's PostgreSQL on loopback with a data folder of its own; as its own user when the tests run as root,
/// which it refuses to be.</summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private const string User = "postgres";

    private readonly TempFolder _folder = new();
    private readonly string _programs;
    private readonly int _port = FreePort.Probe();
    private ChildProcess? _server;
    private bool _isStopped;

    private PostgresServer() =>
        _programs = Directory.GetDirectories("/usr/lib/postgresql").Order(StringComparer.Ordinal).Last() + "/bin/";

    public string ConnectionString =>
        string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={_port};Username=proxy;Database=postgres");

    private string Data => Path.Combine(_folder.Path, "data");

    public static async Task<PostgresServer> StartAsync()
    {
        var server = new PostgresServer();
        Directory.CreateDirectory(server.Data);
        if (Environment.IsPrivilegedProcess)
        {
            await server.RunAsync("chmod", ["711", server._folder.Path]);
            await server.RunAsync("chown", [User, server.Data]);
        }

        (string program, string[] first) = server.AsUser("initdb");
        await server.RunAsync(
            program,
            [.. first, "-D", server.Data, "-U", "proxy", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"]);
        await server.RunAgainAsync();
        return server;
    }

    /// <summary>Ends at once as in a crash, and starts again.</summary>
    public async Task CrashAsync()
    {
        await _server!.SignalAsync("QUIT");
        await _server.WaitAsync(TimeSpan.FromSeconds(10));
        await _server.DisposeAsync();
        await RunAgainAsync();
    }

    public async Task StopAsync()
    {
        _isStopped = true;
        // The parent first: it starts no new ones then.
        await _server!.SignalAsync("STOP");
        await SignalChildrenAsync("STOP");
    }

    public async Task ContinueAsync()
    {
        _isStopped = false;
        await SignalChildrenAsync("CONT");
        await _server!.SignalAsync("CONT");
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            if (_isStopped)
            {
                await ContinueAsync();
            }

            await _server.SignalAsync("QUIT");
            await _server.WaitAsync(TimeSpan.FromSeconds(10));
            await _server.DisposeAsync();
        }

        _folder.Dispose();
    }

    private async Task RunAgainAsync()
    {
        (string program, string[] first) = AsUser("postgres");
        _server = ChildProcess.Start(
            program,
            [
                .. first, "-D", Data, "-h", "127.0.0.1", "-p", _port.ToString(CultureInfo.InvariantCulture), "-k", "",
                "-c", "fsync=off", "-c", "max_connections=60",
            ],
            _folder.Path);
        await _server.WaitForOutputAsync("database system is ready to accept connections");
    }

    /// <summary>The processes that the server started.</summary>
    private async Task SignalChildrenAsync(string name)
    {
        string children = await File.ReadAllTextAsync($"/proc/{_server!.Id}/task/{_server.Id}/children");
        if (children.Length > 0)
        {
            using Process kill = Process.Start("kill", [$"-{name}", .. children.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
            await kill.WaitForExitAsync();
        }
    }

    private (string Program, string[] First) AsUser(string name) => Environment.IsPrivilegedProcess
        ? ("setpriv", [$"--reuid={User}", $"--regid={User}", "--clear-groups", _programs + name])
        : (_programs + name, []);

    private async Task RunAsync(string program, IEnumerable<string> arguments)
    {
        (int code, string output) = await ChildProcess.RunAsync(program, arguments, _folder.Path);
        Assert.True(code == 0, output);
    }
}
