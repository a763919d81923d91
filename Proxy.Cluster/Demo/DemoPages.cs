using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Proxy.Cluster.Demo;

/// <summary>What a demo origin answers.</summary>
internal sealed class DemoPages(string name, TimeProvider time)
{
    private const int LargestBody = 1 << 30;

    private long _requests;

    public void Map(WebApplication origin)
    {
        origin.Use(Count);
        origin.Map("/health", () => Results.Text("ok\n"));
        origin.Map("/slow", Slow);
        origin.Map("/status/{code:int}", (int code) => Results.StatusCode(code is >= 200 and <= 599 ? code : 400));
        origin.Map("/bytes/{count:long}", Bytes);
        origin.Map("/redirect", (HttpContext context) => Results.Redirect(Self(context) + "/landed?by=redirect"));
        origin.Map("/cookie", SetCookie);
        origin.Map("/session", new DemoSessions(name).Answer);
        origin.Map("/echo", Echo);
        origin.Map("/ws", EchoSocket);
        origin.Map("/sse", Events);
        origin.MapFallback(Describe);
    }

    private static string Self(HttpContext context) =>
        "http://" + new IPEndPoint(
            context.Connection.LocalIpAddress ?? IPAddress.Loopback, context.Connection.LocalPort);

    private Task Count(HttpContext context, RequestDelegate next)
    {
        Interlocked.Increment(ref _requests);
        context.Response.Headers["X-Backend"] = name;
        return next(context);
    }

    private async Task Slow(HttpContext context)
    {
        var wait = int.TryParse(context.Request.Query["ms"], CultureInfo.InvariantCulture, out var ms) ? ms : 1000;
        wait = Math.Clamp(wait, 0, 600_000);
        await Task.Delay(TimeSpan.FromMilliseconds(wait), time, context.RequestAborted);
        await context.Response.WriteAsync($"{name} took {wait} ms\n", context.RequestAborted);
    }

    private static async Task Bytes(HttpContext context, long count)
    {
        if (count is < 0 or > LargestBody)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = count;
        var piece = new byte[Math.Min(64 * 1024, Math.Max(1, count))];
        piece.AsSpan().Fill((byte)'x');
        for (var left = count; left > 0; left -= piece.Length)
        {
            var length = (int)Math.Min(left, piece.Length);
            await context.Response.Body.WriteAsync(piece.AsMemory(0, length), context.RequestAborted);
        }
    }

    /// <summary>A cookie bound to this origin's own idea of its address and path, as applications do it.</summary>
    private async Task SetCookie(HttpContext context)
    {
        context.Response.Headers.Append("Set-Cookie", $"visited={name}; Path=/; Domain=127.0.0.1; HttpOnly");
        await context.Response.WriteAsync($"{name} sent a cookie\n", context.RequestAborted);
    }

    private static Task Echo(HttpContext context)
    {
        context.Response.ContentType = context.Request.ContentType ?? "application/octet-stream";
        context.Response.ContentLength = context.Request.ContentLength;
        return context.Request.Body.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    private static async Task EchoSocket(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
            context.Response.Headers.Upgrade = "websocket";
            return;
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
        try
        {
            while (true)
            {
                var received = await socket.ReceiveAsync(buffer.AsMemory(), context.RequestAborted);
                if (received.MessageType == WebSocketMessageType.Close)
                {
                    await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
                    return;
                }

                await socket.SendAsync(
                    buffer.AsMemory(0, received.Count),
                    received.MessageType,
                    received.EndOfMessage,
                    context.RequestAborted);
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // The other side left without saying so; there is nobody to tell.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>One server-sent event per second, ten of them (or ?count=), then the end.</summary>
    private async Task Events(HttpContext context)
    {
        var count = int.TryParse(context.Request.Query["count"], CultureInfo.InvariantCulture, out var n) ? n : 10;
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-store";
        for (var i = 1; i <= count; i++)
        {
            await context.Response.WriteAsync($"id: {i}\ndata: {name} says {i}\n\n", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            if (i < count)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), time, context.RequestAborted);
            }
        }
    }

    private async Task Describe(HttpContext context)
    {
        var request = context.Request;
        var fields = request.Headers.SelectMany(f => f.Value.Select(value => (f.Key, Value: value ?? ""))).ToList();
        if (request.Headers.Accept.ToString().Contains("application/json", StringComparison.OrdinalIgnoreCase))
        {
            await context.Response.WriteAsJsonAsync(
                new
                {
                    backend = name,
                    port = context.Connection.LocalPort,
                    method = request.Method,
                    target = request.Path + request.QueryString,
                    requests = Interlocked.Read(ref _requests),
                    headers = fields.Select(f => new { name = f.Key, value = f.Value }),
                },
                context.RequestAborted);
            return;
        }

        var rows = new StringBuilder();
        foreach (var (key, value) in fields)
        {
            rows.Append(
                CultureInfo.InvariantCulture,
                $"<tr><th>{WebUtility.HtmlEncode(key)}</th><td>{WebUtility.HtmlEncode(value)}</td></tr>\n");
        }

        context.Response.ContentType = "text/html; charset=utf-8";
        await context.Response.WriteAsync(
            $"""
            <!doctype html>
            <html lang="en">
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{name}</title>
            <style>
            body {'{'} font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 50rem; padding: 0 1rem {'}'}
            th {'{'} text-align: left; padding-right: 1rem; vertical-align: top {'}'}
            td {'{'} overflow-wrap: anywhere; font-family: monospace {'}'}
            </style>
            <h1>{name}</h1>
            <p>Port {context.Connection.LocalPort}, request {Interlocked.Read(ref _requests)}:
            <code>{WebUtility.HtmlEncode($"{request.Method} {request.Path}{request.QueryString}")}</code></p>
            <table>
            {rows}</table>
            <p>Try <a href="health">health</a>, <a href="slow?ms=500">slow</a>, <a href="status/404">status</a>,
            <a href="bytes/1000">bytes</a>, <a href="redirect">redirect</a>, <a href="cookie">cookie</a>,
            <a href="sse">sse</a>; POST to <code>echo</code>, open a WebSocket at <code>ws</code>.</p>
            </html>

            """,
            context.RequestAborted);
    }
}
