using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Proxy.Tests.Kit;

/// <summary>One end of a TCP connection on which a test says and reads exact bytes. Every wait is bounded, except
/// those of an origin that serves in the background and outlives the test that made it.</summary>
internal class Wire(Socket socket, bool background = false) : IDisposable
{
    /// <summary>Longer than anything that works takes, even on a busy machine.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;

    public WireEnd End { get; private set; }

    /// <summary>Bytes that were received but not yet read by the test.</summary>
    public string Unread => Encoding.Latin1.GetString(_buffer, _start, _end - _start);

    public int LocalPort => ((IPEndPoint)socket.LocalEndPoint!).Port;

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        using var patience = Bounded();
        while (bytes.Length > 0)
        {
            var sent = await SendSomeAsync(bytes, patience.Token);
            bytes = bytes[sent..];
        }
    }

    /// <summary>Sends each piece on its own. The other side may still see several at once; it must not
    /// matter.</summary>
    public async Task SendPiecesAsync(IEnumerable<string> pieces)
    {
        foreach (var piece in pieces)
        {
            await SendAsync(piece);
            await Task.Yield();
        }
    }

    /// <summary>As much of this as the other side takes until it stops taking; returns how much that was.</summary>
    public async Task<long> SendUntilBlockedAsync(ReadOnlyMemory<byte> piece, long atMost, TimeSpan blockedFor)
    {
        var sent = 0L;
        try
        {
            while (sent < atMost)
            {
                using var patience = Bounded(blockedFor);
                sent += await socket.SendAsync(piece, SocketFlags.None, patience.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The other side is not reading, which is what the caller asks about.
        }

        return sent;
    }

    /// <summary>Reads a head; fails when the connection ends before it does.</summary>
    public async Task<WireMessage> ReadHeadAsync() => new() { Head = await ReadUntilAsync("\r\n\r\n") };

    public async Task<WireMessage> ReadRequestAsync()
    {
        var message = await ReadHeadAsync();
        await ReadFramedBodyAsync(message);
        return message;
    }

    /// <summary>The next response, interim ones included.</summary>
    public async Task<WireMessage> ReadResponseAsync(string method = "GET")
    {
        var message = await ReadHeadAsync();
        if (method == "HEAD" || message.Status is (>= 100 and < 200) or 204 or 304)
        {
            return message;
        }

        if (!await ReadFramedBodyAsync(message))
        {
            message.Body = await ReadToEndAsync();
            message.Complete = End == WireEnd.Closed;
        }

        return message;
    }

    public async Task<string> ReadUntilAsync(string marker)
    {
        var wanted = Encoding.Latin1.GetBytes(marker);
        while (true)
        {
            var at = _buffer.AsSpan(_start, _end - _start).IndexOf(wanted);
            if (at >= 0)
            {
                return Take(at + wanted.Length);
            }

            if (!await FillAsync())
            {
                throw new InvalidOperationException(
                    $"The connection ended ({End}) before \"{marker.Trim()}\" came; received: \"{Unread}\"");
            }
        }
    }

    /// <summary>Exactly so many bytes; fewer when the connection ends before.</summary>
    public async Task<byte[]> ReadExactlyAsync(int count)
    {
        while (_end - _start < count && await FillAsync())
        {
        }

        return TakeBytes(Math.Min(count, _end - _start));
    }

    /// <summary>Everything until the connection ends; <see cref="End"/> tells how.</summary>
    public async Task<byte[]> ReadToEndAsync()
    {
        while (await FillAsync())
        {
        }

        return TakeBytes(_end - _start);
    }

    /// <summary>Waits for the end and fails when anything else comes first.</summary>
    public async Task<WireEnd> ReadEndAsync()
    {
        var rest = await ReadToEndAsync();
        Assert.True(rest.Length == 0, $"Nothing but the end was expected, but: \"{Encoding.Latin1.GetString(rest)}\"");
        return End;
    }

    /// <summary>True when nothing comes for that long: neither bytes nor the end.</summary>
    public async Task<bool> IsSilentAsync(TimeSpan span)
    {
        if (_end > _start || End != WireEnd.Open)
        {
            return false;
        }

        try
        {
            await FillAsync(span);
            return false;
        }
        catch (TimeoutException)
        {
            return true;
        }
    }

    /// <summary>FIN: nothing more will be sent, reading goes on.</summary>
    public void CloseSend() => socket.Shutdown(SocketShutdown.Send);

    /// <summary>RST; nothing when it is already closed.</summary>
    public void Reset()
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            // Its reader was quicker, or the other side was.
        }

        socket.Dispose();
    }

    /// <summary>Sends some of it; how much.</summary>
    protected virtual ValueTask<int> SendSomeAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation) =>
        socket.SendAsync(bytes, SocketFlags.None, cancellation);

    /// <summary>Receives some; 0 at the end.</summary>
    protected virtual ValueTask<int> ReceiveSomeAsync(Memory<byte> room, CancellationToken cancellation) =>
        socket.ReceiveAsync(room, SocketFlags.None, cancellation);

    public void Dispose()
    {
        socket.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>False when the message has no framing of its own.</summary>
    private async Task<bool> ReadFramedBodyAsync(WireMessage message)
    {
        if (message.IsChunked)
        {
            await ReadChunksAsync(message);
            return true;
        }

        if (message.Values("Content-Length") is [var length])
        {
            var count = int.Parse(length, CultureInfo.InvariantCulture);
            message.Body = await ReadExactlyAsync(count);
            message.Complete = message.Body.Length == count;
            return true;
        }

        return false;
    }

    private async Task ReadChunksAsync(WireMessage message)
    {
        using var body = new MemoryStream();
        try
        {
            while (true)
            {
                var line = await ReadUntilAsync("\r\n");
                var size = int.Parse(line.Split(';')[0].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                if (size == 0)
                {
                    break;
                }

                body.Write(await ReadExactlyAsync(size));
                Assert.Equal("\r\n", await ReadUntilAsync("\r\n"));
            }

            var trailers = new List<string>();
            while (await ReadUntilAsync("\r\n") is var trailer && trailer != "\r\n")
            {
                trailers.Add(trailer[..^2]);
            }

            message.Trailers = [.. trailers];
        }
        catch (InvalidOperationException) when (End != WireEnd.Open)
        {
            message.Complete = false;
        }

        message.Body = body.ToArray();
    }

    private async Task<bool> FillAsync(TimeSpan? span = null)
    {
        if (End != WireEnd.Open)
        {
            return false;
        }

        if (_end == _buffer.Length)
        {
            MakeRoom();
        }

        using var patience = Bounded(span);
        try
        {
            var count = await ReceiveSomeAsync(_buffer.AsMemory(_end), patience.Token);
            _end += count;
            End = count == 0 ? WireEnd.Closed : WireEnd.Open;
            return count > 0;
        }
        catch (SocketException)
        {
            End = WireEnd.Reset;
            return false;
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"Nothing came for {span ?? Patience}; before it: \"{Unread}\"");
        }
    }

    private void MakeRoom()
    {
        var held = _end - _start;
        var target = held > _buffer.Length / 2 ? new byte[_buffer.Length * 2] : _buffer;
        Buffer.BlockCopy(_buffer, _start, target, 0, held);
        (_buffer, _start, _end) = (target, 0, held);
    }

    private byte[] TakeBytes(int count)
    {
        var bytes = _buffer.AsSpan(_start, count).ToArray();
        _start += count;
        return bytes;
    }

    private string Take(int count) => Encoding.Latin1.GetString(TakeBytes(count));

    private CancellationTokenSource Bounded(TimeSpan? span = null)
    {
        if (background)
        {
            return new CancellationTokenSource();
        }

        var source = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        source.CancelAfter(span ?? Patience);
        return source;
    }
}
