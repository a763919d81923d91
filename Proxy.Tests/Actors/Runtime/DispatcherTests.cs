using Proxy.Actors.Runtime;

namespace Proxy.Tests.Actors.Runtime;

/// <summary>On real threads.</summary>
public sealed class DispatcherTests
{
    private const int Producers = 8;
    private const int PerProducer = 20_000;

    [Theory]
    [InlineData(DispatcherKey.Default, MailboxOptions.Unlimited)]
    [InlineData(DispatcherKey.Default, 64)]
    [InlineData(DispatcherKey.DedicatedThread, 64)]
    public async Task No_wake_up_is_lost_and_the_order_of_each_producer_is_kept(DispatcherKey dispatcher, int capacity)
    {
        await using var system = new ActorSystem();
        var done = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var actor = system.Spawn(
            new Props<(int Producer, int Number)>(context => new OrderCheck(context, done))
            {
                Dispatcher = dispatcher,
                Mailbox = new MailboxOptions(capacity),
            },
            "a");

        // Threads of their own: producers that spin must not take the pool's threads from the actor.
        await Task.WhenAll(Enumerable.Range(0, Producers).Select(producer => Task.Factory.StartNew(
            () =>
            {
                var wait = default(SpinWait);
                for (var i = 0; i < PerProducer; i++)
                {
                    while (actor.Tell((producer, i)) != TellResult.Accepted)
                    {
                        wait.SpinOnce(sleep1Threshold: -1);
                    }
                }
            },
            TestContext.Current.CancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));

        Assert.Equal("in order", await InTime(done.Task));
    }

    [Fact]
    public async Task A_message_told_to_an_actor_going_idle_is_not_forgotten()
    {
        await using var system = new ActorSystem();
        var done = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var unbounded = new MailboxOptions(MailboxOptions.Unlimited); // whose queue has no lock that would order things
        IRef<int>? back = null;
        var there = system.Spawn(
            new Props<int>(context => new Bouncer(context, n => back!.Tell(n))) { Mailbox = unbounded },
            "there");
        back = system.Spawn(
            new Props<int>(context => new Bouncer(context, n =>
            {
                if (n == 0)
                {
                    done.SetResult("back");
                }
                else
                {
                    there.Tell(n - 1);
                }
            }))
            {
                Mailbox = unbounded,
            },
            "back");

        back.Tell(100_000);

        Assert.Equal("back", await InTime(done.Task));
    }

    [Fact]
    public async Task A_dedicated_actor_keeps_its_thread_and_is_answered_for_after_its_death()
    {
        await using var system = new ActorSystem();
        var threads = new System.Collections.Concurrent.ConcurrentBag<int>();
        var actor = system.Spawn(
            new Props<ReplyTo<int>>(context => new ThreadTeller(context))
            {
                Dispatcher = DispatcherKey.DedicatedThread,
            },
            "a");
        for (var i = 0; i < 100; i++)
        {
            threads.Add(await actor.Ask<ReplyTo<int>, int>(
                reply => reply, TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        }

        Assert.Single(threads.Distinct());
        system.Stop(actor);
        var gone = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var heard = 0;
        for (var i = 0; i < 20; i++)
        {
            system.Spawn(
                new Props<int>(context => new Mourner(context, actor, () => Interlocked.Increment(ref heard), gone)),
                $"w{i}");
        }

        Assert.Equal("/user/a", await InTime(gone.Task));
    }

    [Fact]
    public async Task Disposing_the_system_stops_busy_actors()
    {
        var system = new ActorSystem();
        var stopped = 0;
        for (var i = 0; i < 50; i++)
        {
            system.Spawn(
                new Props<int>(context => new Busy(context, () => Interlocked.Increment(ref stopped))),
                $"a{i}");
        }

        await system.DisposeAsync();

        Assert.Equal(50, stopped);
    }

    private static Task<string> InTime(Task<string> task)
    {
        return task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    private sealed class OrderCheck(
        IActorContext<(int Producer, int Number)> context,
        TaskCompletionSource<string> done) : Actor<(int Producer, int Number)>(context)
    {
        private readonly int[] _next = new int[Producers];
        private int _left = Producers * PerProducer;
        private int _inside;

        protected internal override void Receive((int Producer, int Number) message)
        {
            if (Interlocked.Increment(ref _inside) != 1)
            {
                done.TrySetResult("two turns at once");
            }

            if (_next[message.Producer]++ != message.Number)
            {
                done.TrySetResult($"{message} out of order");
            }

            if (--_left == 0)
            {
                done.TrySetResult("in order");
            }

            Interlocked.Decrement(ref _inside);
        }
    }

    private sealed class Bouncer(IActorContext<int> context, Action<int> bounce) : Actor<int>(context)
    {
        protected internal override void Receive(int message) => bounce(message);
    }

    private sealed class ThreadTeller(IActorContext<ReplyTo<int>> context) : Actor<ReplyTo<int>>(context)
    {
        protected internal override void Receive(ReplyTo<int> message)
        {
            message.Reply(Environment.CurrentManagedThreadId);
        }
    }

    private sealed class Mourner(
        IActorContext<int> context,
        IRef other,
        Func<int> heard,
        TaskCompletionSource<string> gone) : Actor<int>(context)
    {
        protected internal override void PreStart() => Context.Watch(other);

        protected internal override void Receive(int message)
        {
        }

        protected internal override void OnTerminated(Terminated terminated)
        {
            if (heard() == 20)
            {
                gone.SetResult(terminated.Ref.Path);
            }
        }
    }

    private sealed class Busy(IActorContext<int> context, Action stopped) : Actor<int>(context)
    {
        protected internal override void PreStart() => Context.Self.Tell(0);

        protected internal override void Receive(int message) => Context.Self.Tell(message + 1);

        protected internal override void PostStop() => stopped();
    }
}
