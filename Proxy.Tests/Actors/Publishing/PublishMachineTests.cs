using Proxy.Actors.Planning;
using Proxy.Actors.Publishing;
using Proxy.Tests.Actors.Pools;

namespace Proxy.Tests.Actors.Publishing;

public sealed class PublishMachineTests
{
    private readonly LiveRegistry _live = new(1);
    private readonly PublishMachine _machine = new([]);
    private PlannedRevision _planned = PlannedRevision.None;

    [Fact]
    public void Pools_come_before_the_snapshot_and_go_after_it()
    {
        Assert.Equal("configure a, configure b", Publish("a", "b"));
        Assert.Equal("", Ready("a"));
        Assert.Equal("publish 1", Ready("b"));
        Assert.Equal("settle a, settle b, answer 1", Play(new PublishInput.SnapshotTaken()));
        Assert.False(_machine.IsBusy);

        Assert.Equal("configure b, configure c", Publish("b", "c"));
        Ready("c");
        Assert.Equal("publish 2", Ready("b"));
        Assert.Equal("settle b, settle c, stop a, answer 2", Play(new PublishInput.SnapshotTaken()));
    }

    [Fact]
    public void Without_pools_the_snapshot_goes_out_at_once()
    {
        Assert.Equal("publish 1", Publish());
        Assert.Equal("answer 1", Play(new PublishInput.SnapshotTaken()));
    }

    [Fact]
    public void A_pool_in_trouble_is_a_warning()
    {
        Publish("a", "b");
        Play(new PublishInput.PoolFailed("a", "no answer"));
        Play(new PublishInput.PoolReady("b", ["x"]));

        PublishEffect.Answer answer = _machine.Handle(new PublishInput.SnapshotTaken()).OfType<PublishEffect.Answer>().Single();

        Assert.Null(answer.Value.Problem);
        Assert.Equal(["pool a: no answer", "pool b: the name of member x is not known yet"], answer.Value.Warnings);
    }

    [Fact]
    public void When_the_loops_refuse_nothing_is_taken_away()
    {
        Publish("a");
        Ready("a");
        Play(new PublishInput.SnapshotTaken());
        Publish("b");
        Ready("b");

        Assert.Equal("answer 2: no memory", Play(new PublishInput.SnapshotFailed("no memory")));

        Publish("c");
        Ready("c");
        Assert.Equal("settle c, stop a, stop b, answer 3", Play(new PublishInput.SnapshotTaken()));
    }

    [Fact]
    public void Late_and_unknown_answers_change_nothing()
    {
        Assert.Equal("", Ready("a"));
        Assert.Equal("", Play(new PublishInput.SnapshotTaken()));
        Assert.Equal("", Play(new PublishInput.SnapshotFailed("x")));
        Publish("a", "b");
        Assert.Equal("", Ready("x"));
        Assert.Equal("", Ready("a"));
        Assert.Equal("", Ready("a"));
        Assert.Equal("", Play(new PublishInput.SnapshotTaken()));
    }

    private string Publish(params string[] pools)
    {
        _planned = SnapshotPlanner.Plan(
            new() { Pools = [.. pools.Select(static name => PoolRig.Pool("a", name: name))] }, _live, _planned);
        return Play(new PublishInput.Publish(_planned));
    }

    private string Ready(string pool) => Play(new PublishInput.PoolReady(pool, []));

    private string Play(PublishInput input) => string.Join(", ", _machine.Handle(input).Select(static effect => effect switch
    {
        PublishEffect.ConfigurePool configure => $"configure {configure.Settings.Name}",
        PublishEffect.PublishSnapshot publish => $"publish {publish.Snapshot.Revision}",
        PublishEffect.SettlePool settle => $"settle {settle.Pool}",
        PublishEffect.StopPool stop => $"stop {stop.Pool}",
        PublishEffect.Answer { Value.Problem: { } problem } answer => $"answer {answer.Value.Revision}: {problem}",
        PublishEffect.Answer answer => $"answer {answer.Value.Revision}",
        _ => throw new InvalidOperationException("unknown effect"),
    }));
}
