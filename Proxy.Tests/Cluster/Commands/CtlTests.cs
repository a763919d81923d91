using System.CommandLine;
using System.Net;
using Proxy.Cluster.Commands.Ctl;
using Proxy.Cluster.Management;
using Proxy.Edge.Topology;
using Proxy.Tests.Cluster.Management;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Cluster.Commands;

/// <summary>The commands against a real management server with a node made up.</summary>
public sealed class CtlTests : IAsyncDisposable
{
    private readonly FakeNodeStatus _node = new();
    private readonly FakeControl _control = new();
    private ManagementServer? _server;

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    [Fact]
    public async Task Status_shows_the_node()
    {
        await StartAsync();
        _node.NotReady = "draining";

        (int code, string output, _) = await RunAsync("status");

        Assert.Equal(0, code);
        Assert.Contains("node         edge-1", output, StringComparison.Ordinal);
        Assert.Contains("state        serving (draining)", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Members_are_a_table_with_a_head()
    {
        await StartAsync();

        (int code, string output, _) = await RunAsync("members", "list");

        Assert.Equal(0, code);
        Assert.Matches("^POOL +MEMBER +URL", output);
        Assert.Matches("(?m)^app +b +http://127.0.0.1:9001 +spare +closed", output);
    }

    [Theory]
    [InlineData("pools", "list", "app")]
    [InlineData("pools", "show", "app", "http://127.0.0.1:9001")]
    [InlineData("members", "list", "--pool", "app", "http://127.0.0.1:9001")]
    public async Task The_last_word_is_in_the_output(params string[] words)
    {
        await StartAsync();

        (int code, string output, string errors) = await RunAsync(words is [.., "app"] ? words[..2] : words[..^1]);

        Assert.Equal(("", 0), (errors, code));
        Assert.Contains(words[^1], output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_is_what_the_node_said()
    {
        await StartAsync();

        (int code, string output, _) = await RunAsync("status", "--json");

        Assert.Equal(0, code);
        Assert.Contains("\"name\": \"edge-1\"", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_is_not_there_is_an_error_to_act_on()
    {
        using var port = new FreePort();

        (int code, _, string errors) = await RunAgainstAsync($"http://127.0.0.1:{port.Number}", "status");

        Assert.Equal(1, code);
        Assert.Matches("cannot reach http://127.0.0.1:[0-9]+: .*refused.*--url", errors);
    }

    [Fact]
    public async Task An_address_that_is_none_is_a_wrong_command()
    {
        (int code, _, string errors) = await RunAgainstAsync("edge-1:8558", "status");

        Assert.Equal(2, code);
        Assert.Contains("accepted: http://HOST:PORT", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_is_asked_for_and_taken_from_a_file()
    {
        await StartAsync(new ManagementOptions { Token = "hush" });
        using var folder = new TempFolder();
        string file = folder.Write("token", "hush\n");

        (int without, _, string errors) = await RunAsync("status");
        (int with, _, _) = await RunAsync("status", "--token-file", file);
        (int missing, _, _) = await RunAsync("status", "--token-file", file + ".no");

        Assert.Equal((1, 0, 2), (without, with, missing));
        Assert.Contains("--token-file", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pool_that_is_not_there_is_named()
    {
        await StartAsync();

        (int code, _, string errors) = await RunAsync("pools", "show", "nope");

        Assert.Equal(1, code);
        Assert.Contains("no pool is named \"nope\"", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("drain")]
    [InlineData("undrain")]
    [InlineData("leave")]
    [InlineData("upgrade")]
    public async Task A_command_reaches_the_node(string verb)
    {
        await StartAsync();

        (int code, string output, _) = await RunAsync("node", verb);

        Assert.Equal((0, verb), (code, _control.Asked));
        Assert.Equal("edge-1: serving\n", output);
    }

    [Fact]
    public async Task A_refusal_is_said_with_its_reason()
    {
        await StartAsync();
        _control.Problem = "the node is leaving";

        (int code, _, string errors) = await RunAsync("node", "undrain");

        Assert.Equal(1, code);
        Assert.Contains("the node is leaving", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("drain", "", "an operator")]
    [InlineData("drain", "disk & fan,\nnew", "disk & fan,new")]
    [InlineData("leave", "the rack moves", "the rack moves")]
    public async Task The_reason_arrives_as_one_line(string verb, string said, string heard)
    {
        await StartAsync();

        (int code, _, _) = await RunAsync("node", verb, "--reason", said);

        Assert.Equal((0, heard), (code, _control.Reason));
    }

    [Fact]
    public async Task A_reason_without_end_is_cut()
    {
        await StartAsync();

        await RunAsync("node", "drain", "--reason", new string('x', 5000));

        Assert.Equal(new string('x', 200), _control.Reason);
    }

    [Fact]
    public async Task Read_only_management_changes_nothing_and_says_how_to_allow_it()
    {
        await StartAsync(readOnly: true);

        (int code, _, string errors) = await RunAsync("node", "leave");

        Assert.Equal((1, ""), (code, _control.Asked));
        Assert.Contains("read-only = false", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_of_another_site_changes_nothing()
    {
        await StartAsync();
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Url}/api/node/leave");
        request.Headers.Add("Origin", "https://elsewhere.example");

        using HttpResponseMessage answer = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.Forbidden, ""), (answer.StatusCode, _control.Asked));
    }

    [Fact]
    public async Task Waiting_for_a_node_that_stays_fails_and_says_so()
    {
        await StartAsync();

        (int code, _, string errors) = await RunAsync("node", "leave", "--wait", "1");

        Assert.Equal(1, code);
        Assert.Contains("still there after 1 s", errors, StringComparison.Ordinal);
    }

    private string Url => $"http://127.0.0.1:{_server!.Bound.Port}";

    private static async Task<(int Code, string Output, string Errors)> RunAgainstAsync(
        string url, params string[] words)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var errors = new StringWriter { NewLine = "\n" };
        ParseResult parsed = CtlCommand.Make().Parse([.. words, "--url", url]);
        int code = await parsed.InvokeAsync(
            new InvocationConfiguration { Output = output, Error = errors }, TestContext.Current.CancellationToken);
        return (code, output.ToString(), errors.ToString());
    }

    private Task<(int Code, string Output, string Errors)> RunAsync(params string[] words) =>
        RunAgainstAsync(Url, words);

    private async Task StartAsync(ManagementOptions? options = null, bool readOnly = false) =>
        _server = await ManagementServer.StartAsync(
            (options ?? new ManagementOptions()) with
            {
                Bind = SocketTarget.Inet(IPAddress.Loopback, 0),
                More = [new NodeEndpoints(_node, _control, new ChangeGuard(readOnly))],
            },
            _node,
            TestContext.Current.CancellationToken);

    private sealed class FakeControl : INodeControl
    {
        public string Asked { get; private set; } = "";

        public string Reason { get; private set; } = "";

        public string? Problem { get; set; }

        public string State => "serving";

        public Task<ControlAnswer> DrainAsync(string reason) => Answer("drain", reason);

        public Task<ControlAnswer> UndrainAsync() => Answer("undrain");

        public Task<ControlAnswer> LeaveAsync(string reason) => Answer("leave", reason);

        public Task<ControlAnswer> UpgradeAsync() => Answer("upgrade");

        private Task<ControlAnswer> Answer(string asked, string reason = "")
        {
            (Asked, Reason) = (asked, reason);
            return Task.FromResult(new ControlAnswer(Problem));
        }
    }
}
