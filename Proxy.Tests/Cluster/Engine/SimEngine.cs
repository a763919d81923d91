using Proxy.Cluster.Engine;
using Proxy.Cluster.Engine.Embedded;

namespace Proxy.Tests.Cluster.Engine;

/// <summary>What the simulator's engine is like; the defaults are etcd's as measured.</summary>
/// <param name="Deadline">Of every call.</param>
/// <param name="Sweep">How often expired leases are looked for: a lease lives up to that much longer.</param>
/// <param name="ShortestLease">What a shorter wish is raised to.</param>
internal sealed record SimEngineOptions(TimeSpan Deadline, TimeSpan Sweep, TimeSpan ShortestLease, int History = 10_000)
{
    public static readonly SimEngineOptions LikeEtcd =
        new(TimeSpan.FromMilliseconds(800), TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(2));
}

/// <summary>An engine in memory on a virtual clock, with the faults of a real one as switches: elections that pause it
/// and restart every lease, silence, compaction, lost answers, nodes cut off. One thread; whatever waits goes on inside
/// of the call or the timer that ends the wait, so that a run repeats exactly.</summary>
internal sealed class SimEngine : IDisposable
{
    private readonly KeyStore _store = new();
    private readonly ITimer _sweep;
    private readonly long _begin;
    private ITimer? _election;
    private long _lastLease;

    public SimEngine(TimeProvider time, SimEngineOptions options)
    {
        (Time, Options) = (time, options);
        _begin = time.GetTimestamp();
        Log = new ChangeLog(_store.Revision.Next, options.History, inline: true);
        _sweep = time.CreateTimer(_ => Sweep(), null, options.Sweep, options.Sweep);
    }

    public TimeProvider Time { get; }

    public SimEngineOptions Options { get; }

    public Revision Revision => _store.Revision;

    /// <summary>Why nobody gets an answer; null when all is well.</summary>
    public string? Silence { get; private set; }

    /// <summary>When it fell silent, on the engine's clock; null when all is well.</summary>
    public TimeSpan? SilentSince { get; private set; }

    internal ChangeLog Log { get; }

    /// <summary>Ends whenever <see cref="Silence"/> or a client's own link changed.</summary>
    internal TaskCompletionSource Turn { get; private set; } = new();

    private TimeSpan Now => Time.GetElapsedTime(_begin);

    /// <summary>The engine as one node reaches it.</summary>
    /// <param name="time">The node's own clock, if it has one.</param>
    public SimEngineClient Connect(string node, TimeProvider? time = null) => new(this, node, time ?? Time);

    /// <summary>Nobody gets an answer until <see cref="Answer"/>.</summary>
    public void FallSilent(string reason)
    {
        Silence = reason;
        SilentSince ??= Now;
        Wake();
    }

    /// <summary>As after the loss of the leader: every lease lives its full time again.</summary>
    public void Answer()
    {
        (Silence, SilentSince) = (null, null);
        _store.RestartLeases(Now);
        Wake();
    }

    /// <summary>No answers for that long, then a new leader.</summary>
    public void Elect(TimeSpan pause)
    {
        FallSilent("election");
        _election?.Dispose();
        _election = Time.CreateTimer(_ => Answer(), null, pause, Timeout.InfiniteTimeSpan);
    }

    public void Compact(Revision oldest) => Log.Compact(oldest);

    public void Dispose()
    {
        _sweep.Dispose();
        _election?.Dispose();
    }

    internal void Wake()
    {
        TaskCompletionSource turn = Turn;
        Turn = new TaskCompletionSource();
        turn.SetResult();
        Log.Wake();
    }

    internal ItemRead Get(string key) => new(_store.Get(key), _store.Revision);

    internal Listing List(string prefix) => new(_store.List(prefix), _store.Revision);

    internal EngineResult<CommitOutcome> Commit(EngineTransaction transaction)
    {
        var changes = new List<EngineChange>();
        EngineResult<CommitOutcome> outcome = _store.Commit(transaction, changes);
        Publish(changes);
        return outcome;
    }

    internal Lease Grant(TimeSpan timeToLive, long sentAt)
    {
        TimeSpan ttl = timeToLive > Options.ShortestLease ? timeToLive : Options.ShortestLease;
        var id = new LeaseId(++_lastLease);
        _store.Grant(id, ttl, Now);
        return new Lease(id, ttl, sentAt);
    }

    internal EngineResult<AttachedLease> KeepAlive(LeaseId id, long sentAt) =>
        _store.KeepAlive(id, Now) is { } ttl
            ? new AttachedLease(new Lease(id, ttl, sentAt), _store.KeysOf(id))
            : EngineFault.Lost(id);

    internal Revision Revoke(LeaseId id)
    {
        var changes = new List<EngineChange>();
        _store.Revoke(id, changes);
        Publish(changes);
        return _store.Revision;
    }

    private void Sweep()
    {
        if (Silence is not null)
        {
            return; // Nobody leads, nobody expires.
        }

        foreach (LeaseId id in _store.Expired(Now))
        {
            Revoke(id);
        }
    }

    private void Publish(List<EngineChange> changes)
    {
        if (changes.Count > 0)
        {
            Log.Append(changes);
        }
    }
}
