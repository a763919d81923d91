using Proxy.Actors.Runtime;

namespace Proxy.Tests.Actors.Runtime;

public sealed class AskTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly SimulatedSystem _world = new();
    private readonly List<ReplyTo<int>> _open = [];
    private readonly IRef<Question> _actor;

    public AskTests()
    {
        _actor = _world.System.Spawn(new Props<Question>(context => new Answerer(context, _open)), "a");
        _world.Sim.RunUntilIdle();
    }

    [Fact]
    public async Task The_reply_completes_the_task()
    {
        var answer = Ask(21);
        Assert.False(answer.IsCompleted);
        _world.Sim.RunUntilIdle();

        Assert.True(answer.IsCompleted);
        Assert.Equal(42, await answer);
    }

    [Fact]
    public async Task A_failure_in_place_of_a_reply_is_thrown_to_the_asker()
    {
        var answer = Ask(-1);
        _world.Sim.RunUntilIdle();

        Assert.Equal("negative", (await Assert.ThrowsAsync<ArgumentException>(async () => await answer)).Message);
    }

    [Fact]
    public async Task Without_a_reply_in_time_the_task_fails_and_the_late_reply_reaches_nobody()
    {
        var late = Ask(0, Second);
        _world.Sim.Advance(Second);
        Assert.True(late.IsCompleted);
        await Assert.ThrowsAsync<TimeoutException>(async () => await late);

        var next = Ask(0, Second); // the same slot again
        _world.Sim.RunUntilIdle();
        Assert.False(_open[0].Reply(666));
        Assert.False(_open[0].Fail(new InvalidOperationException()));
        Assert.True(_open[1].Reply(7));
        Assert.False(_open[1].Reply(8));
        _world.Sim.RunUntilIdle();

        Assert.Equal(7, await next);
    }

    [Fact]
    public async Task A_short_time_out_after_a_long_one_on_the_same_slot_is_kept()
    {
        var first = Ask(1, 100 * Second);
        _world.Sim.RunUntilIdle();
        Assert.Equal(2, await first);

        var second = Ask(0, Second);
        _world.Sim.Advance(Second);

        Assert.True(second.IsCompleted);
        await Assert.ThrowsAsync<TimeoutException>(async () => await second);
    }

    [Fact]
    public async Task Without_a_time_out_an_ask_waits()
    {
        var answer = Ask(0, null);
        _world.Sim.Advance(TimeSpan.FromDays(1));
        Assert.False(answer.IsCompleted);

        _open[0].Reply(1);
        _world.Sim.RunUntilIdle();

        Assert.Equal(1, await answer);
    }

    [Fact]
    public async Task A_cancelled_ask_is_over_and_its_slot_is_free_for_the_next()
    {
        using var source = new CancellationTokenSource();
        var answer = _actor.Ask<Question, int>(reply => new Question(reply, 0), null, source.Token);
        _world.Sim.RunUntilIdle();
        await source.CancelAsync();
        _world.Sim.RunUntilIdle();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await answer);

        var next = Ask(4);
        Assert.False(_open[0].Reply(1));
        _world.Sim.RunUntilIdle();

        Assert.Equal(8, await next);
    }

    [Fact]
    public async Task Asking_the_dead_fails_at_once()
    {
        _world.System.Stop(_actor);
        _world.Sim.RunUntilIdle();
        var answer = Ask(1, null);
        _world.Sim.RunUntilIdle();

        Assert.True(answer.IsCompleted);
        var error = await Assert.ThrowsAsync<UndeliveredException>(async () => await answer);
        Assert.Equal("/user/a", error.Path);
    }

    [Fact]
    public async Task A_question_left_over_at_a_stop_fails_without_waiting_for_its_time_out()
    {
        var answer = Ask(1, null);
        _world.System.Stop(_actor);
        _world.Sim.RunUntilIdle();

        Assert.True(answer.IsCompleted);
        await Assert.ThrowsAsync<UndeliveredException>(async () => await answer);
    }

    [Fact]
    public async Task A_question_that_made_the_actor_fail_fails_with_its_exception()
    {
        var answer = Ask(int.MaxValue, null);
        _world.Sim.RunUntilIdle();

        await Assert.ThrowsAsync<OverflowException>(async () => await answer);
    }

    [Fact]
    public async Task A_task_may_be_awaited_only_once()
    {
        var answer = Ask(1);
        var again = answer;
        _world.Sim.RunUntilIdle();
        await answer;

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await again);
    }

    [Fact]
    public void A_callback_gets_the_reply_with_its_cookie()
    {
        var loop = new Completions();
        Assert.Equal(TellResult.Accepted, TryAsk(21, Second, loop, 5, out _));
        Assert.Empty(loop.Seen);
        _world.Sim.RunUntilIdle();

        Assert.Equal(["5: 42"], loop.Seen);
    }

    [Fact]
    public void A_callback_gets_the_time_out_and_nothing_after_it()
    {
        var loop = new Completions();
        TryAsk(0, Second, loop, 5, out var pending);
        _world.Sim.Advance(Second);

        Assert.Equal(["5: TimeoutException"], loop.Seen);
        Assert.False(_open[0].Reply(1));
        Assert.False(pending.Cancel());
        Assert.Single(loop.Seen);
    }

    [Fact]
    public void A_cancelled_callback_is_never_called()
    {
        var loop = new Completions();
        TryAsk(0, Second, loop, 5, out var pending);
        _world.Sim.RunUntilIdle();

        Assert.True(pending.Cancel());
        Assert.False(pending.Cancel());
        Assert.False(_open[0].Reply(1));
        _world.Sim.Advance(10 * Second);
        Assert.Empty(loop.Seen);
    }

    [Fact]
    public void A_refused_question_says_so_and_never_calls_back()
    {
        var loop = new Completions();
        _world.System.Stop(_actor);
        _world.Sim.RunUntilIdle();

        Assert.Equal(TellResult.Dead, TryAsk(0, Second, loop, 5, out var pending));
        Assert.False(pending.Cancel());
        _world.Sim.Advance(10 * Second);
        Assert.Empty(loop.Seen);
    }

    [Fact]
    public void An_actor_asks_another_through_PipeToSelf()
    {
        var asker = _world.Spawn("b");
        _world.Do(asker, me => me.Here.PipeToSelf(
            _actor.Ask<Question, int>(reply => new Question(reply, 4), Second),
            result => ScriptedActor.Note($"{result.Value}")));

        Assert.Equal("b: 8", _world.Journal[^1]);
    }

    private ValueTask<int> Ask(int value) => Ask(value, Second);

    private ValueTask<int> Ask(int value, TimeSpan? timeout)
    {
        return _actor.Ask<int, int>(static (reply, value) => new Question(reply, value), value, timeout);
    }

    private TellResult TryAsk(
        int value,
        TimeSpan? timeout,
        IAskCompletion<int> completion,
        long cookie,
        out PendingAsk<int> pending)
    {
        return _actor.TryAsk(
            static (reply, value) => new Question(reply, value), value, timeout, completion, cookie, out pending);
    }

    private readonly record struct Question(ReplyTo<int> ReplyTo, int Value) : IUndeliverable
    {
        public void Undelivered(Exception reason) => ReplyTo.Fail(reason);
    }

    /// <summary>Doubles; refuses negatives; keeps zero for later.</summary>
    private sealed class Answerer(IActorContext<Question> context, List<ReplyTo<int>> open) : Actor<Question>(context)
    {
        protected internal override void Receive(Question message)
        {
            if (message.Value < 0)
            {
                message.ReplyTo.Fail(new ArgumentException("negative"));
            }
            else if (message.Value == 0)
            {
                open.Add(message.ReplyTo);
            }
            else
            {
                message.ReplyTo.Reply(checked(message.Value * 2));
            }
        }
    }

    private sealed class Completions : IAskCompletion<int>
    {
        public List<string> Seen { get; } = [];

        public void Completed(long cookie, in Result<int> result)
        {
            Seen.Add($"{cookie}: {(result.TryGetValue(out var value) ? value : result.Error!.GetType().Name)}");
        }
    }
}
