using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Proxy.Cluster.Management;
using Proxy.Edge.Topology;
using Proxy.Tests.Cluster.Exporting;

namespace Proxy.Tests.Cluster.Management;

public sealed class ManagementServerTests : IAsyncDisposable
{
    private readonly FakeNodeStatus _node = new();
    private readonly HttpClient _client = new();
    private ManagementServer? _server;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    [Fact]
    public async Task Alive_and_ready_answer_empty()
    {
        await StartAsync();

        Assert.Equal((HttpStatusCode.OK, ""), await GetAsync("/alive"));
        Assert.Equal((HttpStatusCode.OK, ""), await GetAsync("/ready"));
    }

    [Fact]
    public async Task A_node_that_is_not_ready_says_why_and_is_still_alive()
    {
        await StartAsync();
        _node.NotReady = "draining";

        Assert.Equal((HttpStatusCode.InternalServerError, "Not Healthy: draining"), await GetAsync("/ready"));
        Assert.Equal((HttpStatusCode.OK, ""), await GetAsync("/alive"));
    }

    [Fact]
    public async Task Metrics_are_valid_Prometheus_text()
    {
        await StartAsync();

        HttpResponseMessage answer = await _client.GetAsync("/metrics", Cancellation);
        ExpositionChecker export = ExpositionChecker.Read(await answer.Content.ReadAsStringAsync(Cancellation));

        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
        Assert.Equal(4, export.Samples["proxy_route_requests_total{route=\"to-app\"}"]);
    }

    [Fact]
    public async Task Pools_show_their_members()
    {
        await StartAsync();

        using JsonDocument json = await JsonAsync("/api/pools");
        JsonElement pool = json.RootElement[0];
        JsonElement down = pool.GetProperty("members")[1];

        Assert.Equal("app", pool.GetProperty("name").GetString());
        Assert.Equal("round-robin", pool.GetProperty("balance").GetString());
        Assert.Equal("b", down.GetProperty("name").GetString());
        Assert.Equal("http://127.0.0.1:9001", down.GetProperty("url").GetString());
        Assert.Equal("b", down.GetProperty("route").GetString());
        Assert.Equal("spare", down.GetProperty("role").GetString());
        Assert.Equal("closed", down.GetProperty("state").GetString());
        Assert.Equal("health check failed 3/3: <refused>", down.GetProperty("reason").GetString());
        Assert.Equal(3, down.GetProperty("grantEpoch").GetInt64());
        Assert.Equal("127.0.0.1:9001", down.GetProperty("addresses")[0].GetString());
        Assert.Equal(3, down.GetProperty("health").GetProperty("fails").GetInt32());
        Assert.Equal(10, pool.GetProperty("members")[0].GetProperty("counters").GetProperty("requests").GetInt64());
        Assert.Equal(2, pool.GetProperty("members")[0].GetProperty("inFlight").GetInt32());
    }

    [Fact]
    public async Task One_pool_by_name()
    {
        await StartAsync();

        using JsonDocument json = await JsonAsync("/api/pools/app");
        Assert.Equal("app", json.RootElement.GetProperty("name").GetString());

        (HttpStatusCode status, string body) = await GetAsync("/api/pools/nope");
        Assert.Equal(HttpStatusCode.NotFound, status);
        Assert.Contains("nope", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Listeners_and_routes_are_listed()
    {
        await StartAsync();

        using JsonDocument listeners = await JsonAsync("/api/listeners");
        using JsonDocument routes = await JsonAsync("/api/routes");

        Assert.Equal("0.0.0.0:8080", listeners.RootElement[0].GetProperty("bind").GetString());
        Assert.Equal(4, listeners.RootElement[0].GetProperty("requests").GetInt64());
        Assert.Equal("app", routes.RootElement[0].GetProperty("pool").GetString());
        Assert.Equal("shop.example", routes.RootElement[0].GetProperty("match").GetProperty("hosts")[0].GetString());
        Assert.Equal("https://x/", routes.RootElement[1].GetProperty("redirect").GetString());
    }

    [Fact]
    public async Task The_configuration_hides_secrets()
    {
        await StartAsync();

        (HttpStatusCode _, string body) = await GetAsync("/api/config");

        using JsonDocument json = JsonDocument.Parse(body);
        Assert.Equal(7, json.RootElement.GetProperty("revision").GetInt64());
        Assert.DoesNotContain("hush", body, StringComparison.Ordinal);
        Assert.Contains("edge-1", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_root_lists_the_paths_and_each_of_them_answers()
    {
        await StartAsync();
        using JsonDocument json = await JsonAsync("/");

        foreach (JsonElement path in json.RootElement.GetProperty("paths").EnumerateArray())
        {
            string concrete = path.GetString()!.Replace("{name}", "app", StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.OK, (await GetAsync(concrete)).Status);
        }
    }

    [Fact]
    public async Task A_browser_gets_a_page_that_loads_nothing_and_escapes_everything()
    {
        await StartAsync();
        _node.NodeName = "<script>alert(1)</script>";
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Accept.ParseAdd("text/html,application/xhtml+xml,*/*;q=0.8");

        HttpResponseMessage answer = await _client.SendAsync(request, Cancellation);
        string page = await answer.Content.ReadAsStringAsync(Cancellation);

        Assert.Equal("text/html", answer.Content.Headers.ContentType!.MediaType);
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("src=", page, StringComparison.Ordinal);
        Assert.Contains("http-equiv=\"refresh\"", page, StringComparison.Ordinal);
        Assert.Contains("width=device-width", page, StringComparison.Ordinal);
        Assert.Contains("&lt;refused&gt; (connection refused)", page, StringComparison.Ordinal);
        Assert.Contains("Pool app", page, StringComparison.Ordinal);
        Assert.Contains("closed", page, StringComparison.Ordinal);
        string style = page.Split("<style>")[1].Split("</style>")[0];
        string hash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(style)));
        Assert.Contains(hash, Header(answer, "Content-Security-Policy"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unknown_paths_and_methods_are_answered_in_json()
    {
        await StartAsync();

        (HttpStatusCode status, string body) = await GetAsync("/nope");
        HttpResponseMessage post = await _client.PostAsync("/api/pools", new StringContent("x"), Cancellation);

        Assert.Equal(HttpStatusCode.NotFound, status);
        Assert.Equal(404, JsonDocument.Parse(body).RootElement.GetProperty("status").GetInt32());
        Assert.Equal(HttpStatusCode.MethodNotAllowed, post.StatusCode);
        Assert.Equal(["GET", "HEAD"], post.Content.Headers.Allow.Order());
        Assert.Equal("application/json", post.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task Head_is_answered_without_a_body()
    {
        await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Head, "/metrics");

        HttpResponseMessage answer = await _client.SendAsync(request, Cancellation);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync(Cancellation));
    }

    [Fact]
    public async Task Every_answer_carries_the_security_headers()
    {
        await StartAsync();

        foreach (string path in (string[])["/", "/alive", "/nope", "/metrics"])
        {
            HttpResponseMessage answer = await _client.GetAsync(path, Cancellation);

            Assert.Equal("nosniff", Header(answer, "X-Content-Type-Options"));
            Assert.Equal("DENY", Header(answer, "X-Frame-Options"));
            Assert.Contains("default-src 'none'", Header(answer, "Content-Security-Policy"), StringComparison.Ordinal);
            Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin"));
            Assert.False(answer.Headers.Contains("Server"));
        }
    }

    [Theory]
    [InlineData("localhost", HttpStatusCode.OK)]
    [InlineData("LOCALHOST:1", HttpStatusCode.OK)]
    [InlineData("127.0.0.1:8558", HttpStatusCode.OK)]
    [InlineData("[::1]:8558", HttpStatusCode.OK)]
    [InlineData("evil.example", HttpStatusCode.Forbidden)]
    [InlineData("localhost.evil.example", HttpStatusCode.Forbidden)]
    [InlineData("127.0.0.1.evil.example:8558", HttpStatusCode.Forbidden)]
    public async Task On_loopback_only_local_names_are_hosts(string host, HttpStatusCode expected)
    {
        await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/config");
        request.Headers.Host = host;

        HttpResponseMessage answer = await _client.SendAsync(request, Cancellation);

        Assert.Equal(expected, answer.StatusCode);
    }

    [Fact]
    public async Task Bound_elsewhere_any_host_is_taken()
    {
        await StartAsync(new ManagementOptions { Bind = SocketTarget.Inet(IPAddress.Any, 0) });
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/config");
        request.Headers.Host = "edge-1.internal";

        Assert.Equal(HttpStatusCode.OK, (await _client.SendAsync(request, Cancellation)).StatusCode);
    }

    [Theory]
    [InlineData(null, HttpStatusCode.Unauthorized)]
    [InlineData("Bearer wrong", HttpStatusCode.Unauthorized)]
    [InlineData("Bearer", HttpStatusCode.Unauthorized)]
    [InlineData("Basic right", HttpStatusCode.Unauthorized)]
    [InlineData("Bearer right", HttpStatusCode.OK)]
    [InlineData("bearer right", HttpStatusCode.OK)]
    public async Task A_token_is_asked_for_when_one_is_set(string? authorization, HttpStatusCode expected)
    {
        await StartAsync(new ManagementOptions { Bind = SocketTarget.Inet(IPAddress.Loopback, 0), Token = "right" });
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/pools");
        request.Headers.TryAddWithoutValidation("Authorization", authorization);

        HttpResponseMessage answer = await _client.SendAsync(request, Cancellation);

        Assert.Equal(expected, answer.StatusCode);
        Assert.Equal(
            expected == HttpStatusCode.Unauthorized,
            answer.Headers.WwwAuthenticate.Contains(new AuthenticationHeaderValue("Bearer")));
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("/alive")).Status);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("/ready")).Status);
    }

    [Fact]
    public async Task A_failing_part_gives_500_and_the_server_lives_on()
    {
        await StartAsync();
        _node.ResolvedConfigJson = "{ not json";

        Assert.Equal(HttpStatusCode.InternalServerError, (await GetAsync("/api/config")).Status);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("/alive")).Status);
    }

    [Fact]
    public async Task A_port_in_use_is_an_io_error()
    {
        await StartAsync();

        await Assert.ThrowsAnyAsync<IOException>(
            () => ManagementServer.StartAsync(new ManagementOptions { Bind = _server!.Bound }, _node, Cancellation));
    }

    [Fact]
    public async Task It_listens_on_a_unix_socket_even_where_a_dead_one_lies()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("proxy-mgmt-");
        string path = Path.Combine(directory.FullName, "m.sock");
        using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(path + ".old"));
            File.Move(path + ".old", path); // or closing it would remove the file
        }

        Assert.True(File.Exists(path));
        _server = await ManagementServer.StartAsync(
            new ManagementOptions { Bind = SocketTarget.Unix(path) }, _node, Cancellation);
        using var client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellation) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });

        string body = await client.GetStringAsync("http://management/api/pools", Cancellation);

        Assert.Contains("\"app\"", body, StringComparison.Ordinal);
        await _server.DisposeAsync();
        _server = null;
        directory.Delete(recursive: true);
    }

    [Fact]
    public async Task A_plain_file_is_not_taken_for_a_dead_socket()
    {
        string path = Path.GetTempFileName();
        var options = new ManagementOptions { Bind = SocketTarget.Unix(path) };

        await Assert.ThrowsAnyAsync<Exception>(() => ManagementServer.StartAsync(options, _node, Cancellation));

        Assert.True(File.Exists(path));
        File.Delete(path);
    }

    private static string Header(HttpResponseMessage answer, string name) => answer.Headers.GetValues(name).Single();

    private async Task StartAsync(ManagementOptions? options = null)
    {
        options ??= new ManagementOptions { Bind = SocketTarget.Inet(IPAddress.Loopback, 0) };
        _server = await ManagementServer.StartAsync(options, _node, Cancellation);
        Assert.NotEqual(0, _server.Bound.Port);
        _client.BaseAddress = new Uri($"http://127.0.0.1:{_server.Bound.Port}");
    }

    private async Task<(HttpStatusCode Status, string Body)> GetAsync(string path)
    {
        HttpResponseMessage answer = await _client.GetAsync(path, Cancellation);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancellation));
    }

    private async Task<JsonDocument> JsonAsync(string path)
    {
        HttpResponseMessage answer = await _client.GetAsync(path, Cancellation);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("application/json", answer.Content.Headers.ContentType!.MediaType);
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancellation));
    }
}
