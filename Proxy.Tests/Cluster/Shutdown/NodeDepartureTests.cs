using Proxy.Actors.Runtime;
using Proxy.Cluster.Shutdown;
using Proxy.Tests.Actors.Runtime;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Cluster.Shutdown;

public sealed class NodeDepartureTests
{
    private readonly SimulatedSystem _world = new();
    private readonly RecordingNode _node = new();
    private readonly NodeDeparture _departure;

    public NodeDepartureTests() =>
        _departure = new NodeDeparture(_world.System.Shutdown, _node, _world.Sim.Time);

    [Fact]
    public async Task A_node_leaves_step_by_step_and_hooks_come_in_their_phase()
    {
        Hook(ShutdownPhase.ClusterShutdown, "revoke lease");
        Hook(ShutdownPhase.ClusterLeave, "announce");
        Hook(ShutdownPhase.BeforeClusterShutdown, "push tail");
        _departure.Add(new RecordingDuty(_node, "vip"));
        await _departure.StartedAsync();

        await _departure.LeaveAsync("test");
        await EndAsync();

        Assert.Equal(
            [
                "ready", "not ready: draining", "leaving: test", "give up vip", "stop accepting", "finish in 30 s",
                "push tail", "announce", "revoke lease",
            ],
            _node.Done);
    }

    [Fact]
    public async Task With_grace_it_goes_on_accepting_until_the_grace_is_over()
    {
        _node.Grace = TimeSpan.FromSeconds(7);
        await _departure.StartedAsync();

        await _departure.LeaveAsync("test");
        _world.Sim.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal("away", _node.Done[^1]);
        _world.Sim.Advance(TimeSpan.FromSeconds(2));
        await EndAsync();

        Assert.Contains("stop accepting", _node.Done);
    }

    [Fact]
    public async Task A_duty_that_fails_or_hangs_is_told_and_keeps_nobody_from_leaving()
    {
        _departure.Add(new RecordingDuty(_node, "broken") { Fails = true });
        _departure.Add(new RecordingDuty(_node, "stuck") { Hangs = true });
        _departure.Add(new RecordingDuty(_node, "good"));
        await _departure.StartedAsync();

        await _departure.LeaveAsync("test");
        _world.Sim.Advance(NodeDeparture.DutyLimit + TimeSpan.FromSeconds(1));
        await EndAsync();

        Assert.Contains("trouble broken", _node.Done);
        Assert.Contains("trouble stuck", _node.Done);
        Assert.True(_node.Done.IndexOf("give up good") < _node.Done.IndexOf("stop accepting"));
    }

    [Fact]
    public async Task Duties_given_up_by_draining_come_back_and_are_given_up_once()
    {
        _departure.Add(new RecordingDuty(_node, "vip"));
        await _departure.StartedAsync();

        await _departure.DrainAsync("test");
        await _departure.UndrainAsync();
        await _departure.DrainAsync("test");
        await _departure.LeaveAsync("test");
        await EndAsync();

        Assert.Equal(2, _node.Done.Count(static done => done == "give up vip"));
        Assert.Equal(1, _node.Done.Count(static done => done == "take vip"));
        Assert.Equal(
            ["drain: test", "drain: taken back", "drain: test"],
            _node.Done.Where(static done => done.StartsWith("drain: ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_leaving_node_cannot_be_held()
    {
        await _departure.StartedAsync();
        await _departure.LeaveAsync("test");

        Assert.Equal("the node is leaving", (await _departure.UndrainAsync()).Problem);
        Assert.Equal("the node is leaving", (await _departure.UpgradeAsync()).Problem);
    }

    private Task EndAsync() => Eventually.IsTrueAsync(
        () =>
        {
            _world.Sim.RunUntilIdle();
            return _departure.Completion.IsCompleted;
        },
        () => $"the node has left; it did: {string.Join(", ", _node.Done)}");

    private void Hook(ShutdownPhase phase, string name) => _world.System.Shutdown.AddTask(phase, name, _ =>
    {
        _node.Done.Add(name);
        return ValueTask.CompletedTask;
    });

    private sealed class RecordingNode : IDepartingNode
    {
        public List<string> Done { get; } = [];

        public TimeSpan Grace { get; set; }

        public TimeSpan Limit => TimeSpan.FromSeconds(30);

        public void TellReady(string? reason) => Done.Add(reason is null ? "ready" : $"not ready: {reason}");

        public Task SendClientsAwayAsync() => Note("away");

        public Task WelcomeClientsAsync() => Note("welcome");

        public Task StopAcceptingAsync() => Note("stop accepting");

        public Task FinishRequestsAsync(TimeSpan limit) => Note($"finish in {limit.TotalSeconds} s");

        public void Log(string what) => Done.Add(what);

        public void LogLeaving(string reason, TimeSpan limit) => Done.Add($"leaving: {reason}");

        public void LogTrouble(string what, string problem) => Done.Add($"trouble {what}");

        private Task Note(string what)
        {
            Done.Add(what);
            return Task.CompletedTask;
        }
    }

    private sealed class RecordingDuty(RecordingNode node, string name) : INodeDuty
    {
        public string Name => name;

        public bool Fails { get; init; }

        public bool Hangs { get; init; }

        public ValueTask GiveUpAsync(CancellationToken cancellation)
        {
            node.Done.Add($"give up {name}");
            return Fails ? throw new InvalidOperationException("no")
                : Hangs ? new ValueTask(new TaskCompletionSource().Task)
                : ValueTask.CompletedTask;
        }

        public ValueTask TakeAsync(CancellationToken cancellation)
        {
            node.Done.Add($"take {name}");
            return ValueTask.CompletedTask;
        }
    }
}
