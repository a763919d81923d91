using System.Net;
using System.Net.WebSockets;
using System.Text;
using Proxy.Cluster.Demo;

namespace Proxy.Tests.Cluster.Demo;

public sealed class DemoBackendsTests : IAsyncLifetime
{
    private readonly CancellationTokenSource _stop = new();
    private readonly StringWriter _output = new();
    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false });
    private Task _running = Task.CompletedTask;
    private string[] _urls = [];

    public async ValueTask InitializeAsync()
    {
        var started = new StartedWriter(_output, lines: 2);
        _running = DemoBackends.RunAsync(
            [new(IPAddress.Loopback, 0), new(IPAddress.Loopback, 0)], "backend", started, _stop.Token);
        await Task.WhenAny(started.Started, _running);
        var lines = _output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        _urls = [.. lines.Select(line => line.Split(' ')[^1])];
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _client.Dispose();
        _stop.Dispose();
        _output.Dispose();
    }

    [Fact]
    public async Task Each_names_itself_and_shows_the_request_escaped()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, _urls[1] + "some/page?q=1");
        request.Headers.Add("X-Odd", "<script>");

        using var answer = await _client.SendAsync(request, TestContext.Current.CancellationToken);
        var page = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Contains("backend-2", page, StringComparison.Ordinal);
        Assert.Contains("/some/page?q=1", page, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("health", 200)]
    [InlineData("status/418", 418)]
    [InlineData("status/99", 400)]
    [InlineData("slow?ms=1", 200)]
    [InlineData("redirect", 302)]
    [InlineData("bytes/-1", 400)]
    [InlineData("ws", 426)]
    public async Task A_page_answers_with_its_status(string page, int status)
    {
        using var answer = await _client.GetAsync(new Uri(_urls[0] + page), TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode)status, answer.StatusCode);
    }

    [Fact]
    public async Task A_session_lives_in_one_origin()
    {
        string first = await SessionAsync(0, null);
        string id = first.Split(' ')[1];

        Assert.Equal($"backend-1 {id} 1\n", first);
        Assert.Equal($"backend-1 {id} 2\n", await SessionAsync(0, id));
        string elsewhere = await SessionAsync(1, id);
        Assert.StartsWith("backend-2 ", elsewhere, StringComparison.Ordinal);
        Assert.EndsWith(" 1\n", elsewhere, StringComparison.Ordinal);
        Assert.DoesNotContain(id, elsewhere, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bytes_are_as_many_as_asked_for_and_echo_returns_them()
    {
        var bytes =
            await _client.GetByteArrayAsync(new Uri(_urls[0] + "bytes/200000"), TestContext.Current.CancellationToken);
        using var posted = await _client.PostAsync(
            new Uri(_urls[0] + "echo"), new ByteArrayContent(bytes), TestContext.Current.CancellationToken);
        var echoed = await posted.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);

        Assert.Equal(200_000, bytes.Length);
        Assert.Equal(bytes, echoed);
    }

    [Fact]
    public async Task A_redirect_is_absolute_and_a_cookie_is_bound_to_the_origin()
    {
        using var redirect =
            await _client.GetAsync(new Uri(_urls[0] + "redirect"), TestContext.Current.CancellationToken);
        using var cookie = await _client.GetAsync(new Uri(_urls[0] + "cookie"), TestContext.Current.CancellationToken);

        Assert.StartsWith(_urls[0], redirect.Headers.Location?.ToString(), StringComparison.Ordinal);
        Assert.Contains("Domain=127.0.0.1", cookie.Headers.GetValues("Set-Cookie").Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_WebSocket_echoes()
    {
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(
            new Uri(_urls[0].Replace("http:", "ws:", StringComparison.Ordinal) + "ws"),
            TestContext.Current.CancellationToken);

        await socket.SendAsync(
            "hello"u8.ToArray(), WebSocketMessageType.Text, true, TestContext.Current.CancellationToken);
        var buffer = new byte[100];
        var received = await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, TestContext.Current.CancellationToken);

        Assert.Equal("hello", Encoding.UTF8.GetString(buffer, 0, received.Count));
    }

    [Fact]
    public async Task Events_stream()
    {
        var text =
            await _client.GetStringAsync(new Uri(_urls[0] + "sse?count=1"), TestContext.Current.CancellationToken);

        Assert.Equal("id: 1\ndata: backend-1 says 1\n\n", text);
    }

    /// <summary>Tells when so many lines have been written.</summary>
    private sealed class StartedWriter(TextWriter inner, int lines) : TextWriter
    {
        private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _left = lines;

        public Task Started => _started.Task;

        public override Encoding Encoding => inner.Encoding;

        public override Task WriteLineAsync(string? value)
        {
            inner.WriteLine(value);
            if (--_left == 0)
            {
                _started.SetResult();
            }

            return Task.CompletedTask;
        }
    }

    private async Task<string> SessionAsync(int origin, string? id)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, _urls[origin] + "session");
        if (id is not null)
        {
            request.Headers.Add("Cookie", $"JSESSIONID={id}");
        }

        using var answer = await _client.SendAsync(request, TestContext.Current.CancellationToken);
        return await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }
}
