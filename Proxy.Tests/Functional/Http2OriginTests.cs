using System.Globalization;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>HTTP/2 towards members; the origin is Node.js.</summary>
[Trait("Suite", "Functional")]
public sealed class Http2OriginTests
{
    private const string Either = "access-log { enabled = false }\nprotocols = [\"http/1.1\", h2c]";

    [Theory]
    [InlineData("--http1.1", "HTTP/1.1 200 OK")]
    [InlineData("--http2-prior-knowledge", "HTTP/2 200")]
    public async Task Requests_of_either_kind_become_streams(string protocol, string status)
    {
        await using NodeOrigin origin = await NodeOrigin.Http2Async();
        await using NodeProcess node = await StartAsync(origin);

        string answer = await Curl.BodyAsync(protocol, "-i", "-H", "X-Own: Value", "-b", "a=1; b=2", $"{node.Url}/p?q=1");

        Assert.StartsWith(status, answer, StringComparison.Ordinal);
        Assert.Contains("\":path\":\"/p?q=1\"", answer, StringComparison.Ordinal);
        Assert.Contains("\":scheme\":\"http\"", answer, StringComparison.Ordinal);
        Assert.Contains($"\":authority\":\"127.0.0.1:{origin.Port}\"", answer, StringComparison.Ordinal);
        Assert.Contains("\"x-own\":\"Value\"", answer, StringComparison.Ordinal);
        Assert.Contains("\"cookie\":\"a=1; b=2\"", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("\"connection\"", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("transfer-encoding\":", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--http1.1", "Content-Length")]
    [InlineData("--http1.1", "Transfer-Encoding: chunked")]
    [InlineData("--http2-prior-knowledge", "Content-Length")]
    public async Task Bodies_pass_both_ways_unchanged(string protocol, string framing)
    {
        await using NodeOrigin origin = await NodeOrigin.Http2Async();
        await using NodeProcess node = await StartAsync(origin);
        string body = Path.Combine(node.Folder, "body");
        var bytes = new byte[700_001];
        new Random(7).NextBytes(bytes);
        await File.WriteAllBytesAsync(body, bytes, TestContext.Current.CancellationToken);
        string got = Path.Combine(node.Folder, "got");

        string[] more = framing == "Content-Length" ? [] : ["-H", framing];
        await Curl.BodyAsync([protocol, "-T", body, "-o", got, .. more, $"{node.Url}/echo"]);

        Assert.Equal(bytes, await File.ReadAllBytesAsync(got, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Trailers_pass_both_ways()
    {
        await using NodeOrigin origin = await NodeOrigin.Http2Async();
        await using NodeProcess node = await StartAsync(origin);

        WireMessage up = await node.AskAsync(
            "POST /trailers HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
            + "3\r\nabc\r\n0\r\nX-Check: 42\r\n\r\n");
        WireMessage down = await node.AskAsync(
            "POST /sum HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTE: trailers\r\nConnection: close, TE\r\n\r\nhi");

        Assert.Contains("\"x-check\":\"42\"", up.Text, StringComparison.Ordinal);
        Assert.Equal("hi", down.Text);
        Assert.Equal("trailers", down.Value("x-te"));
        Assert.Contains("x-sum: done", down.Trailers);
    }

    [Fact]
    public async Task Many_requests_share_one_connection()
    {
        await using NodeOrigin origin = await NodeOrigin.Http2Async();
        await using NodeProcess node = await StartAsync(origin);

        var (code, load) = await ChildProcess.RunAsync(
            "h2load", ["-n", "3000", "-c", "4", "-m", "20", $"{node.Url}/"], node.Folder);
        var (code1, load1) = await ChildProcess.RunAsync(
            "h2load", ["--h1", "-n", "1000", "-c", "8", $"{node.Url}/"], node.Folder);

        Assert.True(code == 0 && load.Contains("3000 succeeded", StringComparison.Ordinal), load);
        Assert.True(code1 == 0 && load1.Contains("1000 succeeded", StringComparison.Ordinal), load1);
        Assert.Equal(1, await OpenedAsync(node));
    }

    [Fact]
    public async Task An_origin_that_allows_fewer_streams_gets_more_connections()
    {
        await using NodeOrigin origin = await NodeOrigin.Http2Async();
        await using NodeProcess node = await StartAsync(origin, "protocol = h2, reuse { max-streams = 5 }");

        var (code, load) = await ChildProcess.RunAsync(
            "h2load", ["-n", "400", "-c", "1", "-m", "20", $"{node.Url}/"], node.Folder);

        Assert.True(code == 0 && load.Contains("400 succeeded", StringComparison.Ordinal), load);
        Assert.InRange(await OpenedAsync(node), 2, 20);
    }

    [Fact]
    public async Task Large_answers_arrive_whole_at_slow_and_fast_clients()
    {
        await using NodeOrigin origin = await NodeOrigin.Http2Async();
        await using NodeProcess node = await StartAsync(origin);
        string got = Path.Combine(node.Folder, "got");

        foreach (string[] options in new string[][] { [], ["--limit-rate", "20M"], ["--http2-prior-knowledge"] })
        {
            await Curl.BodyAsync([.. options, "-o", got, $"{node.Url}/bytes?n=9000000"]);
            Assert.Equal(9_000_000, new FileInfo(got).Length);
        }
    }

    [Fact]
    public async Task A_stream_the_origin_refused_is_sent_again_whatever_its_method()
    {
        await using NodeOrigin origin = await NodeOrigin.Http2Async();
        await using NodeProcess node = await StartAsync(origin, "protocol = h2, retry { attempts = 0 }");

        string answer = await Curl.BodyAsync("-i", "-d", "once", $"{node.Url}/refuse-once");
        string never = await Curl.BodyAsync("-i", "-d", "once", $"{node.Url}/refuse");

        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 502", never, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/reset")]
    [InlineData("/destroy")]
    public async Task A_request_that_may_have_been_carried_out_is_not_sent_again(string path)
    {
        await using NodeOrigin origin = await NodeOrigin.Http2Async();
        await using NodeProcess node = await StartAsync(origin);

        WireMessage answer = await node.AskAsync(
            $"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi");

        Assert.Equal(502, answer.Status);
        Assert.Contains("connection_terminated", answer.Value("Proxy-Status"), StringComparison.Ordinal);
        Assert.Contains("proxy_member_requests_total{pool=\"app\",member=\"m1\"} 1",
            (await node.ManageAsync("/metrics")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_was_cut_off_is_cut_off_for_the_client_too()
    {
        await using NodeOrigin origin = await NodeOrigin.Http2Async();
        await using NodeProcess node = await StartAsync(origin);

        var (one, _) = await Curl.RunAsync("--http1.1", $"{node.Url}/cut");
        var (two, _) = await Curl.RunAsync("--http2-prior-knowledge", $"{node.Url}/cut");

        Assert.Equal(18, one);
        Assert.Equal(92, two);
    }

    [Fact]
    public async Task An_origin_that_says_goaway_loses_no_request()
    {
        await using NodeOrigin origin = await NodeOrigin.Http2Async();
        await using NodeProcess node = await StartAsync(origin);

        for (int i = 0; i < 10; i++)
        {
            Assert.Equal("last\n", await Curl.BodyAsync($"{node.Url}/goaway", "-d", "x"));
            Assert.Contains("headers", await Curl.BodyAsync($"{node.Url}/", "-d", "x"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_client_that_gives_up_ends_its_stream_and_no_other()
    {
        await using NodeOrigin origin = await NodeOrigin.Http2Async();
        await using NodeProcess node = await StartAsync(origin);

        var (code, _) = await Curl.RunAsync("--max-time", "0.3", $"{node.Url}/wait");
        await origin.WaitForAsync("aborted");

        Assert.Equal(28, code);
        Assert.Contains("\"sessions\":1", await Curl.BodyAsync($"{node.Url}/"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Interim_and_empty_answers_pass()
    {
        await using NodeOrigin origin = await NodeOrigin.Http2Async();
        await using NodeProcess node = await StartAsync(origin);

        string hints = await Curl.BodyAsync("-i", $"{node.Url}/hints");
        string empty = await Curl.BodyAsync("-i", $"{node.Url}/empty");
        string head = await Curl.BodyAsync("-I", $"{node.Url}/bytes?n=5");

        Assert.StartsWith("HTTP/1.1 103 Early Hints", hints, StringComparison.Ordinal);
        Assert.Contains("HTTP/1.1 200 OK", hints, StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 204 No Content", empty, StringComparison.Ordinal);
        Assert.Contains("content-length: 5", head, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("h2", true, "\":scheme\":\"https\"")]
    [InlineData("h2", false, "\":scheme\":\"https\"")]
    [InlineData("auto", true, "\":scheme\":\"https\"")]
    [InlineData("http/1.1", true, "HTTP/1.1 /")]
    public async Task Over_tls_alpn_decides(string protocol, bool both, string expected)
    {
        using var authority = new TestCertificates();
        TestCertificates.Leaf leaf = authority.Issue(["app.test"]);
        await using NodeOrigin origin = await NodeOrigin.Http2Async(leaf.CertificatePem + leaf.KeyPem, both);
        await using NodeProcess node = await StartTlsAsync(authority, protocol, $"https://127.0.0.1:{origin.Port}");

        for (int i = 0; i < 3; i++)
        {
            Assert.Contains(expected, await Curl.BodyAsync($"{node.Url}/"), StringComparison.Ordinal);
        }

        Assert.Equal(1, await OpenedAsync(node));
    }

    [Theory]
    [InlineData("auto", 200)]
    [InlineData("h2", 502)]
    public async Task A_member_without_http2_is_used_as_it_is_only_with_auto(string protocol, int status)
    {
        using var authority = new TestCertificates();
        TestCertificates.Leaf leaf = authority.Issue(["app.test"]);
        await using NodeProcess member = await NodeProcess.StartAsync(new NodeSettings
        {
            Listener = "tls { certificates = [ { certificate = a.pem } ], unknown-name = default }",
            Rules = "routes = [ { match { path = \"/\" }, respond { status = 200, body = plain } } ]",
            Files = new Dictionary<string, string> { ["a.pem"] = leaf.CertificatePem + leaf.KeyPem },
        });
        await using NodeProcess node = await StartTlsAsync(authority, protocol, $"https://127.0.0.1:{member.Port}");

        for (int i = 0; i < 3; i++)
        {
            // The first one settles it and is sent again, although it could not be repeated.
            WireMessage answer = await node.AskAsync(
                (i == 0 ? "POST" : "PUT")
                + " / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            Assert.Equal(status, answer.Status);
        }

        if (status == 200)
        {
            // The connection that settled it was used.
            Assert.Equal(1, await OpenedAsync(node));
        }
    }

    [Theory]
    [InlineData("auto", "/old-only", "HTTP/1.1 /old-only")]
    [InlineData("auto", "/old-only-all", "HTTP/1.1 /old-only-all")]
    [InlineData("h2", "/old-only", "502 Bad Gateway")]
    public async Task An_origin_that_requires_http1_gets_it_where_both_are_allowed(
        string protocol, string path, string expected)
    {
        using var authority = new TestCertificates();
        TestCertificates.Leaf leaf = authority.Issue(["app.test"]);
        await using NodeOrigin origin = await NodeOrigin.Http2Async(leaf.CertificatePem + leaf.KeyPem, both: true);
        await using NodeProcess node = await StartTlsAsync(authority, protocol, $"https://127.0.0.1:{origin.Port}");

        Assert.Contains("\":path\":\"/\"", await Curl.BodyAsync($"{node.Url}/"), StringComparison.Ordinal);
        string answer = await Curl.BodyAsync("-i", $"{node.Url}{path}");
        string next = await Curl.BodyAsync("-d", "once", $"{node.Url}/next");

        Assert.Contains(expected, answer, StringComparison.Ordinal);
        // It is remembered, so that the next one goes the right way at once, whatever its method.
        Assert.Contains(
            protocol == "auto" ? "HTTP/1.1 /next" : "\":path\":\"/next\"", next, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_that_cannot_be_repeated_is_not_when_http1_is_required()
    {
        using var authority = new TestCertificates();
        TestCertificates.Leaf leaf = authority.Issue(["app.test"]);
        await using NodeOrigin origin = await NodeOrigin.Http2Async(leaf.CertificatePem + leaf.KeyPem, both: true);
        await using NodeProcess node = await StartTlsAsync(authority, "auto", $"https://127.0.0.1:{origin.Port}");

        string first = await Curl.BodyAsync("-i", "-d", "once", $"{node.Url}/old-only");
        string second = await Curl.BodyAsync("-i", "-d", "again", $"{node.Url}/old-only");

        Assert.StartsWith("HTTP/1.1 502", first, StringComparison.Ordinal);
        Assert.Contains("HTTP/1.1 /old-only", second, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Checks_speak_what_requests_speak()
    {
        await using NodeOrigin origin = await NodeOrigin.Http2Async();
        const string Checks = "health { active { interval = 100ms } }\ninitial-state = down\nprotocol = ";
        await using NodeProcess right = await StartAsync(origin, Checks + "h2");
        await using NodeProcess wrong = await StartAsync(origin, Checks + "\"http/1.1\"");

        await right.Child.WaitForOutputAsync("member app/m1 is Open");
        Assert.Equal(200, (await right.AskAsync("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).Status);
        Assert.Equal(503, (await wrong.AskAsync("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).Status);
    }

    private static async Task<int> OpenedAsync(NodeProcess node)
    {
        const string Name = "proxy_member_connections_opened_total{pool=\"app\",member=\"m1\"} ";
        string line = (await node.ManageAsync("/metrics")).Text.Split('\n')
            .Single(one => one.StartsWith(Name, StringComparison.Ordinal));
        return int.Parse(line[Name.Length..], CultureInfo.InvariantCulture);
    }

    private static Task<NodeProcess> StartAsync(NodeOrigin origin, string pool = "protocol = h2") =>
        NodeProcess.StartAsync(new NodeSettings
        {
            Listener = Either, Rules = NodeSettings.Pool(pool, $"http://127.0.0.1:{origin.Port}"),
        });

    private static Task<NodeProcess> StartTlsAsync(TestCertificates authority, string protocol, string url) =>
        NodeProcess.StartAsync(new NodeSettings
        {
            Rules = NodeSettings.Pool(
                $"protocol = \"{protocol}\", tls {{ ca = ca.pem, server-name = app.test }}", url),
            Files = new Dictionary<string, string> { ["ca.pem"] = authority.CaPem },
        });
}
