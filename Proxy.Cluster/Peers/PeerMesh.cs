using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Logging;
using Proxy.Actors.Runtime;
using Proxy.Cluster.Peers.Blobs;
using Proxy.Cluster.Peers.Mesh;
using Proxy.Cluster.Peers.Transport;
using Proxy.Edge.Replication;

namespace Proxy.Cluster.Peers;

/// <summary>What all nodes of a cluster remember together and tell each other directly: entries (affinity), summed
/// counters, blobs, messages. Loops read and write <see cref="Entries"/> and <see cref="Counters"/> without waiting;
/// this keeps them the same on all nodes that can reach each other, and serves on alone when none can. All members may
/// be called from any thread.</summary>
internal sealed class PeerMesh : IPeerMessages, IAsyncDisposable
{
    private static readonly TimeSpan TickEvery = TimeSpan.FromMilliseconds(100);

    private readonly PeerSettings _settings;
    private readonly IPeerDirectory _directory;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly MeshMachine _machine;
    private readonly PeerTransport _transport;
    private readonly PeerDelivery _delivery;
    private readonly WriteSignal _signal = new();
    private readonly ConcurrentDictionary<long, TaskCompletionSource<PeerReply>> _requests = new();
    private readonly PeerLoop _loop;
    private IDisposable? _watching;
    private long _lastRequest;
    private long _tickAt;
    private long _pumpAt;
    private bool _isIdle;
    private bool _isWritten;
    private int _ticks;
    private int _disposed;

    public PeerMesh(
        PeerSettings settings, IPeerDirectory directory, TimeProvider time, IRandom random, ILogger logger)
    {
        _settings = settings;
        _directory = directory;
        _time = time;
        _logger = logger;
        NodeTag tag = NodeTag.Of(settings.Identity.Node);
        var clock = new HybridClock(settings.Mesh.MaxClockDrift);
        Entries = new Replica(
            1, tag, clock, new ReplicaTable(settings.AffinityEntries),
            new WriteJournal(settings.JournalEntries, _signal));
        Counts = new Replica(
            2, tag, clock, new ReplicaTable(settings.CounterEntries),
            new WriteJournal(settings.JournalEntries, _signal));
        Counters = new SummedCounters(Counts, tag, settings.CounterEntries);
        Blobs = new BlobReplica(tag, clock, _signal);
        _machine = new MeshMachine(settings.Identity, settings.Mesh, [Entries, Counts], Blobs, random);
        _loop = new PeerLoop(Turn, logger);
        _transport = new PeerTransport(_machine, Step, _loop, settings.Tls, time, logger);
        _delivery = new PeerDelivery(
            Blobs, logger, () => Now.Wall, Completed,
            (connection, correlation, channel, content) =>
                Step((machine, _) => machine.Reply(connection, correlation, channel, content)));
    }

    /// <summary>Key to small value: which member a session belongs to.</summary>
    public Replica Entries { get; }

    /// <summary>The slots of <see cref="Counters"/>; for status and tests.</summary>
    public Replica Counts { get; }

    public SummedCounters Counters { get; }

    public BlobReplica Blobs { get; }

    public IPEndPoint? ListeningOn { get; private set; }

    public IReadOnlyList<string> Peers
    {
        get
        {
            lock (_lock)
            {
                return [.. _machine.Live.Select(static session => session.Peer!.Node)];
            }
        }
    }

    private PeerInstant Now => new(
        (long)_time.GetElapsedTime(0).TotalMilliseconds, _time.GetUtcNow().ToUnixTimeMilliseconds());

    /// <summary>Listens and begins to call the others; null, or why the address cannot be used: then it may be tried
    /// again.</summary>
    public string? Start()
    {
        if (!_transport.TryListen(_settings.Listen, out IPEndPoint? bound, out string problem))
        {
            return problem;
        }

        ListeningOn = bound;
        PeerLog.Listening(_logger, ListeningOn.ToString());
        _signal.Attach(Wake);
        _watching = _directory.OnChange(TakeTargets);
        TakeTargets();
        _loop.Start();
        return null;
    }

    public void Listen(string channel, PeerHandler handler) => _delivery.Listen(channel, handler);

    public void Observe(IPeerObserver observer)
    {
        lock (_lock)
        {
            _delivery.Observe(
                observer, [.. _machine.Live.Select(static s => (s.Peer!.Node, s.Peer.Incarnation))]);
        }

        _delivery.Run();
    }

    public bool Tell(string node, string channel, byte[] content)
    {
        bool sent = false;
        Step((machine, _) => sent = machine.Tell(node, channel, content));
        return sent;
    }

    public int Broadcast(string channel, byte[] content)
    {
        int sent = 0;
        Step((machine, _) => sent = machine.Broadcast(channel, content));
        return sent;
    }

    public ValueTask<PeerReply> RequestAsync(string node, string channel, byte[] content, TimeSpan timeout)
    {
        var waiting = new TaskCompletionSource<PeerReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        long request = Interlocked.Increment(ref _lastRequest);
        _requests[request] = waiting;
        Step((machine, now) => machine.Request(request, node, channel, content, timeout, now));
        return new ValueTask<PeerReply>(waiting.Task);
    }

    /// <summary>Every peer that can be reached has acknowledged all that was written here: nothing would be lost if
    /// this node ended now.</summary>
    public bool IsCaughtUp()
    {
        lock (_lock)
        {
            return _machine.Live.All(static session => Array.TrueForAll(session.Senders, static s => s.IsCaughtUp));
        }
    }

    /// <summary>Pushes what was written last, before the node ends. False when somebody was too slow.</summary>
    public async ValueTask<bool> PushTailAsync(TimeSpan budget, CancellationToken cancellation)
    {
        long end = Now.Monotonic + (long)budget.TotalMilliseconds;
        Counters.Flush(Now.Wall);
        while (true)
        {
            Step(static (machine, _) => machine.Pump());
            if (IsCaughtUp())
            {
                return true;
            }

            if (Now.Monotonic >= end)
            {
                return false;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10), _time, cancellation);
        }
    }

    public IReadOnlyList<PeerStatus> Status()
    {
        lock (_lock)
        {
            return [.. _machine.Live.Select(session => new PeerStatus(
                session.Peer!.Node, session.Peer.Incarnation, session.Address, session.Version,
                session.Senders.Sum(static s => s.Behind), session.Senders.Sum(static s => s.Snapshots),
                session.Senders.Sum(static s => s.Repairs), session.Outbox.Bytes, session.BytesSent,
                session.BytesReceived, session.RoundTrip, session.ClockOffset))];
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        _watching?.Dispose();
        Step(static (machine, _) => machine.Leave());
        // Goodbyes leave at once where the peer reads; nobody else is waited for.
        for (int i = 0; i < 20 && AnySendable(); i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), _time, CancellationToken.None);
        }

        await _loop.DisposeAsync();
        lock (_lock)
        {
            _transport.Dispose();
        }

        _delivery.Dispose();
        foreach (long request in _requests.Keys)
        {
            Completed(new MeshEffect.RequestDone(request, null, "the node shuts down"));
        }
    }

    private bool AnySendable()
    {
        lock (_lock)
        {
            return _machine.Sendable.Any();
        }
    }

    /// <summary>The one way to the machine: a step, what it wants done, then, outside the lock, what is to be sent and
    /// what others have to hear.</summary>
    private void Step(Action<MeshMachine, PeerInstant> step)
    {
        List<PeerConnection>? sendable;
        lock (_lock)
        {
            PeerInstant now = Now;
            step(_machine, now);
            List<MeshEffect> effects = _machine.TakeEffects();
            while (effects.Count > 0)
            {
                foreach (MeshEffect effect in effects)
                {
                    Perform(effect, now);
                }

                effects = _machine.TakeEffects();
            }

            sendable = _transport.TakeSendable();
        }

        sendable?.ForEach(_transport.Write);
        _delivery.Run();
    }

    private void Perform(MeshEffect effect, PeerInstant now)
    {
        switch (effect)
        {
            case MeshEffect.Dial dial:
                _transport.Dial(dial);
                break;
            case MeshEffect.Close close:
                _transport.Close(close.Connection, now);
                break;
            case MeshEffect.Trouble trouble:
                PeerLog.Trouble(_logger, trouble.Text);
                break;
            default:
                Announce(effect);
                _delivery.Add(effect);
                break;
        }
    }

    private void Announce(MeshEffect effect)
    {
        if (effect is MeshEffect.PeerUp up)
        {
            PeerLog.Up(_logger, up.Node, up.Address);
        }
        else if (effect is MeshEffect.PeerDown down)
        {
            PeerLog.Down(_logger, down.Node, down.Why);
        }
    }

    private void TakeTargets() => Step((machine, now) => machine.SetTargets(_directory.Targets, now));

    private void Completed(MeshEffect.RequestDone done)
    {
        if (_requests.TryRemove(done.Request, out TaskCompletionSource<PeerReply>? waiting))
        {
            waiting.SetResult(new PeerReply(done.Content, done.Why));
        }
    }

    private void Wake()
    {
        Volatile.Write(ref _isWritten, true);
        _loop.Wake();
    }

    /// <summary>Loop's thread: sends what was written and does what is due; answers for how many microseconds there is
    /// nothing more to do.</summary>
    private long Turn()
    {
        long now = Microseconds();
        if (now >= _tickAt)
        {
            _tickAt = now + (long)TickEvery.TotalMicroseconds;
            Tick();
        }

        if (_isIdle && Volatile.Read(ref _isWritten))
        {
            // The first after a pause leaves at once, those that follow it together.
            (_isIdle, _pumpAt) = (false, now);
        }

        if (!_isIdle && now >= _pumpAt)
        {
            Pump(now);
        }

        long due = _isIdle ? _tickAt : Math.Min(_tickAt, _pumpAt);
        return Math.Max(0, due - Microseconds());
    }

    private void Pump(long now)
    {
        if (!HasUnsent)
        {
            // Only now writing costs the writers a wake-up. What was written before they knew shows afterwards.
            Volatile.Write(ref _isWritten, false);
            _signal.Arm();
            _isIdle = !HasUnsent;
        }

        if (!_isIdle)
        {
            Step(static (machine, _) => machine.Pump());
            _pumpAt = now + (long)BatchTime().TotalMicroseconds;
        }
    }

    private bool HasUnsent => _machine.HasMore || Blobs.HasUnsent;

    private long Microseconds() => (long)_time.GetElapsedTime(0).TotalMicroseconds;

    /// <summary>Each batch costs a system call per peer: with more of them it is worth to wait a little
    /// longer.</summary>
    private TimeSpan BatchTime() => TimeSpan.FromMilliseconds(_machine.Live.Count switch
    {
        < 4 => 1,
        < 8 => 3,
        _ => 5,
    });

    private void Tick()
    {
        long wall = Now.Wall;
        Counters.Flush(wall);
        // A shard each time: all of a table in 26 seconds.
        Entries.Table.Sweep(wall, 1);
        Counts.Table.Sweep(wall, 1);
        _ticks++;
        if (_ticks % 100 == 0)
        {
            Counters.Sweep(wall);
        }

        Step((machine, now) =>
        {
            machine.Tick(now);
            _transport.Tick(now);
        });
    }
}
