using Proxy.Edge.Http;

namespace Proxy.Tests.Edge.Http1;

public sealed class ConnectionOptionsTests
{
    [Theory]
    [InlineData("close", true, false)]
    [InlineData("Close", true, false)]
    [InlineData("keep-alive", false, true)]
    [InlineData("Keep-Alive, CLOSE", true, true)]
    [InlineData("closed", false, false)]
    [InlineData("", false, false)]
    public void Close_and_keep_alive_are_seen(string value, bool close, bool keepAlive)
    {
        RequestHead head = Head($"Connection: {value}\r\n");

        Assert.Equal((close, keepAlive), (head.HasClose, head.HasKeepAlive));
    }

    [Fact]
    public void Options_of_several_fields_count_together()
    {
        RequestHead head = Head("Connection: keep-alive\r\nConnection: close\r\n");

        Assert.True(head.HasClose && head.HasKeepAlive);
    }

    [Fact]
    public void Hop_by_hop_fields_are_not_forwarded_even_when_not_named()
    {
        RequestHead head = Head(
            "Keep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\nTE: trailers\r\nUpgrade: h2c\r\n"
            + "HTTP2-Settings: AAMAAABkAAQ\r\nProxy-Authorization: Basic eA==\r\n"
            + "Transfer-Encoding: chunked\r\nTrailer: X\r\n");

        Assert.Equal("Host: h\r\nTrailer: X\r\n", Reading.Forwarded(head));
    }

    [Fact]
    public void What_Connection_names_is_not_forwarded()
    {
        RequestHead head = Head("X-One: 1\r\nX-Two: 2\r\nx-one: 3\r\nConnection: X-ONE\r\n");

        Assert.Equal("Host: h\r\nX-Two: 2\r\n", Reading.Forwarded(head));
    }

    [Theory]
    [InlineData("Content-Length: 5")]
    [InlineData("Cookie: a=b")]
    [InlineData("Authorization: Basic eA==")]
    [InlineData("X-Forwarded-For: 192.0.2.1")]
    [InlineData("X-Real-IP: 192.0.2.1")]
    [InlineData("Forwarded: for=192.0.2.1")]
    [InlineData("Client-Cert: :eA==:")]
    [InlineData("Cache-Control: no-store")]
    [InlineData("Via: 1.1 a")]
    public void A_client_cannot_have_end_to_end_fields_removed(string line)
    {
        RequestHead head = Head($"{line}\r\nConnection: close, Host, {line[..line.IndexOf(':')]}\r\n");

        Assert.Equal($"Host: h\r\n{line}\r\n", Reading.Forwarded(head));
    }

    [Theory]
    [InlineData("GET", "1.1", "Connection: upgrade\r\nUpgrade: websocket\r\n", true, true)]
    [InlineData("GET", "1.1", "Connection: Upgrade\r\nUpgrade: WebSocket\r\n", true, true)]
    [InlineData("GET", "1.1", "Upgrade: websocket\r\n", false, false)]
    [InlineData("GET", "1.1", "Connection: upgrade\r\n", false, false)]
    [InlineData("GET", "1.0", "Connection: upgrade\r\nUpgrade: websocket\r\n", false, false)]
    [InlineData("POST", "1.1", "Connection: upgrade\r\nUpgrade: websocket\r\n", true, false)]
    [InlineData("GET", "1.1", "Connection: upgrade\r\nUpgrade: h2c\r\n", true, false)]
    [InlineData("GET", "1.1", "Connection: upgrade\r\nUpgrade: websocket, h2c\r\n", true, false)]
    [InlineData("GET", "1.1", "Connection: upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\n", true, false)]
    public void An_upgrade_needs_both_fields_and_WebSocket_nothing_else(
        string method, string version, string lines, bool upgrade, bool webSocket)
    {
        RequestHead head = Reading.Accepted($"{method} / HTTP/{version}\r\nHost: h\r\n{lines}\r\n");

        Assert.Equal((upgrade, webSocket), (head.HasUpgrade, head.IsWebSocketUpgrade));
        Assert.Equal("Host: h\r\n", Reading.Forwarded(head));
    }

    [Fact]
    public void A_head_that_is_used_again_forgets_its_marks()
    {
        RequestHead head = new();
        int scanned = 0;
        foreach ((string lines, string forwarded) in new[]
            {
                ("X: 1\r\nConnection: close, X\r\n", "Host: h\r\n"),
                ("X: 1\r\n", "Host: h\r\nX: 1\r\n"),
            })
        {
            byte[] bytes = System.Text.Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nHost: h\r\n{lines}\r\n");
            Proxy.Edge.Http1.RequestHeadParser.Parse(
                bytes, 0, bytes.Length, ref scanned, head, new Proxy.Edge.Http1.Http1Limits(), out _);

            Assert.Equal(forwarded, Reading.Forwarded(head));
        }

        Assert.False(head.HasClose);
    }

    private static RequestHead Head(string lines) => Reading.Accepted($"PUT / HTTP/1.1\r\nHost: h\r\n{lines}\r\n");
}
