using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>A real browser: Chromium loads a page by HTTP/2 over TLS, posts to it from its script, and
/// talks over a WebSocket; what it shows in the end it tells the origin.</summary>
[Trait("Suite", "Functional")]
public sealed class BrowserTests : IAsyncDisposable
{
    private const string Page = """
        <!doctype html><title>test</title><p id=said>nothing yet</p>
        <script>
          const said = document.getElementById('said');
          async function run() {
            const parts = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(
              i => fetch('/part/' + i, { method: 'POST', body: 'n=' + i }).then(r => r.text())));
            const heard = await new Promise((resolve, reject) => {
              const socket = new WebSocket('wss://' + location.host + '/chat');
              socket.onopen = () => socket.send('ping from the page');
              socket.onmessage = e => { resolve(e.data); socket.close(); };
              socket.onerror = () => reject('the socket failed');
            });
            said.textContent = parts.join(',') + ' | ' + heard;
          }
          run().catch(e => said.textContent = 'failed: ' + e)
            .finally(() => fetch('/shown', { method: 'POST', body: document.body.innerText }));
        </script>
        """;

    private readonly TestCertificates _authority = new();
    private readonly ScriptedOrigin _origin = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<string> _shown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Task> _talks = [];

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _origin.DisposeAsync();
        await Task.WhenAll(_talks);
        _stop.Dispose();
        _authority.Dispose();
    }

    [Theory]
    [InlineData("h2, \"http/1.1\"", "HTTP/2.0")]
    [InlineData("\"http/1.1\"", "HTTP/1.1")]
    public async Task Chromium_loads_a_page_and_talks_over_a_websocket(string protocols, string logged)
    {
        Task serving = ServeAsync();
        TestCertificates.Leaf leaf = _authority.Issue(["shop.test"]);
        await using NodeProcess node = await NodeProcess.StartAsync(new NodeSettings
        {
            Listener = $$"""
                access-log { enabled = true, format = combined, path = "-" }
                protocols = [{{protocols}}]
                tls { certificates = [ { certificate = a.pem } ] }
                """,
            Rules = NodeSettings.Pool("", _origin.Url),
            Files = new Dictionary<string, string> { ["a.pem"] = leaf.CertificatePem + leaf.KeyPem },
        });

        await using ChildProcess browser = Browse(node, $"https://shop.test:{node.Port}/");
        await Eventually.IsTrueAsync(
            () => _shown.Task.IsCompleted || browser.HasEnded,
            () => $"the page is shown; browser:\n{browser.Output}\nnode:\n{node.Log}",
            TimeSpan.FromSeconds(30));
        Assert.False(browser.HasEnded, browser.Output);
        string page = await _shown.Task;

        Assert.Contains("part 1 n=1,part 2 n=2,part 3 n=3,part 4 n=4", page, StringComparison.Ordinal);
        Assert.Contains("part 8 n=8 | echo: ping from the page", page, StringComparison.Ordinal);
        await Eventually.IsTrueAsync(
            () => node.Log.Contains($"\"GET / {logged}\" 200", StringComparison.Ordinal)
                && node.Log.Contains($"\"POST /part/8 {logged}\" 200", StringComparison.Ordinal)
                && node.Log.Contains($" /chat {logged}\" ", StringComparison.Ordinal),
            () => node.Log);
        Assert.DoesNotContain("\" 502 ", node.Log, StringComparison.Ordinal);
        await _stop.CancelAsync();
        await serving;
    }

    private static ChildProcess Browse(NodeProcess node, string url) => ChildProcess.Start(
        "chromium",
        [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--no-proxy-server",
            $"--user-data-dir={Path.Combine(node.Folder, "browser")}", "--ignore-certificate-errors",
            "--host-resolver-rules=MAP shop.test 127.0.0.1", "--remote-debugging-port=0", url,
        ],
        node.Folder,
        ("HOME", node.Folder));

    /// <summary>Takes connections until the test is over; a browser opens several.</summary>
    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                _talks.Add(TalkAsync(await _origin.ConnectionAsync().WaitAsync(_stop.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private async Task TalkAsync(Wire wire)
    {
        try
        {
            while (true)
            {
                WireMessage request = await wire.ReadRequestAsync();
                if (request.Target == "/chat")
                {
                    await ChatAsync(wire, request);
                    return;
                }

                if (request.Target == "/shown")
                {
                    _shown.TrySetResult(request.Text);
                }

                await wire.SendAsync(request.Target switch
                {
                    "/" => Answer.Ok(Page, "Content-Type: text/html"),
                    "/favicon.ico" => Answer.With(404, ""),
                    "/shown" => Answer.Ok("thanks"),
                    _ => Answer.Ok($"part {request.Target[6..]} {request.Text}", "Content-Type: text/plain"),
                });
            }
        }
        catch (Exception error) when (error is InvalidOperationException or TimeoutException or SocketException)
        {
            // The node or the test is through with it.
        }
    }

    /// <summary>Answers one short text frame (RFC 6455 §5.2) with an echo, and a close with a close.</summary>
    private static async Task ChatAsync(Wire wire, WireMessage request)
    {
#pragma warning disable CA5350 // RFC 6455 §4.2.2 wants SHA-1; it guards nothing
        string accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(
            request.Value("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
        await wire.SendAsync(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + $"Sec-WebSocket-Accept: {accept}\r\n\r\n");
        string text = "echo: " + Encoding.UTF8.GetString(await ReadFrameAsync(wire));
        await wire.SendAsync((byte[])[0x81, (byte)text.Length, .. Encoding.UTF8.GetBytes(text)]);
        await ReadFrameAsync(wire);
        await wire.SendAsync((byte[])[0x88, 0]);
        wire.CloseSend();
        await wire.ReadToEndAsync();
    }

    private static async Task<byte[]> ReadFrameAsync(Wire wire)
    {
        byte[] head = await wire.ReadExactlyAsync(6);
        Assert.True(head.Length == 6, "the browser sent no frame");
        byte[] payload = await wire.ReadExactlyAsync(head[1] & 0x7F);
        return [.. payload.Select((one, i) => (byte)(one ^ head[2 + (i % 4)]))];
    }
}
