using System.Net;
using System.Net.Sockets;
using Proxy.Actors.Config;
using Proxy.Actors.Ports;
using Proxy.Cluster.Probing;
using Proxy.Edge.Topology;
using Proxy.Tests.Simulation;

namespace Proxy.Tests.Cluster.Probing;

public sealed class HttpProberTests : IDisposable
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private readonly VirtualTime _time = new();
    private readonly HttpProber _prober;

    public HttpProberTests() => _prober = new HttpProber(_time);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _prober.Dispose();

    [Theory]
    [InlineData("200 OK", true)]
    [InlineData("204 No Content", true)]
    [InlineData("302 Found", true)]
    [InlineData("404 Not Found", false)]
    [InlineData("503 Service Unavailable", false)]
    public async Task The_status_decides(string status, bool passed)
    {
        using var origin = new ScriptedOrigin($"HTTP/1.1 {status}\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n");

        ProbeResult result = await _prober.ProbeAsync(Request(origin.Target), Cancellation);

        Assert.Equal(passed, result.Passed);
        Assert.Equal($"status {status[..3]}", result.Reason);
        Assert.Equal(1, origin.Connections);
    }

    [Fact]
    public async Task The_request_goes_out_as_configured()
    {
        using var origin = new ScriptedOrigin(Ok);
        ProbeRequest request = Request(origin.Target) with
        {
            Method = "OPTIONS",
            Path = "/health/../%7Ex?deep=1",
            Host = "check.example:81",
            Headers = [new NamedText("X-Probe", "yes"), new NamedText("User-Agent", "mine")],
        };

        await _prober.ProbeAsync(request, Cancellation);
        string head = await origin.FirstHead;

        Assert.StartsWith("OPTIONS /health/../%7Ex?deep=1 HTTP/1.1\r\n", head, StringComparison.Ordinal);
        Assert.Equal(
            ["Connection: close", "Host: check.example:81", "User-Agent: mine", "X-Probe: yes"],
            head.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Skip(1).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Every_check_has_a_connection_of_its_own()
    {
        using var origin = new ScriptedOrigin(Ok);
        for (int i = 0; i < 3; i++)
        {
            Assert.True((await _prober.ProbeAsync(Request(origin.Target), Cancellation)).Passed);
        }

        Assert.Equal(3, origin.Connections);
    }

    [Theory]
    [InlineData("nonsense\r\n\r\n", "malformed response")]
    [InlineData("", "closed without an answer")]
    [InlineData("HTTP/1.1 200", "closed without an answer")]
    public async Task A_broken_answer_is_a_failure(string answer, string reason)
    {
        using var origin = new ScriptedOrigin(answer);

        ProbeResult result = await _prober.ProbeAsync(Request(origin.Target), Cancellation);

        Assert.False(result.Passed);
        Assert.Equal(reason, result.Reason);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("TCP")]
    public async Task A_refused_connection_is_a_failure(string method)
    {
        ProbeResult result = await _prober.ProbeAsync(Request(ClosedPort()) with { Method = method }, Cancellation);

        Assert.Equal(new ProbeResult(false, "connection refused", 0, TimeSpan.Zero), result);
    }

    [Fact]
    public async Task The_next_address_is_tried_when_one_refuses()
    {
        using var origin = new ScriptedOrigin(Ok);

        ProbeResult result = await _prober.ProbeAsync(
            Request(origin.Target) with { Targets = [ClosedPort(), origin.Target] }, Cancellation);

        Assert.True(result.Passed);
    }

    [Fact]
    public async Task An_origin_that_does_not_answer_runs_into_the_timeout()
    {
        using var origin = new ScriptedOrigin(answer: null);

        Task<ProbeResult> check = _prober.ProbeAsync(Request(origin.Target), Cancellation).AsTask();
        await origin.FirstHead;
        _time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(new ProbeResult(false, "timeout after 2 s", 0, TimeSpan.FromSeconds(2)), await check);
    }

    [Fact]
    public async Task A_tcp_check_only_connects()
    {
        using var origin = new ScriptedOrigin(answer: null);

        ProbeResult result = await _prober.ProbeAsync(Request(origin.Target) with { Method = "TCP" }, Cancellation);

        Assert.Equal(new ProbeResult(true, "connected", 0, TimeSpan.Zero), result);
    }

    [Fact]
    public async Task A_unix_socket_is_checked_like_any_other()
    {
        string path = Path.Combine(Path.GetTempPath(), $"probe-{Path.GetRandomFileName()}");
        try
        {
            using (var origin = new ScriptedOrigin(Ok, path))
            {
                Assert.True((await _prober.ProbeAsync(Request(origin.Target), Cancellation)).Passed);
            }

            ProbeResult gone = await _prober.ProbeAsync(Request(SocketTarget.Unix(path)), Cancellation);
            Assert.Equal(new ProbeResult(false, "no such socket", 0, TimeSpan.Zero), gone);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task Cancelling_is_not_a_verdict()
    {
        using var origin = new ScriptedOrigin(answer: null);
        using var life = new CancellationTokenSource();
        Task<ProbeResult> check = _prober.ProbeAsync(Request(origin.Target), life.Token).AsTask();
        await origin.FirstHead;

        await life.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => check);
    }

    private static ProbeRequest Request(SocketTarget target)
    {
        Assert.True(StatusSet.TryParse("200-399", out StatusSet expect));
        return new ProbeRequest([target], "GET", "/health", "origin.example", [], TimeSpan.FromSeconds(2), expect);
    }

    private static SocketTarget ClosedPort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return SocketTarget.Inet(IPAddress.Loopback, ((IPEndPoint)socket.LocalEndPoint!).Port);
    }
}
