using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Proxy.Cluster.Engine;
using Proxy.Cluster.Health;
using Proxy.Cluster.Management;
using Proxy.Cluster.Membership;
using Proxy.Cluster.Singletons;
using Proxy.Edge.Topology;

namespace Proxy.Tests.Cluster.Management;

/// <summary>Akka Management's paths and shapes.</summary>
public sealed class ClusterEndpointsTests : IAsyncLifetime
{
    private readonly FakeCluster _cluster = new();
    private readonly HttpClient _client = new();
    private ManagementServer? _server;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => StartAsync(readOnly: false);

    public async ValueTask DisposeAsync()
    {
        await _server!.DisposeAsync();
        _client.Dispose();
    }

    [Fact]
    public async Task Members_have_akkas_shape()
    {
        using JsonDocument answer = JsonDocument.Parse(await _client.GetStringAsync("/cluster/members", Cancellation));

        JsonElement root = answer.RootElement;
        Assert.Equal("proxy://test@a:7400", root.GetProperty("selfNode").GetString());
        Assert.Equal("proxy://test@a:7400", root.GetProperty("leader").GetString());
        Assert.Equal("proxy://test@b:7400", root.GetProperty("oldest").GetString());
        Assert.Equal("proxy://test@b:7400", root.GetProperty("oldestPerRole").GetProperty("edge").GetString());
        JsonElement first = root.GetProperty("members")[0];
        Assert.Equal("proxy://test@a:7400", first.GetProperty("node").GetString());
        Assert.Equal("1", first.GetProperty("nodeUid").GetString());
        Assert.Equal("Up", first.GetProperty("status").GetString());
        Assert.Equal("edge", first.GetProperty("roles")[0].GetString());
        JsonElement gone = root.GetProperty("unreachable")[0];
        Assert.Equal("proxy://test@c:7400", gone.GetProperty("node").GetString());
        Assert.Equal("proxy://test@a:7400", gone.GetProperty("observedBy")[0].GetString());
    }

    [Theory]
    [InlineData("proxy://test@b:7400")]
    [InlineData("test@b:7400")]
    [InlineData("b")]
    public async Task One_member_is_found_by_address_with_and_without_the_protocol_or_by_name(string address)
    {
        (HttpStatusCode status, string body) = await SendAsync(HttpMethod.Get, $"/cluster/members/{address}");

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Contains("\"proxy://test@b:7400\"", body, StringComparison.Ordinal);
        Assert.Equal(
            (status, body),
            await SendAsync(HttpMethod.Get, $"/cluster/members/{Uri.EscapeDataString(address)}"));
    }

    [Fact]
    public async Task An_unknown_member_is_not_found()
    {
        (HttpStatusCode status, string body) = await SendAsync(HttpMethod.Get, "/cluster/members/test@x:1");

        Assert.Equal(HttpStatusCode.NotFound, status);
        Assert.Contains("\"message\": \"Member [test@x:1] not found\"", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Orders_come_as_forms_and_as_json()
    {
        const string Member = "/cluster/members/proxy://test@b:7400";
        await SendAsync(HttpMethod.Put, Member, Form("operation", "dOwN"));
        await SendAsync(HttpMethod.Put, Member, JsonContent.Create(new { operation = "Leave" }));
        await SendAsync(HttpMethod.Delete, Member);
        await SendAsync(HttpMethod.Post, "/cluster/members", Form("address", "proxy://test@b:7400"));
        await SendAsync(HttpMethod.Put, "/cluster", Form("operation", "prepare-for-full-shutdown"));

        Assert.Equal(
            [
                new MemberOrder(MemberOrderKind.Down, "proxy://test@b:7400"),
                new MemberOrder(MemberOrderKind.Leave, "proxy://test@b:7400"),
                new MemberOrder(MemberOrderKind.Leave, "proxy://test@b:7400"),
                new MemberOrder(MemberOrderKind.Join, "proxy://test@b:7400"),
                new MemberOrder(MemberOrderKind.Close, ""),
            ],
            _cluster.Orders);
    }

    [Theory]
    [InlineData("Done", 200)]
    [InlineData("NotFound", 404)]
    [InlineData("Refused", 409)]
    [InlineData("Unavailable", 503)]
    public async Task The_answer_says_what_became_of_the_order(string outcome, int status)
    {
        _cluster.Answer = new OrderResult(1, Enum.Parse<OrderOutcome>(outcome), "because");

        (HttpStatusCode code, string body) = await SendAsync(HttpMethod.Delete, "/cluster/members/b");

        Assert.Equal(status, (int)code);
        Assert.Equal("because", JsonDocument.Parse(body).RootElement.GetProperty("message").GetString());
    }

    [Fact]
    public async Task Nonsense_is_refused()
    {
        (HttpStatusCode bad, string body) = await SendAsync(
            HttpMethod.Put, "/cluster/members/b", Form("operation", "explode"));
        (HttpStatusCode broken, _) = await SendAsync(
            HttpMethod.Post, "/cluster/members", new StringContent("{", null, "application/json"));

        Assert.Equal(HttpStatusCode.BadRequest, bad);
        Assert.Contains("Operation not supported", body, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, broken);
        Assert.Empty(_cluster.Orders);
    }

    [Theory]
    [InlineData("PUT", "/cluster/members/b")]
    [InlineData("DELETE", "/cluster/members/b")]
    [InlineData("POST", "/cluster/members")]
    [InlineData("PUT", "/cluster")]
    public async Task Reading_only_is_405(string method, string path)
    {
        await _server!.DisposeAsync();
        await StartAsync(readOnly: true);

        (HttpStatusCode status, string body) = await SendAsync(
            new HttpMethod(method), path, Form("operation", "down"));

        Assert.Equal(HttpStatusCode.MethodNotAllowed, status);
        Assert.Contains("read-only", body, StringComparison.Ordinal);
        Assert.Empty(_cluster.Orders);
    }

    [Fact]
    public async Task A_page_of_another_site_orders_nothing()
    {
        _client.DefaultRequestHeaders.Add("Origin", "http://evil.example");

        (HttpStatusCode status, _) = await SendAsync(HttpMethod.Delete, "/cluster/members/b");

        Assert.Equal(HttpStatusCode.Forbidden, status);
        Assert.Empty(_cluster.Orders);
    }

    [Fact]
    public async Task Seed_nodes_are_the_reachable_members()
    {
        using JsonDocument answer = JsonDocument.Parse(
            await _client.GetStringAsync("/bootstrap/seed-nodes", Cancellation));

        Assert.Equal(
            ["proxy://test@a:7400", "proxy://test@b:7400"],
            answer.RootElement.GetProperty("seedNodes").EnumerateArray()
                .Select(static seed => seed.GetProperty("node").GetString()));
        Assert.Equal(1, answer.RootElement.GetProperty("seedNodes")[0].GetProperty("nodeUid").GetInt64());
    }

    [Fact]
    public async Task Singletons_look_like_shards()
    {
        string types = await _client.GetStringAsync("/cluster/shards", Cancellation);
        using JsonDocument region = JsonDocument.Parse(
            await _client.GetStringAsync("/cluster/shards/health", Cancellation));
        using JsonDocument stats = JsonDocument.Parse(
            await _client.GetStringAsync("/cluster/shards/health/stats", Cancellation));

        Assert.Contains("\"health\"", types, StringComparison.Ordinal);
        Assert.Equal("app", region.RootElement.GetProperty("regions")[0].GetProperty("shardId").GetString());
        Assert.Equal(1, region.RootElement.GetProperty("regions").GetArrayLength());
        Assert.Equal(2, stats.RootElement.GetProperty("totalShards").GetInt32());
        Assert.Equal("db", stats.RootElement.GetProperty("regions").GetProperty("proxy://test@b:7400")
            .GetProperty("shards")[0].GetString());
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(HttpMethod.Get, "/cluster/shards/none")).Status);
    }

    [Fact]
    public async Task Verdicts_come_with_their_evidence()
    {
        _cluster.Health.Show(
            new HealthMessage.Verdicts(
                "app", 7, 4, TimeSpan.FromSeconds(12),
                [new MemberVerdict("m", false, "gone", [new Opinion("b", false, "refused")])]),
            TimeProvider.System.GetUtcNow());

        using JsonDocument answer = JsonDocument.Parse(await _client.GetStringAsync("/cluster/health", Cancellation));

        JsonElement pool = answer.RootElement[0];
        Assert.True(pool.GetProperty("fresh").GetBoolean());
        Assert.Equal(7, pool.GetProperty("token").GetInt64());
        JsonElement member = pool.GetProperty("members")[0];
        Assert.False(member.GetProperty("up").GetBoolean());
        Assert.Equal("refused", member.GetProperty("evidence")[0].GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Events_are_streamed_the_present_state_first_and_by_type()
    {
        using HttpResponseMessage answer = await _client.GetAsync(
            "/cluster/domain-events?type=MemberEvent&type=LeaderChanged", HttpCompletionOption.ResponseHeadersRead,
            Cancellation);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(Cancellation));
        string[] first = [.. await ReadEventsAsync(lines, 4)];
        MembershipView before = _cluster.Board.View;
        MembershipView after = before with { Members = before.Members.RemoveAt(2) };

        _cluster.Board.Show(new MembershipChange(after, Session.None, MemberEvent.Between(before, after)));
        string last = (await ReadEventsAsync(lines, 1)).Single();

        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal(3, first.Count(static text => text.EndsWith("event:MemberUp", StringComparison.Ordinal)));
        Assert.Equal(
            "data:{\"address\":\"proxy://test@a:7400\",\"type\":\"LeaderChanged\"}|event:LeaderChanged", first[^1]);
        Assert.Equal(
            """data:{"member":{"dataCenter":"default","roles":["edge"],"status":"Removed","uniqueAddress":"""
            + """{"address":"proxy://test@c:7400","longUid":3}},"previousStatus":"Up","type":"MemberRemoved"}"""
            + "|event:MemberRemoved",
            last);
    }

    private static FormUrlEncodedContent Form(string name, string value) =>
        new([new KeyValuePair<string, string>(name, value)]);

    private static async Task<List<string>> ReadEventsAsync(StreamReader lines, int count)
    {
        var events = new List<string>();
        var parts = new List<string>();
        while (events.Count < count)
        {
            string line = await lines.ReadLineAsync(Cancellation) ?? throw new EndOfStreamException();
            if (line.Length > 0)
            {
                parts.Add(line);
            }
            else
            {
                events.Add(string.Join('|', parts));
                parts.Clear();
            }
        }

        return events;
    }

    private async Task<(HttpStatusCode Status, string Body)> SendAsync(
        HttpMethod method, string path, HttpContent? content = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        using HttpResponseMessage answer = await _client.SendAsync(request, Cancellation);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancellation));
    }

    private async ValueTask StartAsync(bool readOnly)
    {
        _server = await ManagementServer.StartAsync(
            new ManagementOptions
            {
                Bind = SocketTarget.Inet(IPAddress.Loopback, 0),
                More = [new ClusterEndpoints(_cluster, new ChangeGuard(readOnly), readOnly, TimeProvider.System)],
            },
            new FakeNodeStatus(),
            Cancellation);
        _client.BaseAddress = new Uri($"http://127.0.0.1:{_server.Bound.Port}");
    }

    private sealed class FakeCluster : IClusterControl
    {
        public FakeCluster()
        {
            Owners.Show(new Dictionary<string, Ownership>
            {
                ["health/app"] = new(new OwnerRecord("a", 1), new Revision(5), default),
                ["health/db"] = new(new OwnerRecord("b", 2), new Revision(6), default),
            });
        }

        public MembershipBoard Board { get; } = new(new MembershipView
        {
            Cluster = "test",
            Self = Node("a", 1),
            Members = [Member("a", 1, 2, []), Member("b", 2, 1, []), Member("c", 3, 3, ["proxy://test@a:7400"])],
        });

        public SingletonBoard Owners { get; } = new();

        public HealthBoard Health { get; } = new();

        public List<MemberOrder> Orders { get; } = [];

        public OrderResult Answer { get; set; } = new(1, OrderOutcome.Done, "done");

        public Task<OrderResult> OrderAsync(MemberOrder order)
        {
            Orders.Add(order);
            return Task.FromResult(Answer);
        }

        private static NodeIdentity Node(string name, long incarnation) => new()
        {
            Name = name, Incarnation = incarnation, PeerAddress = $"{name}:7400", Roles = ["edge"],
        };

        private static Member Member(string name, long incarnation, int number, ImmutableArray<string> observers) =>
            new(
            $"proxy://test@{name}:7400", Node(name, incarnation), MemberStatus.Up, number, observers, true, default);
    }
}
