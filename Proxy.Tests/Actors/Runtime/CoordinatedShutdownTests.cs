using Proxy.Actors.Runtime;

namespace Proxy.Tests.Actors.Runtime;

public sealed class CoordinatedShutdownTests
{
    private readonly SimulatedSystem _world = new();
    private readonly List<string> _ran = [];

    private CoordinatedShutdown Shutdown => _world.System.Shutdown;

    [Fact]
    public void Phases_run_in_the_order_of_their_names()
    {
        foreach (var phase in ShutdownPhase.Order.Reverse())
        {
            Add(phase, phase.Name);
        }

        Run();

        Assert.Equal(
            [
                "before-service-unbind", "service-unbind", "service-requests-done", "service-stop",
                "before-cluster-shutdown", "cluster-leave", "cluster-exiting", "cluster-shutdown",
                "before-actor-system-terminate", "actor-system-terminate",
            ],
            _ran);
        Assert.True(Shutdown.Completion.IsCompletedSuccessfully);
        Assert.Equal("test", Shutdown.Reason);
    }

    [Fact]
    public void Tasks_of_a_phase_run_side_by_side_and_the_next_phase_waits_for_all()
    {
        var first = Add(ShutdownPhase.ServiceUnbind, "first", new TaskCompletionSource());
        var second = Add(ShutdownPhase.ServiceUnbind, "second", new TaskCompletionSource());
        Add(ShutdownPhase.ServiceStop, "next");
        Run();
        Assert.Equal(["first", "second"], _ran);

        second.SetResult();
        Assert.Equal(["first", "second"], _ran);
        first.SetResult();

        Assert.Equal(["first", "second", "next"], _ran);
    }

    [Fact]
    public void A_failing_task_is_reported_and_the_next_phase_goes_on()
    {
        Shutdown.AddTask(ShutdownPhase.ServiceUnbind, "throws", _ => throw new InvalidOperationException("x"));
        Shutdown.AddTask(
            ShutdownPhase.ServiceUnbind, "fails", _ => ValueTask.FromException(new ArgumentException("y")));
        Add(ShutdownPhase.ServiceStop, "next");
        Run();

        Assert.Equal(["next"], _ran);
        Assert.Equal(
            [
                "shutdown service-unbind throws InvalidOperationException",
                "shutdown service-unbind fails ArgumentException",
            ],
            _world.Reports);
    }

    [Fact]
    public void An_overdue_task_is_cancelled_and_reported_and_the_next_phase_goes_on()
    {
        var token = CancellationToken.None;
        var never = new TaskCompletionSource();
        Shutdown.AddTask(ShutdownPhase.ServiceUnbind, "slow", cancellation =>
        {
            token = cancellation;
            return new ValueTask(never.Task);
        });
        Add(ShutdownPhase.ServiceStop, "next");
        Run();
        _world.Sim.Advance(TimeSpan.FromSeconds(4.9));
        Assert.Empty(_ran);

        _world.Sim.Advance(TimeSpan.FromSeconds(0.1));

        Assert.Equal(["next"], _ran);
        Assert.True(token.IsCancellationRequested);
        Assert.Equal(["shutdown service-unbind slow TimeoutException"], _world.Reports);
        never.SetException(new InvalidOperationException("too late to matter"));
        Assert.Single(_world.Reports);
    }

    [Fact]
    public void The_time_of_a_phase_can_be_set_until_it_begins()
    {
        Assert.True(Shutdown.SetTimeout(ShutdownPhase.ServiceUnbind, TimeSpan.FromSeconds(60)));
        Add(ShutdownPhase.ServiceUnbind, "slow", new TaskCompletionSource());
        Add(ShutdownPhase.ServiceStop, "next");
        Run();
        Assert.False(Shutdown.SetTimeout(ShutdownPhase.ServiceUnbind, TimeSpan.FromSeconds(1)));

        _world.Sim.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(["slow"], _ran);
        _world.Sim.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(["slow", "next"], _ran);
    }

    [Fact]
    public void It_runs_once()
    {
        Add(ShutdownPhase.ServiceStop, "once");
        Run();
        Assert.Same(Shutdown.Completion, Shutdown.Run("again"));

        Assert.Equal(["once"], _ran);
        Assert.Equal("test", Shutdown.Reason);
    }

    [Fact]
    public void A_task_for_a_phase_that_has_begun_is_refused_and_for_a_later_one_accepted()
    {
        var accepted = new List<bool>();
        Shutdown.AddTask(ShutdownPhase.ServiceUnbind, "adds", _ =>
        {
            accepted.Add(Shutdown.AddTask(ShutdownPhase.ServiceUnbind, "too late", _ => ValueTask.CompletedTask));
            accepted.Add(Shutdown.AddTask(ShutdownPhase.ServiceStop, "in time", _ =>
            {
                _ran.Add("in time");
                return ValueTask.CompletedTask;
            }));
            return ValueTask.CompletedTask;
        });
        Run();

        Assert.Equal([false, true], accepted);
        Assert.Equal(["in time"], _ran);
    }

    [Fact]
    public void The_last_phase_stops_all_actors_and_none_can_be_spawned_afterwards()
    {
        var parent = _world.Spawn("p");
        _world.Do(parent, me => me.Here.Spawn(ScriptedActor.Props(_world.Journal), "c"));
        Run();

        Assert.Equal(["p: start", "p/c: start", "p/c: stop", "p: stop"], _world.Journal);
        Assert.True(Shutdown.Completion.IsCompletedSuccessfully);
        Assert.Throws<ObjectDisposedException>(() => _world.Spawn("q"));
    }

    private void Run()
    {
        _ = Shutdown.Run("test");
        _world.Sim.RunUntilIdle();
    }

    private void Add(ShutdownPhase phase, string name)
    {
        Shutdown.AddTask(phase, name, _ =>
        {
            _ran.Add(name);
            return ValueTask.CompletedTask;
        });
    }

    private TaskCompletionSource Add(ShutdownPhase phase, string name, TaskCompletionSource done)
    {
        Shutdown.AddTask(phase, name, _ =>
        {
            _ran.Add(name);
            return new ValueTask(done.Task);
        });
        return done;
    }
}
