using System.Globalization;
using System.Security.Cryptography;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>Servers and a client that others wrote.</summary>
[Trait("Suite", "Functional")]
public sealed class RealOriginTests
{
    [Fact]
    public async Task Files_of_nginx_arrive_unchanged_also_in_parts_and_conditionally()
    {
        await using var origin = await RealOrigin.NginxAsync("", ("page.txt", "a page\n"), ("big.txt", BigText()));
        await using var node = await NodeProcess.StartAsync(NodeSettings.To(origin.Url));
        var (direct, proxied) = ($"{origin.Url}/big.txt", $"{node.Url}/big.txt");

        Assert.Equal("a page\n", await Curl.BodyAsync($"{node.Url}/page.txt"));
        Assert.Equal(Hash(await Curl.BodyAsync(direct)), Hash(await Curl.BodyAsync(proxied)));
        Assert.Equal(await Curl.BodyAsync("-r", "1000-1999", direct), await Curl.BodyAsync("-r", "1000-1999", proxied));
        Assert.Contains("Content-Length: 7", await Curl.BodyAsync("--head", $"{node.Url}/page.txt"), StringComparison.Ordinal);
        Assert.Equal("404", await StatusAsync($"{node.Url}/missing"));
        var tag = (await node.AskAsync("GET /page.txt HTTP/1.1\r\nHost: x.test\r\n\r\n")).Value("ETag");
        Assert.Equal("304", await StatusAsync("-H", $"If-None-Match: {tag}", $"{node.Url}/page.txt"));
    }

    [Fact]
    public async Task Several_curl_requests_share_one_connection()
    {
        await using var origin = await RealOrigin.NginxAsync("location / { return 200 \"$connection \"; }");
        await using var node = await NodeProcess.StartAsync(NodeSettings.To(origin.Url));

        var output = await Curl.BodyAsync([.. Enumerable.Repeat($"{node.Url}/", 5), "-w", "%{num_connects}\n"]);

        var connects = output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Sum(line => int.Parse(line.Split(' ')[^1], CultureInfo.InvariantCulture));
        Assert.Equal(1, connects);
    }

    [Fact]
    public async Task Bodies_reach_a_Python_application_with_length_in_chunks_and_with_100_continue()
    {
        await using var origin = await RealOrigin.PythonAsync();
        await using var node = await NodeProcess.StartAsync(NodeSettings.To(origin.Url));
        using var folder = new TempFolder();
        var text = BigText();
        var file = folder.Write("body.txt", text);

        Assert.Equal(Hash(text), Hash(await Curl.BodyAsync("--data-binary", $"@{file}", $"{node.Url}/")));
        Assert.Equal(Hash(text), Hash(await Curl.BodyAsync("-H", "Expect:", "--data-binary", $"@{file}", $"{node.Url}/")));
        Assert.Equal(Hash(text), Hash(await Curl.BodyAsync(
            "-H", "Transfer-Encoding: chunked", "--data-binary", $"@{file}", $"{node.Url}/")));
    }

    [Fact]
    public async Task Answers_of_a_Python_application_arrive_in_every_framing()
    {
        await using var origin = await RealOrigin.PythonAsync();
        await using var node = await NodeProcess.StartAsync(NodeSettings.To(origin.Url));

        Assert.EndsWith("piece 49\n", await Curl.BodyAsync($"{node.Url}/chunks"), StringComparison.Ordinal);
        Assert.Equal("until the end\n", await Curl.BodyAsync($"{node.Url}/old"));
        Assert.Equal("until the end\n", await Curl.BodyAsync("--http1.0", $"{node.Url}/old"));
        Assert.EndsWith("piece 49\n", await Curl.BodyAsync("--http1.0", $"{node.Url}/chunks"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_Python_application_below_a_prefix_stays_there_with_redirects_and_cookies()
    {
        await using var origin = await RealOrigin.PythonAsync();
        await using var node = await NodeProcess.StartAsync(Mounted(origin));

        var login = await Curl.BodyAsync("-i", $"{node.Url}/app/login");
        Assert.Contains($"Location: {node.Url}/app/home", login, StringComparison.Ordinal);
        Assert.Contains("Path=/app/", login, StringComparison.Ordinal);
        Assert.Equal("python /home\n", await Curl.BodyAsync("-L", $"{node.Url}/app/login"));
    }

    [Fact]
    public async Task A_Tomcat_application_keeps_its_session_and_its_place_below_a_prefix()
    {
        await using var origin = await RealOrigin.TomcatAsync(
            ("count.jsp", """
                <%@ page session="true" contentType="text/plain" %><%
                  Integer n = (Integer) session.getAttribute("n");
                  session.setAttribute("n", n == null ? 1 : n + 1);
                %>visit <%= session.getAttribute("n") %> from <%= request.getHeader("X-Forwarded-For") %>
                """),
            ("go.jsp", """
                <% response.sendRedirect(request.getScheme() + "://" + request.getServerName() + ":"
                     + request.getServerPort() + "/count.jsp"); %>
                """),
            ("big.jsp", """
                <%@ page session="false" contentType="text/plain" %><% for (int i = 0; i < 20000; i++) { %>line <%= i %>
                <% } %>
                """));
        await using var node = await NodeProcess.StartAsync(Mounted(origin));
        using var folder = new TempFolder();
        var jar = Path.Combine(folder.Path, "cookies");

        var first = await Curl.BodyAsync("-c", jar, "-b", jar, $"{node.Url}/app/count.jsp");
        var second = await Curl.BodyAsync("-c", jar, "-b", jar, $"{node.Url}/app/count.jsp");
        var redirected = await Curl.BodyAsync("-L", "-c", jar, "-b", jar, $"{node.Url}/app/go.jsp");
        var big = await Curl.BodyAsync($"{node.Url}/app/big.jsp");

        Assert.Contains("visit 1 from 127.0.0.1", first, StringComparison.Ordinal);
        Assert.Contains("visit 2 from 127.0.0.1", second, StringComparison.Ordinal);
        Assert.Contains("visit 3 from 127.0.0.1", redirected, StringComparison.Ordinal);
        Assert.Contains("/app", await File.ReadAllTextAsync(jar, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Contains("line 19999", big, StringComparison.Ordinal);
    }

    private static NodeSettings Mounted(RealOrigin origin) => new()
    {
        Rules = $$"""
            routes = [ { match { path = "/app/" }, rewrite { prefix = "/" }, pool = app } ]
            pools { app { members = [ { name = a, url = "{{origin.Url}}" } ] } }
            """,
    };

    private static async Task<string> StatusAsync(params string[] arguments) =>
        (await Curl.BodyAsync(["-o", "/dev/null", "-w", "%{http_code}", .. arguments])).Trim();

    private static string BigText() =>
        string.Join('\n', Enumerable.Range(0, 60_000).Select(i => $"line {i} {i * 7919L % 10007}")) + "\n";

    private static string Hash(string text) => Convert.ToHexString(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)));
}
