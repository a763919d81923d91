using Proxy.Cluster.Engine;
using Proxy.Tests.Simulation;

namespace Proxy.Tests.Cluster.Engine;

/// <summary>The simulator's engine keeps the contract of the real ones.</summary>
public sealed class SimEngineTests(SimEngineTests.Server server)
    : EngineContract(server), IClassFixture<SimEngineTests.Server>
{
    [Fact]
    public async Task An_election_restarts_every_lease_in_full()
    {
        var time = new VirtualTime();
        using var engine = new SimEngine(time, SimEngineOptions.LikeEtcd);
        SimEngineClient node = engine.Connect("a");
        LeaseId lease = (await node.GrantAsync(TimeSpan.FromSeconds(5), Cancel)).Value.Id;
        await node.CommitAsync(EngineTransaction.Claim("owner", default, lease), Cancel);

        time.Advance(TimeSpan.FromSeconds(4));
        engine.Elect(TimeSpan.FromSeconds(1.5));
        time.Advance(TimeSpan.FromSeconds(6));

        Assert.NotNull((await node.GetAsync("owner", Cancel)).Value.Item);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null((await node.GetAsync("owner", Cancel)).Value.Item);
    }

    [Fact]
    public async Task A_call_waits_for_a_short_election_and_gives_up_at_its_deadline_in_a_long_one()
    {
        var time = new VirtualTime();
        using var engine = new SimEngine(time, SimEngineOptions.LikeEtcd);
        SimEngineClient node = engine.Connect("a");

        engine.Elect(TimeSpan.FromMilliseconds(300));
        ValueTask<EngineResult<ItemRead>> first = node.GetAsync("k", Cancel);
        time.Advance(TimeSpan.FromMilliseconds(300));
        engine.Elect(TimeSpan.FromSeconds(3));
        ValueTask<EngineResult<ItemRead>> second = node.GetAsync("k", Cancel);
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.True((await first).IsOk);
        Assert.Equal(EngineFaultKind.Unavailable, (await second).Fault?.Kind);
    }

    [Fact]
    public async Task A_node_is_cut_off_alone()
    {
        var time = new VirtualTime();
        using var engine = new SimEngine(time, SimEngineOptions.LikeEtcd);
        SimEngineClient cut = engine.Connect("a");
        SimEngineClient well = engine.Connect("b");
        await using var watch = new WatchRecorder(cut, "", engine.Revision.Next);

        cut.Cut();
        await well.CommitAsync(EngineTransaction.Of(new EngineWrite.Put("k", default)), Cancel);
        ValueTask<EngineResult<ItemRead>> call = cut.GetAsync("k", Cancel);
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.False((await call).IsOk);
        Assert.Empty(watch.Changes);
        cut.Heal();
        Assert.Single(watch.Changes);
        Assert.NotNull((await cut.GetAsync("k", Cancel)).Value.Item);
    }

    [Fact]
    public async Task A_lost_answer_leaves_the_write_done()
    {
        var time = new VirtualTime();
        using var engine = new SimEngine(time, SimEngineOptions.LikeEtcd);
        SimEngineClient node = engine.Connect("a");

        node.LoseNextAnswer = true;
        EngineResult<CommitOutcome> result = await node.CommitAsync(EngineTransaction.Of(new EngineWrite.Put("k", default)), Cancel);

        Assert.Equal(EngineFaultKind.Unavailable, result.Fault?.Kind);
        Assert.NotNull((await node.GetAsync("k", Cancel)).Value.Item);
    }

    public sealed class Server : EngineUnderTest
    {
        private readonly VirtualTime _time = new();
        private readonly SimEngine _engine;

        public Server()
        {
            _engine = new SimEngine(_time, SimEngineOptions.LikeEtcd);
            Nodes = [_engine.Connect("a"), _engine.Connect("b"), _engine.Connect("c")];
        }

        internal override IReadOnlyList<IClusterEngine> Nodes { get; }

        internal override TimeProvider Time => _time;

        internal override TimeSpan Deadline => SimEngineOptions.LikeEtcd.Deadline;

        public override ValueTask InitializeAsync() => ValueTask.CompletedTask;

        public override ValueTask DisposeAsync()
        {
            _engine.Dispose();
            return ValueTask.CompletedTask;
        }

        internal override ValueTask CompactAsync(Revision oldest)
        {
            _engine.Compact(oldest);
            return ValueTask.CompletedTask;
        }

        internal override Task InterruptAsync()
        {
            _engine.Elect(TimeSpan.FromSeconds(1.5));
            return Task.CompletedTask;
        }

        internal override Task FallSilentAsync()
        {
            _engine.FallSilent("switched off");
            return Task.CompletedTask;
        }

        internal override Task AnswerAsync()
        {
            _engine.Answer();
            return Task.CompletedTask;
        }

        // The simulation has one thread: others go first by going on when the clock moves.
        internal override Task YieldAsync() => Task.Delay(TimeSpan.FromMilliseconds(1), _time);

        internal override Task PassAsync(TimeSpan time)
        {
            _time.Advance(time);
            return Task.CompletedTask;
        }
    }
}
