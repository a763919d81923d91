using System.Net;
using System.Net.Sockets;
using Proxy.Edge.Engine;
using Proxy.Edge.Topology;

namespace Proxy.Tests.Edge.Os;

/// <summary>The loop with real sockets on loopback.</summary>
public sealed class EpollLoopTests
{
    [Fact]
    public async Task An_accepted_connection_is_read_and_written_and_ended_in_order()
    {
        await using var rig = new EpollRig();
        IPEndPoint address = await rig.ListenAsync(Echo);
        using Socket socket = await EpollRig.ConnectAsync(address);

        await socket.SendAsync("hello"u8.ToArray());
        socket.Shutdown(SocketShutdown.Send);

        Assert.Equal("hello"u8.ToArray(), await EpollRig.ReadToEndAsync(socket));
    }

    [Fact]
    public async Task A_large_transfer_waits_for_its_reader_and_loses_nothing()
    {
        await using var rig = new EpollRig();
        int mostUnsent = 0;
        var blocked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        IPEndPoint address = await rig.ListenAsync(channel => BoundedEcho(channel, unsent =>
        {
            mostUnsent = Math.Max(mostUnsent, unsent);
            blocked.TrySetResult();
        }));
        using Socket socket = await EpollRig.ConnectAsync(address);
        byte[] sent = EpollRig.Bytes(20_000_000);

        Task sending = SendAllAsync(socket, sent);
        // Nobody reads until the echo is stuck.
        await blocked.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        byte[] received = await EpollRig.ReadToEndAsync(socket);
        await sending;

        Assert.True(sent.AsSpan().SequenceEqual(received));
        Assert.InRange(mostUnsent, 1, 2 * 1024 * 1024);
        Assert.Equal(0, await rig.Call(() => rig.Loop.Buffers.RentedBytes));
    }

    [Theory]
    [InlineData(100_000)]
    [InlineData(9_999_999)]
    public async Task Splicing_moves_the_same_bytes_as_copying_would_and_leaves_the_rest(int count)
    {
        await using var rig = new EpollRig();
        byte[] sent = EpollRig.Bytes(count);
        var rest = new TaskCompletionSource<byte[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        Channel? sink = null;
        long moved = 0;
        IPEndPoint sinkAddress = await rig.ListenAsync(channel =>
        {
            sink = channel;
            return new TestHandler();
        });
        using Socket reader = await EpollRig.ConnectAsync(sinkAddress);
        IPEndPoint sourceAddress = await rig.ListenAsync(channel =>
        {
            Assert.True(channel.SpliceTo(sink!, count));
            return new TestHandler
            {
                Data = (buffer, offset, length) => rest.TrySetResult(buffer[offset..(offset + length)]),
                Spliced = (bytes, done) =>
                {
                    moved += bytes;
                    if (done)
                    {
                        sink!.CloseAfterFlush();
                    }
                },
            };
        });
        while (await rig.Call(() => sink is null))
        {
        }

        using Socket writer = await EpollRig.ConnectAsync(sourceAddress);
        Task sending = SendAllAsync(writer, [.. sent, .. "rest"u8]);
        byte[] spliced = await EpollRig.ReadToEndAsync(reader);

        Assert.True(sent.AsSpan().SequenceEqual(spliced));
        await sending;
        Assert.Equal("rest"u8.ToArray(), await rest.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        Assert.Equal(count, await rig.Call(() => moved));
    }

    [Fact]
    public async Task A_reset_is_a_failure_and_an_end_is_not()
    {
        await using var rig = new EpollRig();
        var handlers = new Queue<TestHandler>([new TestHandler(), new TestHandler()]);
        TestHandler[] both = [.. handlers];
        IPEndPoint address = await rig.ListenAsync(_ => handlers.Dequeue());

        using Socket first = await EpollRig.ConnectAsync(address);
        first.Shutdown(SocketShutdown.Send);
        await both[0].Ended;
        Socket second = await EpollRig.ConnectAsync(address);
        second.LingerState = new LingerOption(true, 0);
        second.Close();

        Assert.Equal(ChannelError.Reset, await both[1].Failed);
        Assert.False(both[0].Failed.IsCompleted);
    }

    [Fact]
    public async Task An_abort_is_seen_as_a_reset()
    {
        await using var rig = new EpollRig();
        IPEndPoint address = await rig.ListenAsync(channel => new TestHandler { Data = (_, _, _) => channel.Abort() });
        using Socket socket = await EpollRig.ConnectAsync(address);
        await socket.SendAsync("x"u8.ToArray());

        SocketException error = await Assert.ThrowsAsync<SocketException>(() => EpollRig.ReadToEndAsync(socket));
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
    }

    [Fact]
    public async Task A_refused_connection_is_reported_after_the_call()
    {
        await using var rig = new EpollRig();
        IPEndPoint free;
        using (var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            free = (IPEndPoint)socket.LocalEndPoint!;
        }

        var handler = new TestHandler();
        Channel channel = await rig.Call(() => rig.Loop.Connect(SocketTarget.Inet(free.Address, free.Port), handler));

        Assert.Equal(ChannelError.ConnectRefused, await handler.Failed);
        Assert.False(channel.IsOpen);
    }

    [Fact]
    public async Task What_is_sent_before_the_connection_stands_arrives()
    {
        await using var rig = new EpollRig();
        IPEndPoint address = await rig.ListenAsync(Echo);
        var echoed = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var handler = new TestHandler
        {
            Data = (buffer, offset, count) =>
                echoed.TrySetResult(System.Text.Encoding.ASCII.GetString(buffer, offset, count)),
        };

        await rig.Call(() =>
        {
            Channel channel = rig.Loop.Connect(SocketTarget.Inet(address.Address, address.Port), handler);
            channel.Send("early"u8.ToArray(), 0, 5);
            return channel.UnsentBytes;
        });

        await handler.Connected;
        Assert.Equal("early", await echoed.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Many_connections_are_served_side_by_side()
    {
        await using var rig = new EpollRig();
        IPEndPoint address = await rig.ListenAsync(Echo);

        await Task.WhenAll(Enumerable.Range(0, 300).Select(async i =>
        {
            using Socket socket = await EpollRig.ConnectAsync(address);
            byte[] sent = EpollRig.Bytes(1 + (i * 50));
            await socket.SendAsync(sent);
            socket.Shutdown(SocketShutdown.Send);
            Assert.Equal(sent, await EpollRig.ReadToEndAsync(socket));
        }));
    }

    [Fact]
    public async Task Tasks_posted_by_many_threads_all_run_on_the_one_thread_of_the_loop()
    {
        await using var rig = new EpollRig();
        int loopThread = await rig.Call(() => Environment.CurrentManagedThreadId);
        int count = 0;

        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            await Task.Yield();
            for (int i = 0; i < 200; i++)
            {
                Assert.Equal(loopThread, await rig.Call(() =>
                {
                    count++;
                    return Environment.CurrentManagedThreadId;
                }));
            }
        }));

        Assert.Equal(1600, await rig.Call(() => count));
    }

    [Fact]
    public async Task A_throwing_handler_loses_its_connection_and_nothing_else()
    {
        await using var rig = new EpollRig();
        bool first = true;
        var broken = new TestHandler { Data = (_, _, _) => throw new InvalidOperationException("broken") };
        IPEndPoint address = await rig.ListenAsync(channel =>
        {
            IChannelHandler handler = first ? broken : Echo(channel);
            first = false;
            return handler;
        });
        using Socket victim = await EpollRig.ConnectAsync(address);
        await victim.SendAsync("x"u8.ToArray());

        Assert.Equal(ChannelError.HandlerFailed, await broken.Failed);
        using Socket other = await EpollRig.ConnectAsync(address);
        await other.SendAsync("y"u8.ToArray());
        other.Shutdown(SocketShutdown.Send);

        Assert.Equal("y"u8.ToArray(), await EpollRig.ReadToEndAsync(other));
        Assert.Single(rig.Failures);
    }

    [Fact]
    public async Task A_listener_on_a_taken_address_fails_and_says_so()
    {
        await using var rig = new EpollRig();
        IPEndPoint taken = await rig.ListenAsync(Echo);

        IOException error = await Assert.ThrowsAsync<IOException>(() => rig.Call(() =>
            rig.Loop.Listen(SocketTarget.Inet(taken.Address, taken.Port), 16, null!, join: false)));

        Assert.Contains(taken.ToString(), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connections_wait_in_the_queue_while_the_acceptor_wants_none()
    {
        await using var rig = new EpollRig();
        bool open = false;
        IPEndPoint address = await rig.ListenAsync(Echo, () => open);
        using Socket socket = await EpollRig.ConnectAsync(address);
        await socket.SendAsync("late"u8.ToArray());
        socket.Shutdown(SocketShutdown.Send);

        // The loop runs on and does not spin on the level-triggered listener more than its pause allows.
        await rig.Call(() => open);
        Assert.Equal(0, socket.Available);
        await rig.Call(() => open = true);

        Assert.Equal("late"u8.ToArray(), await EpollRig.ReadToEndAsync(socket));
    }

    [Fact]
    public async Task Bytes_or_an_end_that_nobody_asked_for_are_seen_by_asking()
    {
        await using var rig = new EpollRig();
        Channel? accepted = null;
        var handler = new TestHandler();
        IPEndPoint address = await rig.ListenAsync(channel =>
        {
            accepted = channel;
            channel.Pause();
            return handler;
        });
        using Socket socket = await EpollRig.ConnectAsync(address);
        while (await rig.Call(() => accepted is null))
        {
        }

        Assert.False(await rig.Call(() => accepted!.HasUnreadInput()));
        await socket.SendAsync("x"u8.ToArray());

        Assert.True(await rig.Call(() => accepted!.HasUnreadInput()));
    }

    private static async Task SendAllAsync(Socket socket, byte[] bytes)
    {
        for (int sent = 0; sent < bytes.Length;)
        {
            sent += await socket.SendAsync(bytes.AsMemory(sent), TestContext.Current.CancellationToken);
        }

        socket.Shutdown(SocketShutdown.Send);
    }

    private static TestHandler Echo(Channel channel) => new()
    {
        Data = channel.Send,
        End = channel.CloseAfterFlush,
    };

    /// <summary>Reads on only when everything was written.</summary>
    private static TestHandler BoundedEcho(Channel channel, Action<int> note) => new()
    {
        Data = (buffer, offset, count) =>
        {
            channel.Send(buffer, offset, count);
            if (channel.UnsentBytes > 0)
            {
                note(channel.UnsentBytes);
                channel.Pause();
            }
        },
        Drained = channel.Resume,
        End = channel.CloseAfterFlush,
    };
}
