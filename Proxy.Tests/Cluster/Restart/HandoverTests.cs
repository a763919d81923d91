using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Proxy.Cluster.Restart;
using Proxy.Edge.Node;
using Proxy.Edge.Os.Network;
using Proxy.Edge.Replication;
using Proxy.Edge.Tls;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Cluster.Restart;

/// <summary>Both ends of a handover in one process.</summary>
public sealed class HandoverTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly TempFolder _folder = new();
    private readonly Predecessor _node = new();
    private HandoverDesk? _desk;

    private string Place => Path.Combine(_folder.Path, "handover.sock");

    public async ValueTask DisposeAsync()
    {
        if (_desk is not null)
        {
            await _desk.DisposeAsync();
        }

        _node.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Nobody_there_is_no_refusal() =>
        Assert.Equal(new TakeoverAnswer(null, null), Takeover.Ask(Place, Patience));

    [Fact]
    public async Task Sockets_and_state_arrive_and_the_old_process_gives_way_when_the_new_one_serves()
    {
        Open();
        using Takeover taken = (await AskAsync()).Taken!;

        Assert.Equal(0, _node.GaveWayTo);
        Assert.Equal(("web", "127.0.0.1:0", 0), Named(Assert.Single(taken.Sockets)));
        Assert.Equal([1, 1], taken.State["numbers"].ToArray());
        Assert.True(await Task.Run(() => taken.Serving(Patience), TestContext.Current.CancellationToken));
        Assert.Equal(Environment.ProcessId, _node.GaveWayTo);
        Assert.Equal([1, 2], taken.State["numbers"].ToArray());
        DescriptorPassing.Close(taken.Sockets[0].Descriptor);
    }

    /// <summary>The queue belongs to the open file, which lives as long as one of the two has it.</summary>
    [Fact]
    public async Task A_connection_queued_before_the_old_process_closed_is_accepted_by_the_new_one()
    {
        Open();
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(_node.Address, TestContext.Current.CancellationToken);
        using Takeover taken = (await AskAsync()).Taken!;
        _node.CloseListener();

        using var listener = new Socket(new SafeSocketHandle(taken.Sockets[0].Descriptor, ownsHandle: true));
        using Socket accepted = await listener.AcceptAsync(TestContext.Current.CancellationToken);

        Assert.Equal(client.LocalEndPoint, accepted.RemoteEndPoint);
    }

    [Fact]
    public async Task More_sockets_than_one_message_carries_arrive_in_their_order()
    {
        _node.Copies = DescriptorPassing.MaxDescriptors + 17;
        Open();
        using Takeover taken = (await AskAsync()).Taken!;

        Assert.Equal(Enumerable.Range(0, _node.Copies), taken.Sockets.Select(static socket => socket.Loop));
        Assert.Equal(_node.Copies, taken.Sockets.Select(static socket => socket.Descriptor).Distinct().Count());
        foreach (SharedListener socket in taken.Sockets)
        {
            DescriptorPassing.Close(socket.Descriptor);
        }
    }

    [Fact]
    public async Task A_process_that_may_not_take_over_learns_why()
    {
        _node.Refusal = "the node is leaving";
        Open();

        TakeoverAnswer answer = await AskAsync();

        Assert.Equal(new TakeoverAnswer(null, "the node is leaving"), answer);
    }

    [Fact]
    public async Task A_successor_that_dies_changes_nothing_and_the_next_one_may_ask()
    {
        Open();
        Takeover first = (await AskAsync()).Taken!;
        DescriptorPassing.Close(first.Sockets[0].Descriptor);
        first.Dispose();

        using Takeover second = (await AskAsync()).Taken!;
        DescriptorPassing.Close(second.Sockets[0].Descriptor);

        Assert.Equal(0, _node.GaveWayTo);
        Assert.Contains(_node.Logged, static line => line.Contains("this process goes on", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_successor_that_never_serves_is_given_up()
    {
        Open(TimeSpan.FromMilliseconds(100));
        using Takeover taken = (await AskAsync()).Taken!;
        DescriptorPassing.Close(taken.Sockets[0].Descriptor);

        await Eventually.IsTrueAsync(
            () => _node.Logged.Any(static line => line.Contains("does not serve within", StringComparison.Ordinal)),
            () => "the desk gives up");

        Assert.False(await Task.Run(() => taken.Serving(Patience), TestContext.Current.CancellationToken));
        Assert.Equal(0, _node.GaveWayTo);
    }

    [Fact]
    public async Task Whoever_talks_something_else_is_hung_up_on()
    {
        Open();
        using var stranger = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await stranger.ConnectAsync(new UnixDomainSocketEndPoint(Place), TestContext.Current.CancellationToken);
        await stranger.SendAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);

        // Closing with unread input is an error for the other side.
        int received;
        try
        {
            received = await stranger.ReceiveAsync(new byte[8], TestContext.Current.CancellationToken);
        }
        catch (SocketException)
        {
            received = 0;
        }

        Assert.Equal(0, received);
        using Takeover taken = (await AskAsync()).Taken!;
        DescriptorPassing.Close(taken.Sockets[0].Descriptor);
    }

    [Fact]
    [SupportedOSPlatform("linux")]
    public void Only_the_owner_may_ask()
    {
        Open();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Place));
    }

    [Fact]
    public void Random_heads_and_payloads_are_refused_without_an_exception()
    {
        for (int seed = 1; seed <= 2000; seed++)
        {
            var random = new Random(seed);
            var bytes = new byte[random.Next(8, 60)];
            random.NextBytes(bytes);
            bool known = HandoverFrame.TryReadHead(bytes, out HandoverKind kind, out int length);

            Assert.True(!known || (Enum.IsDefined(kind) && length >= 0), $"seed {seed}");
            Assert.Null(HandoverFrame.ReadSockets(bytes, []));
            _ = HandoverFrame.TryReadState(bytes, out _, out _);
            _ = HandoverFrame.TryReadHello(bytes, out _, out _);
        }
    }

    [Fact]
    public void Ticket_keys_go_along_and_other_bytes_do_not()
    {
        var old = new TlsTicketKeys();
        old.Rotate();
        var young = new TlsTicketKeys();

        Assert.True(new TicketKeyState(young).TryImport(new TicketKeyState(old).Export()));
        Assert.Equal(old.Export(), young.Export());
        Assert.False(new TicketKeyState(young).TryImport([1, 2, 3]));
        Assert.False(new TicketKeyState(young).TryImport([]));
    }

    [Fact]
    public void Sessions_go_along_under_the_same_key_only_and_the_newer_entry_wins()
    {
        byte[] key = new byte[EntryHash.KeyBytes];
        long now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        Replica old = Sessions();
        Replica young = Sessions();
        for (ulong i = 1; i <= 500; i++)
        {
            old.Write(Key(i), i, TimeSpan.FromHours(1), now);
        }

        byte[] first = new SessionState(old, key, TimeProvider.System).Export();
        young.Write(Key(1), 77, TimeSpan.FromHours(1), now + 1);
        bool isTaken = new SessionState(young, key, TimeProvider.System).TryImport(first);

        Assert.True(isTaken);
        Assert.Equal(500, young.Table.Count);
        Assert.True(young.TryRead(Key(1), now, out ReplicatedEntry entry));
        Assert.Equal(77UL, entry.Value);
        Assert.Equal(key, SessionState.KeyOf(first).ToArray());
        Assert.False(new SessionState(Sessions(), [1, .. key[1..]], TimeProvider.System).TryImport(first));
        Assert.False(new SessionState(Sessions(), key, TimeProvider.System).TryImport(first.AsSpan()[..^1]));
        Assert.Equal(0, SessionState.KeyOf([9, 9]).Length);
    }

    /// <summary>Spread over the table, as hashes are.</summary>
    private static EntryKey Key(ulong number) => new(number * 0x9E3779B97F4A7C15, number);

    private static Replica Sessions() => new(
        1, NodeTag.Of("n"), new HybridClock(TimeSpan.FromSeconds(1)), new ReplicaTable(4096),
        new WriteJournal(1024, new WriteSignal()));

    private static (string, string, int) Named(SharedListener socket) => (socket.Listener, socket.Bind, socket.Loop);

    private void Open(TimeSpan? patience = null) =>
        _desk = HandoverDesk.Open(Place, _node, TimeProvider.System, patience ?? Patience);

    private Task<TakeoverAnswer> AskAsync() =>
        Task.Run(() => Takeover.Ask(Place, Patience), TestContext.Current.CancellationToken);

    private sealed class Predecessor : IPredecessor, IDisposable
    {
        private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

        public Predecessor()
        {
            _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _listener.Listen();
            Address = (IPEndPoint)_listener.LocalEndPoint!;
        }

        public IPEndPoint Address { get; }

        public int Copies { get; set; } = 1;

        public int GaveWayTo { get; private set; }

        public string? Refusal { get; set; }

        public ConcurrentQueue<string> Logged { get; } = [];

        public IReadOnlyList<IHandoverState> State { get; } = [new Numbers()];

        public Task<IReadOnlyList<SharedListener>> ShareSocketsAsync() =>
            Task.FromResult<IReadOnlyList<SharedListener>>(
            [
                .. Enumerable.Range(0, Copies).Select(i => new SharedListener(
                    "web", "127.0.0.1:0", i, DescriptorPassing.Duplicate((int)_listener.Handle))),
            ]);

        public Task GiveWayAsync(int successor)
        {
            GaveWayTo = successor;
            return Task.CompletedTask;
        }

        public void Log(string what) => Logged.Enqueue(what);

        public void CloseListener()
        {
            DescriptorPassing.MarkShared((int)_listener.Handle);
            _listener.Dispose();
        }

        public void Dispose() => _listener.Dispose();

        private sealed class Numbers : IHandoverState
        {
            private byte _exports;

            public string Name => "numbers";

            public bool IsLive => true;

            public byte[] Export() => [1, ++_exports];

            public bool TryImport(ReadOnlySpan<byte> bytes) => true;
        }
    }
}
