using Proxy.Actors.Runtime;

namespace Proxy.Tests.Actors.Runtime;

/// <summary>
/// What needs real threads and real timers: allocation, and the race of replies, time-outs and reuse.
/// </summary>
public sealed class AskSlotTests
{
    private const int Asks = 20_000;

    [Fact]
    public void An_awaited_ask_allocates_nothing_in_steady_state()
    {
        Assert.True(AllocatedBy(AwaitMany, null) < Asks, "without time-out: a byte per ask or more");
        Assert.True(AllocatedBy(AwaitMany, TimeSpan.FromMinutes(1)) < Asks, "with time-out: a byte per ask or more");
    }

    [Fact]
    public void An_ask_by_callback_allocates_nothing_in_steady_state()
    {
        Assert.True(AllocatedBy(CallBackMany, null) < Asks, "without time-out: a byte per ask or more");
        Assert.True(AllocatedBy(CallBackMany, TimeSpan.FromMinutes(1)) < Asks, "with time-out: a byte per ask or more");
    }

    /// <summary>
    /// Few slots, replies duplicated and held back past the time-out, time-outs of about the length of a turn: every
    /// answer must be the one to the question that was asked, whatever reuse it crosses.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_late_reply_or_time_out_never_completes_a_reused_slot(int seed)
    {
        var stopping = TestContext.Current.CancellationToken;
        var dispatcher = new PoolDispatcher(TimeProvider.System, new SeededRandom(seed));
        await using var system = new ActorSystem(dispatcher, new SilentActorEvents());
        var actors = Enumerable.Range(0, 4)
            .Select(i => system.Spawn(new Props<Numbered>(context => new Unreliable(context)), $"a{i}"))
            .ToArray();
        var timeouts = 0;
        var answers = 0;
        var wrong = 0;

        async Task AskMany(int asker)
        {
            var random = new Random(seed * 1000 + asker);
            for (var i = 0; i < 1500; i++)
            {
                var number = ((long)asker << 32) | (uint)i;
                var timeout = random.Next(4) == 0
                    ? TimeSpan.FromMilliseconds(random.Next(3))
                    : TimeSpan.FromSeconds(20);
                try
                {
                    var reply = await actors[random.Next(actors.Length)].Ask<long, long>(
                        static (reply, number) => new Numbered(reply, number), number, timeout, stopping);
                    Interlocked.Increment(ref reply == number ? ref answers : ref wrong);
                }
                catch (TimeoutException) when (timeout < TimeSpan.FromSeconds(1))
                {
                    Interlocked.Increment(ref timeouts);
                }
            }
        }

        // A long wait that ends as a time-out would be a lost answer or a stale timer: it is not caught and fails the
        // test.
        await Task.WhenAll(Enumerable.Range(0, 8).Select(asker => Task.Run(() => AskMany(asker), stopping)));

        Assert.Equal(0, wrong);
        Assert.True(answers > 1000 && timeouts > 10, $"seed {seed}: {answers} answers, {timeouts} time-outs");
    }

    private static long AllocatedBy(Action<QueueDispatcher, IRef<Numbered>, TimeSpan?> ask, TimeSpan? timeout)
    {
        var dispatcher = new QueueDispatcher();
        var system = new ActorSystem(dispatcher, new SilentActorEvents());
        var actor = system.Spawn(new Props<Numbered>(context => new Echo(context)), "a");
        ask(dispatcher, actor, timeout);

        var before = GC.GetAllocatedBytesForCurrentThread();
        ask(dispatcher, actor, timeout);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static void AwaitMany(QueueDispatcher dispatcher, IRef<Numbered> actor, TimeSpan? timeout)
    {
        var all = AwaitMany(actor, timeout);
        dispatcher.Run();
        Assert.True(all.IsCompletedSuccessfully);
    }

    private static async Task AwaitMany(IRef<Numbered> actor, TimeSpan? timeout)
    {
        for (var i = 0L; i < Asks; i++)
        {
            var answer = await actor.Ask<long, long>(static (reply, i) => new Numbered(reply, i), i, timeout)
                .ConfigureAwait(false);
            if (answer != i)
            {
                throw new InvalidOperationException($"{answer} instead of {i}");
            }
        }
    }

    private static void CallBackMany(QueueDispatcher dispatcher, IRef<Numbered> actor, TimeSpan? timeout)
    {
        var loop = new Sum();
        for (var i = 0L; i < Asks; i++)
        {
            actor.TryAsk(static (reply, i) => new Numbered(reply, i), i, timeout, loop, i, out _);
            dispatcher.Run();
        }

        Assert.Equal(Asks, loop.Count);
    }

    private readonly record struct Numbered(ReplyTo<long> ReplyTo, long Number);

    private sealed class Echo(IActorContext<Numbered> context) : Actor<Numbered>(context)
    {
        protected internal override void Receive(Numbered message) => message.ReplyTo.Reply(message.Number);
    }

    /// <summary>Answers twice, and answers old questions again much later, when their slots serve others.</summary>
    private sealed class Unreliable(IActorContext<Numbered> context) : Actor<Numbered>(context)
    {
        private readonly Queue<Numbered> _old = new();

        protected internal override void Receive(Numbered message)
        {
            if (Context.Random.Next(8) == 0)
            {
                Context.StartTimer(message.Number, message, TimeSpan.FromMilliseconds(Context.Random.Next(3)));
                return;
            }

            message.ReplyTo.Reply(message.Number);
            _old.Enqueue(message);
            if (_old.Count > 16)
            {
                var old = _old.Dequeue();
                old.ReplyTo.Reply(old.Number);
            }
        }
    }

    private sealed class Sum : IAskCompletion<long>
    {
        public int Count { get; private set; }

        public void Completed(long cookie, in Result<long> result)
        {
            if (result.Value == cookie)
            {
                Count++;
            }
        }
    }

    /// <summary>The bare minimum on the calling thread, so that its allocation counter sees everything.</summary>
    private sealed class QueueDispatcher : IDispatcher
    {
        private readonly Queue<IRunnable> _ready = new(1024);

        public TimeProvider Time => TimeProvider.System;

        public IRandom Random { get; } = new SeededRandom(1);

        public int MessagesPerTurn => 64;

        public void Schedule(IRunnable runnable) => _ready.Enqueue(runnable);

        public IDispatcher Dedicated(string name) => this;

        public void Run()
        {
            while (_ready.TryDequeue(out var runnable))
            {
                runnable.Execute();
            }
        }
    }
}
