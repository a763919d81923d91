using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>One process of a node takes over from another while clients ask: nobody notices.</summary>
[Trait("Suite", "Functional")]
public sealed class HotRestartTests
{
    private const string Writable = "management { read-only = false }\n";
    private const string Checked =
        """health { active { method = GET, path = "/health", interval = 1s, timeout = 3s, rise = 2, fall = 3 } }""";

    [Fact]
    public async Task Under_load_no_connection_and_no_request_fails()
    {
        await using ScriptedOrigin one = Load.Origin("one");
        await using ScriptedOrigin two = Load.Origin("two");
        NodeSettings settings = new() { Rules = Writable + NodeSettings.Pool(Checked, one.Url, two.Url), Workers = 2 };
        await using var node = await NodeProcess.StartAsync(settings);
        await using var processes = new Successors(node);
        await using var fresh = new Load(node.Port, clients: 8, fresh: true);
        await using var kept = new Load(node.Port, clients: 4);

        // More loops, fewer loops, as many loops: no queue of a listening socket may be left behind.
        foreach (int workers in (int[])[3, 1, 2])
        {
            File.WriteAllText(
                Path.Combine(node.Folder, "node.conf"),
                (settings with { Workers = workers }).File(node.Port, node.ManagementPort));
            await fresh.GoOnForAsync(300);
            Assert.Equal(200, await processes.UpgradeAsync());
            await fresh.GoOnForAsync(300);
        }

        await fresh.AssertNothingFailedAsync();
        await kept.AssertNothingFailedAsync();
        await processes.AllButTheLastEndAsync();
        Assert.Equal(4, processes.Seen);
    }

    [Fact]
    public async Task A_successor_that_cannot_start_leaves_the_old_process_serving()
    {
        await using ScriptedOrigin origin = Load.Origin("one");
        NodeSettings settings = new() { Rules = Writable + NodeSettings.Pool("", origin.Url) };
        await using var node = await NodeProcess.StartAsync(settings);
        await using var processes = new Successors(node);
        await using var load = new Load(node.Port, clients: 4, fresh: true);
        await load.GoOnForAsync(50);

        File.WriteAllText(Path.Combine(node.Folder, "node.conf"), "proxy { listeners = nonsense }");
        Assert.Equal(409, await processes.UpgradeAsync());
        File.WriteAllText(
            Path.Combine(node.Folder, "node.conf"),
            (settings with { Workers = 3 }).File(node.Port, node.ManagementPort).Replace(
                "listeners = [", "listeners = [ { name = taken, bind = \"192.0.2.1:1\" }", StringComparison.Ordinal));
        Assert.Equal(409, await processes.UpgradeAsync());
        await load.GoOnForAsync(50);

        await load.AssertNothingFailedAsync();
        Assert.Equal(1, processes.Seen);
        Assert.Contains("this process goes on", node.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_under_way_is_finished_by_the_old_process()
    {
        await using var origin = new ScriptedOrigin();
        NodeSettings settings = new() { Rules = Writable + NodeSettings.Pool("", origin.Url) };
        await using var node = await NodeProcess.StartAsync(settings);
        await using var processes = new Successors(node);
        using var client = await node.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: x.test\r\n\r\n");
        var (connection, _) = await origin.RequestAsync();

        Assert.Equal(200, await processes.UpgradeAsync());
        // The new process has the node's place in the cluster and its engine, although the old one is still there.
        await Eventually.IsTrueAsync(
            async () => (await node.ManageAsync("/cluster/members")).Text.Contains("\"Up\"", StringComparison.Ordinal),
            () => $"the node is a member: {node.Log}");
        Assert.False(node.Child.HasEnded);
        await connection.SendAsync(Answer.Ok("late"));
        var answer = await client.ReadResponseAsync();

        Assert.Equal("late", answer.Text);
        await processes.AllButTheLastEndAsync();
    }

    [Fact]
    public async Task A_process_started_by_hand_takes_over_and_a_signal_does_it_too()
    {
        await using ScriptedOrigin origin = Load.Origin("one");
        NodeSettings settings = new() { Rules = Writable + NodeSettings.Pool("", origin.Url) };
        await using var node = await NodeProcess.StartAsync(settings);
        await using var load = new Load(node.Port, clients: 4, fresh: true);
        await load.GoOnForAsync(50);

        await using var second = ChildProcess.Start(
            "dotnet", [Repository.Program, "run", "node.conf", "--take-over"], node.Folder);
        await second.WaitForOutputAsync("this process has taken over");
        await Eventually.IsTrueAsync(() => node.Child.HasEnded, () => "the first process ends");
        await using var processes = new Successors(node);
        int before = await processes.LookAsync();
        await second.SignalAsync("USR2");
        await Eventually.IsTrueAsync(
            () => processes.HasChangedAsync(before), () => $"a third process serves; {second.Output}");
        await load.GoOnForAsync(50);

        await load.AssertNothingFailedAsync();
    }

    [Fact]
    public async Task The_service_manager_is_told_which_process_to_watch()
    {
        await using var origin = Naming("one");
        using var folder = new TempFolder();
        string place = Path.Combine(folder.Path, "notify");
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(place));
        using var port = new FreePort();
        NodeSettings settings = new() { Rules = Writable + NodeSettings.Pool("", origin.Url) };
        folder.Write("node.conf", settings.File(port.Number, FreePort.Probe()));
        string[] run = [Repository.Program, "run", "node.conf"];

        await using var first = ChildProcess.Start("dotnet", run, folder.Path, ("NOTIFY_SOCKET", place));
        Assert.Equal($"READY=1\nMAINPID={first.Id}", await HearAsync(manager));
        await using var second = ChildProcess.Start(
            "dotnet", [.. run, "--take-over"], folder.Path, ("NOTIFY_SOCKET", place));

        Assert.Equal($"READY=1\nMAINPID={second.Id}", await HearAsync(manager));
    }

    private static async Task<string> HearAsync(Socket manager)
    {
        var buffer = new byte[256];
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        int length = await manager.ReceiveAsync(buffer, patience.Token);
        return Encoding.UTF8.GetString(buffer, 0, length);
    }

    [Fact]
    public async Task Remembered_sessions_stay_with_their_members()
    {
        await using var one = Naming("one");
        await using var two = Naming("two");
        await using var three = Naming("three");
        NodeSettings settings = new()
        {
            Rules = Writable + NodeSettings.Pool(
                "affinity { application-cookie { name = SID } }", one.Url, two.Url, three.Url),
        };
        await using var node = await NodeProcess.StartAsync(settings);
        await using var processes = new Successors(node);
        string[] before = await AskAllAsync(node);

        Assert.Equal(200, await processes.UpgradeAsync());
        await processes.AllButTheLastEndAsync();
        string[] after = await AskAllAsync(node);

        Assert.Equal(before, after);
        Assert.Equal(3, before.Distinct().Count());
    }

    [Fact]
    public async Task Tls_clients_resume_their_sessions_with_the_next_process()
    {
        using var authority = new TestCertificates();
        TestCertificates.Leaf leaf = authority.Issue(["shop.test"]);
        await using var origin = Naming("one");
        await using var node = await NodeProcess.StartAsync(new NodeSettings
        {
            Listener = "access-log { enabled = false }\ntls { certificates = [ { certificate = a.pem } ] }",
            Rules = Writable + NodeSettings.Pool("", origin.Url),
            Files = new Dictionary<string, string> { ["a.pem"] = leaf.CertificatePem + leaf.KeyPem },
        });
        await using var processes = new Successors(node);

        string first = await OpenSslAsync(node, "-sess_out session");
        Assert.Equal(200, await processes.UpgradeAsync());
        await processes.AllButTheLastEndAsync();
        string again = await OpenSslAsync(node, "-sess_in session");

        Assert.Contains("New, TLSv1", first, StringComparison.Ordinal);
        Assert.Contains("Reused, TLSv1", again, StringComparison.Ordinal);
        Assert.Contains("HTTP/1.1 200", again, StringComparison.Ordinal);
    }

    /// <summary>One request, which stays until the node closes: by then the client has its tickets.</summary>
    private static async Task<string> OpenSslAsync(NodeProcess node, string arguments) => (await ChildProcess.RunAsync(
        "bash",
        [
            "-c",
            "printf 'GET / HTTP/1.1\\r\\nHost: shop.test\\r\\nConnection: close\\r\\n\\r\\n' "
            + $"| openssl s_client -ign_eof -connect 127.0.0.1:{node.Port} -servername shop.test {arguments}",
        ],
        node.Folder)).Output;

    private static ScriptedOrigin Naming(string name) => new ScriptedOrigin().Serve(_ => Answer.Ok(name));

    private static async Task<string[]> AskAllAsync(NodeProcess node)
    {
        var members = new List<string>();
        for (int i = 0; i < 20; i++)
        {
            members.Add((await node.AskAsync(
                $"GET / HTTP/1.1\r\nHost: x.test\r\nCookie: SID=s{i}\r\nConnection: close\r\n\r\n")).Text);
        }

        return [.. members];
    }

    /// <summary>The processes that came after the first one; the test ends those still there.</summary>
    private sealed class Successors(NodeProcess node) : IAsyncDisposable
    {
        private readonly List<int> _processes = [];

        public int Seen => _processes.Count;

        /// <summary>The process that answers now.</summary>
        public async Task<int> LookAsync()
        {
            var answer = await node.ManageAsync("/api/node");
            using JsonDocument json = JsonDocument.Parse(answer.Text);
            int process = json.RootElement.GetProperty("process").GetInt32();
            if (!_processes.Contains(process))
            {
                _processes.Add(process);
            }

            return process;
        }

        /// <summary>The status of the answer.</summary>
        public async Task<int> UpgradeAsync()
        {
            int before = await LookAsync();
            using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(60) };
            using HttpResponseMessage answer = await client.PostAsync(
                $"http://127.0.0.1:{node.ManagementPort}/api/node/upgrade", null,
                TestContext.Current.CancellationToken);
            // Both processes answer for a moment.
            await Eventually.IsTrueAsync(
                async () => !answer.IsSuccessStatusCode || await HasChangedAsync(before),
                () => "the new process answers");
            return (int)answer.StatusCode;
        }

        /// <summary>A connection that the old process accepted last may end without an answer.</summary>
        public async Task<bool> HasChangedAsync(int before)
        {
            try
            {
                return await LookAsync() != before;
            }
            catch (Exception error) when (error is InvalidOperationException or SocketException or JsonException)
            {
                return false;
            }
        }

        public Task AllButTheLastEndAsync() => Eventually.IsTrueAsync(
            () => _processes.SkipLast(1).All(static process => !IsRunning(process)),
            () => $"the old processes end; {node.Log}",
            TimeSpan.FromSeconds(20));

        /// <summary>Also those that a test which failed has not seen: they hold the first one's output open. The
        /// folder is this test's own.</summary>
        public ValueTask DisposeAsync()
        {
            foreach (Process process in Process.GetProcesses())
            {
                using (process)
                {
                    if (process.Id != node.Child.Id && Runs(process.Id, node.Folder))
                    {
                        process.Kill();
                    }
                }
            }

            return ValueTask.CompletedTask;
        }

        private static bool Runs(int process, string folder)
        {
            try
            {
                string command = File.ReadAllText($"/proc/{process}/cmdline");
                return command.Contains("run", StringComparison.Ordinal)
                    && (command.Contains(folder, StringComparison.Ordinal)
                        || new FileInfo($"/proc/{process}/cwd").LinkTarget == folder);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        }

        /// <summary>A process that has ended and that nobody waits for stays as a zombie.</summary>
        private static bool IsRunning(int process)
        {
            try
            {
                return !File.ReadAllText($"/proc/{process}/stat").Contains(") Z ", StringComparison.Ordinal);
            }
            catch (IOException)
            {
                return false;
            }
        }
    }
}
