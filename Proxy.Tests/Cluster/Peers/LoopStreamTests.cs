using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Proxy.Cluster.Peers.Transport;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Cluster.Peers;

/// <summary>Real sockets on loopback.</summary>
public sealed class LoopStreamTests : IAsyncLifetime
{
    private readonly PeerLoop _loop = new(static () => 50_000, NullLogger.Instance);
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task More_than_the_kernel_takes_arrives_whole_and_in_order_both_ways()
    {
        (LoopStream one, LoopStream other) = await PairAsync();
        await using LoopStream first = one;
        await using LoopStream second = other;

        await Task.WhenAll(
            WriteAsync(first, 1), WriteAsync(second, 2), ReadAsync(second, 1), ReadAsync(first, 2))
            .WaitAsync(Wire.Patience, Cancel);
    }

    [Fact]
    public async Task Forty_streams_share_one_thread()
    {
        var pairs = new List<(LoopStream One, LoopStream Other)>();
        for (int i = 0; i < 20; i++)
        {
            pairs.Add(await PairAsync());
        }

        byte[][] buffers = [.. pairs.Select(static _ => new byte[16])];
        Task<int>[] reads = [.. pairs.Select((pair, i) => pair.Other.ReadAsync(buffers[i], Cancel).AsTask())];
        for (int i = 0; i < pairs.Count; i++)
        {
            await pairs[i].One.WriteAsync(new byte[] { (byte)i }, Cancel);
        }

        Assert.All(await Task.WhenAll(reads).WaitAsync(Wire.Patience, Cancel), static count => Assert.Equal(1, count));
        Assert.Equal(Enumerable.Range(0, 20), buffers.Select(static buffer => (int)buffer[0]));
        pairs.ForEach(static pair => pair.One.Dispose());
        foreach ((_, LoopStream other) in pairs)
        {
            Assert.Equal(0, await other.ReadAsync(buffers[0], Cancel));
            await other.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_peer_that_sends_without_end_does_not_keep_the_thread_from_others()
    {
        (LoopStream drain, Socket flood) = await ConnectAsync();
        (LoopStream one, LoopStream other) = await PairAsync();
        await using LoopStream first = one;
        await using LoopStream second = other;
        var pours = new Thread(() => Pour(flood));
        pours.Start();
        Task drains = DrainAsync(drain);
        byte[] buffer = new byte[1];
        for (int i = 0; i < 50; i++)
        {
            ValueTask<int> read = second.ReadAsync(buffer, Cancel);
            await first.WriteAsync(new byte[] { (byte)i }, Cancel);
            Assert.Equal(1, await read.AsTask().WaitAsync(Wire.Patience, Cancel));
            await Task.Yield();
        }

        flood.Dispose();
        pours.Join();
        await drains;
        await drain.DisposeAsync();
    }

    [Fact]
    public async Task A_read_that_was_given_up_takes_nothing_of_what_comes_later()
    {
        (LoopStream one, LoopStream other) = await PairAsync();
        await using LoopStream first = one;
        await using LoopStream second = other;
        using var patience = new CancellationTokenSource();
        byte[] forsaken = new byte[8];
        Task<int> read = second.ReadAsync(forsaken, patience.Token).AsTask();

        await patience.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => read);
        await first.WriteAsync(new byte[] { 7 }, Cancel);
        byte[] buffer = new byte[8];

        Assert.Equal(1, await second.ReadAsync(buffer, Cancel));
        Assert.Equal((7, 0), (buffer[0], forsaken[0]));
    }

    [Fact]
    public async Task Closing_ends_what_waits()
    {
        (LoopStream one, LoopStream other) = await PairAsync();
        await using LoopStream second = other;
        Task<int> read = one.ReadAsync(new byte[8], Cancel).AsTask();
        Task write = one.WriteAsync(new byte[64 << 20], Cancel).AsTask();

        await one.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => read);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => write);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => one.ReadAsync(new byte[8], Cancel).AsTask());
    }

    [Fact]
    public async Task A_peer_that_breaks_off_is_an_error_and_nobody_at_the_address_a_refusal()
    {
        (LoopStream one, Socket other) = await ConnectAsync();
        await using LoopStream first = one;
        Task<int> read = first.ReadAsync(new byte[8], Cancel).AsTask();
        other.LingerState = new LingerOption(enable: true, 0);
        other.Dispose();
        IOException broken = await Assert.ThrowsAsync<IOException>(() => read);
        Assert.Equal(
            SocketError.ConnectionReset, Assert.IsType<SocketException>(broken.InnerException).SocketErrorCode);

        using var free = new FreePort();
        SocketException refused = await Assert.ThrowsAsync<SocketException>(
            () => LoopStream.ConnectAsync(_loop, new PeerAddress("127.0.0.1", free.Number), Cancel));
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
    }

    public ValueTask InitializeAsync()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(64);
        _loop.Start();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _loop.DisposeAsync();
    }

    private static void Pour(Socket to)
    {
        byte[] buffer = new byte[1 << 20];
        try
        {
            while (true)
            {
                to.Send(buffer);
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private static async Task DrainAsync(LoopStream from)
    {
        byte[] buffer = new byte[16]; // Slower than the sender: there is always more.
        try
        {
            while (await from.ReadAsync(buffer, Cancel) > 0)
            {
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // As above.
        }
    }

    private static async Task WriteAsync(LoopStream to, int seed)
    {
        var random = new Random(seed);
        byte[] bytes = new byte[1 << 20];
        for (int i = 0; i < 12; i++)
        {
            random.NextBytes(bytes);
            await to.WriteAsync(bytes.AsMemory(0, bytes.Length - i), Cancel);
        }

        to.EndSending();
    }

    private static async Task ReadAsync(LoopStream from, int seed)
    {
        var random = new Random(seed);
        byte[] expected = new byte[1 << 20];
        byte[] bytes = new byte[1 << 20];
        for (int i = 0; i < 12; i++)
        {
            random.NextBytes(expected);
            int length = expected.Length - i;
            for (int have = 0, count; have < length; have += count)
            {
                count = await from.ReadAsync(bytes.AsMemory(have, Math.Min(length - have, 70_000)), Cancel);
                Assert.True(count > 0, string.Create(CultureInfo.InvariantCulture, $"ended in part {i} at {have}"));
            }

            Assert.True(expected.AsSpan(0, length).SequenceEqual(bytes.AsSpan(0, length)), $"part {i} of seed {seed}");
        }

        Assert.Equal(0, await from.ReadAsync(bytes, Cancel));
    }

    private async Task<(LoopStream One, LoopStream Other)> PairAsync()
    {
        (LoopStream one, Socket other) = await ConnectAsync();
        return (one, new LoopStream(_loop, other));
    }

    private async Task<(LoopStream One, Socket Other)> ConnectAsync()
    {
        int port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        LoopStream one = await LoopStream.ConnectAsync(_loop, new PeerAddress("127.0.0.1", port), Cancel);
        return (one, await _listener.AcceptAsync(Cancel));
    }
}
