using System.Globalization;
using Proxy.Cluster.Engine;
using Proxy.Cluster.Engine.Etcd;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Cluster.Engine;

/// <summary>Three members, and one of them is killed or frozen while a holder keeps its lease, a writer writes and a
/// watch watches.</summary>
public sealed class EtcdFailoverTests : IAsyncLifetime
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(6);

    private readonly EtcdServer _server = EtcdServer.Start(3);
    private readonly List<EtcdEngine> _engines = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly List<EngineFault> _faults = [];
    private int _writes;
    private TimeSpan _longestGap;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await _server.IsUpAsync(Connect(0));

    [Fact]
    public async Task A_dead_follower_is_not_noticed_by_those_on_another_member()
    {
        int leader = await _server.LeaderAsync();

        Run run = await StartAsync(leader);
        await _server.KillAsync((leader + 1) % 3);
        await GoOnAsync(writes: 100);

        await EndAsync(run);
        Assert.Empty(_faults);
    }

    [Fact]
    public async Task A_dead_leader_costs_a_pause_but_no_ownership()
    {
        int leader = await _server.LeaderAsync();

        Run run = await StartAsync(leader);
        await _server.KillAsync(leader);
        await GoOnAsync(writes: 100);

        await EndAsync(run);
    }

    [Fact]
    public async Task A_frozen_leader_costs_a_pause_but_no_ownership_and_comes_back_quietly()
    {
        int leader = await _server.LeaderAsync();

        Run run = await StartAsync(leader);
        await _server.StopAsync(leader);
        await GoOnAsync(writes: 50);
        await _server.ContinueAsync(leader);
        await GoOnAsync(writes: 50);

        await EndAsync(run);
    }

    /// <summary>It would go on answering, with what it last heard.</summary>
    [Fact]
    public async Task A_watch_on_a_member_that_lost_the_others_is_stalled_until_they_are_back()
    {
        EtcdEngine lonely = Connect(0, alone: true);
        Revision start = (await lonely.CommitAsync(EngineTransaction.Claim("k/1", default, default), Cancel)).Value.Revision;
        await using var watch = new WatchRecorder(lonely, "k/", start);
        await Eventually.IsTrueAsync(() => watch.Changes.Count == 1, () => "a watch");

        await _server.StopAsync(1);
        await _server.StopAsync(2);
        await Eventually.IsTrueAsync(
            () => watch.Signals.OfType<WatchSignal.Stalled>().Any(), () => "a stalled watch", TimeSpan.FromSeconds(15));
        await _server.ContinueAsync(1);
        await _server.ContinueAsync(2);
        await Eventually.IsTrueAsync(
            async () => (await lonely.CommitAsync(EngineTransaction.Of(new EngineWrite.Put("k/2", default)), Cancel)).IsOk,
            () => "a write");
        await Eventually.IsTrueAsync(() => watch.Changes.Count >= 2, () => "the write seen");

        Assert.Contains(watch.Signals, static signal => signal is WatchSignal.Resumed);
        Assert.Equal("k/2", watch.Changes[1].Item.Key);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (EtcdEngine engine in _engines)
        {
            await engine.DisposeAsync();
        }

        await _server.DisposeAsync();
        _stop.Dispose();
    }

    private async Task<Run> StartAsync(int member)
    {
        EtcdEngine engine = Connect(member);
        // All members' connections are open before anything happens, as they are in a node that has run for a while.
        Lease lease = (await engine.GrantAsync(TimeSpan.FromSeconds(5), Cancel)).Value;
        Revision token = (await engine.CommitAsync(EngineTransaction.Claim("owner", default, lease.Id), Cancel)).Value.Revision;
        var watch = new WatchRecorder(Connect(member), "n/", token.Next);
        var run = new Run(token, watch, KeepAsync(engine, lease), WriteAsync(Connect(member)));
        await GoOnAsync(writes: 20);
        return run;
    }

    private async Task EndAsync(Run run)
    {
        await _stop.CancelAsync();
        await run.Writing;
        Lease? kept = await run.Keeping;
        EngineItem? owner = (await Connect(0).GetAsync("owner", Cancel)).Value.Item;
        await Eventually.IsTrueAsync(
            () => run.Watch.Changes.Count >= _writes, () => $"{_writes} changes, not {run.Watch.Changes.Count}");
        await run.Watch.DisposeAsync();

        Assert.NotNull(kept);
        Assert.Equal(run.Token, owner?.Created);
        Assert.Equal(
            Enumerable.Range(0, _writes).Select(Name), run.Watch.Changes.Select(static change => change.Item.Key));
        Assert.InRange(_longestGap, TimeSpan.Zero, LongestPause);
    }

    private async Task GoOnAsync(int writes)
    {
        int target = Volatile.Read(ref _writes) + writes;
        await Eventually.IsTrueAsync(
            () => Volatile.Read(ref _writes) >= target,
            () => $"{target} writes, not {_writes}; {string.Join('\n', _faults)}",
            TimeSpan.FromSeconds(30));
    }

    /// <summary>The holder's loop; null when the lease was lost or its deadline passed.</summary>
    private async Task<Lease?> KeepAsync(EtcdEngine engine, Lease lease)
    {
        TimeProvider time = TimeProvider.System;
        while (!_stop.IsCancellationRequested)
        {
            await Task.Delay(lease.TimeToLive / 8, time, Cancel);
            EngineResult<Lease> result = await engine.KeepAliveAsync(lease.Id, Cancel);
            lease = result.IsOk ? result.Value : lease;
            if (result.Fault is { Kind: EngineFaultKind.LeaseLost }
                || time.GetElapsedTime(lease.SentAt) > lease.TimeToLive * 0.8)
            {
                return null;
            }
        }

        return lease;
    }

    private async Task WriteAsync(EtcdEngine engine)
    {
        TimeProvider time = TimeProvider.System;
        long last = time.GetTimestamp();
        while (!_stop.IsCancellationRequested)
        {
            EngineResult<CommitOutcome> result = await engine.CommitAsync(
                EngineTransaction.Claim(Name(_writes), default, LeaseId.None), Cancel);
            if (!result.IsOk)
            {
                _faults.Add(result.Fault);
                continue;
            }

            TimeSpan gap = time.GetElapsedTime(last);
            last = time.GetTimestamp();
            _longestGap = gap > _longestGap ? gap : _longestGap;
            Interlocked.Increment(ref _writes);
            await Task.Delay(TimeSpan.FromMilliseconds(5), time, Cancel);
        }
    }

    private static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"n/{number:d6}");

    /// <summary>An engine that asks that member first.</summary>
    private EtcdEngine Connect(int member, bool alone = false)
    {
        IReadOnlyList<Uri> all = _server.Endpoints;
        var options = new EtcdOptions
        {
            Endpoints = alone ? [all[member]] : [.. all.Skip(member), .. all.Take(member)],
        };
        var engine = new EtcdEngine(options, TimeProvider.System);
        _engines.Add(engine);
        return engine;
    }

    private sealed record Run(Revision Token, WatchRecorder Watch, Task<Lease?> Keeping, Task Writing);
}
