using Proxy.Actors.Runtime;
using Proxy.Tests.Simulation;

namespace Proxy.Tests.Actors.Runtime;

internal enum SwarmOrder
{
    Work,
    Spawn,
    Fail,
    StopSelf,
    StopChild,
    Watch,
    Unwatch,
    Timer,
    Pipe,
    Stash,
    Unstash,
}

/// <summary>One seeded run, with the bookkeeping that finds a broken rule.</summary>
internal sealed class SwarmRun : IActorEvents
{
    /// <summary>The only failure that may happen: any other is a bug found.</summary>
    public static readonly Exception Wanted = new InvalidOperationException("wanted by the swarm");

    private const int MostActors = 40;

    private readonly SimDispatcher _sim;
    private readonly List<SwarmActor> _lives = [];
    private readonly Dictionary<string, TerminationReason> _dead = [];
    private readonly List<TaskCompletionSource<int>> _work = [];
    private string? _broken;

    public SwarmRun(int seed)
    {
        _sim = new SimDispatcher(seed);
        System = new ActorSystem(_sim, this);
        for (var i = 0; i < 4; i++)
        {
            Refs.Add(System.Spawn(Props(), $"top{i}"));
        }
    }

    public ActorSystem System { get; }

    public List<IRef<SwarmOrder>> Refs { get; } = [];

    public int Handled { get; set; }

    public int Restarts { get; private set; }

    public int Notices { get; set; }

    public ulong TraceHash => _sim.TraceHash;

    public void Play()
    {
        for (var step = 0; step < 50; step++)
        {
            for (var i = _sim.Random.Next(8); i > 0; i--)
            {
                // Work and birth more often than death, so that there is something to kill.
                var order = _sim.Random.Next(20);
                Pick(Refs).Tell(order > (int)SwarmOrder.Unstash ? (SwarmOrder)(order % 2) : (SwarmOrder)order);
            }

            if (_work.Count > 0 && _sim.Random.Next(2) == 0)
            {
                Pick(_work).TrySetResult(step);
            }

            if (_sim.Random.Next(30) == 0)
            {
                System.Stop(Pick(Refs));
            }

            for (var i = _sim.Random.Next(12); i > 0; i--)
            {
                _sim.Step();
            }

            if (_sim.Random.Next(3) == 0)
            {
                _sim.Advance(TimeSpan.FromMilliseconds(_sim.Random.Next(400)));
                CheckAtRest();
            }
        }
    }

    /// <summary>Ends the system and fails the test when a rule was broken on the way.</summary>
    public void Finish()
    {
        var end = System.Shutdown.Run("end of the run");
        _sim.Advance(TimeSpan.FromSeconds(60));

        Check(end.IsCompletedSuccessfully, "the system did not end");
        Check(_dead.Count == Refs.Count, "an actor has not stopped");
        Check(_sim.Clock.ArmedTimers == 0, "a timer outlived its actor");
        foreach (var life in _lives)
        {
            Check(life.Ends == 1, $"PostStop ran {life.Ends} times in one incarnation of {life.Path}");
        }

        // Thrown here and not where it was seen: inside a turn, supervision would take it for a failure of the actor.
        Assert.True(_broken is null, _broken);
    }

    public SwarmActor Born(IActorContext<SwarmOrder> context)
    {
        Check(
            !_lives.Exists(life => life.Path == context.Self.Path && life.Ends == 0),
            $"{context.Self.Path} began before its predecessor ended");
        var actor = new SwarmActor(context, this);
        _lives.Add(actor);
        return actor;
    }

    public Props<SwarmOrder> Props()
    {
        var usual = (Directive)_sim.Random.Next(4);
        return new Props<SwarmOrder>(Born)
        {
            Mailbox = new MailboxOptions(
                Capacity: 2 + _sim.Random.Next(8),
                Overflow: (MailboxOverflow)_sim.Random.Next(3),
                StashCapacity: 4),
            Supervision = new Supervision(
                _ => _sim.Random.Next(3) == 0 ? usual : Directive.Restart,
                new Backoff(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1), MaxRestarts: 4)),
        };
    }

    public bool HasRoom => Refs.Count < MostActors;

    public T Pick<T>(List<T> from) => from[_sim.Random.Next(from.Count)];

    public ValueTask<int> NewWork()
    {
        _work.Add(new TaskCompletionSource<int>());
        return new ValueTask<int>(_work[^1].Task);
    }

    public void CheckEnd(SwarmActor ending)
    {
        Check(
            !_lives.Exists(life => life.Ends == 0 && life.Path.StartsWith(ending.Path + "/", StringComparison.Ordinal)),
            $"{ending.Path} ended before its children");
    }

    public void CheckNotice(SwarmActor watcher, Terminated notice)
    {
        Check(watcher.Watched.Remove(notice.Ref), $"{watcher.Path} heard of {notice.Ref.Path} twice or unasked");
        Check(
            _dead.TryGetValue(notice.Ref.Path, out var reason) && reason == notice.Reason,
            $"{watcher.Path} heard of {notice.Ref.Path} with a wrong reason");
    }

    public void Check(bool holds, string rule)
    {
        if (!holds)
        {
            _broken ??= $"Seed {_sim.Seed}: {rule}\n{_sim.Tail}";
        }
    }

    public void Restarted(string path) => Restarts++;

    public void Failed(string path, Exception error, Directive directive)
    {
        Check(ReferenceEquals(error, Wanted), $"{path}: {error}");
    }

    public void Stopped(string path, TerminationReason reason)
    {
        Check(_dead.TryAdd(path, reason), $"{path} stopped twice");
    }

    private void CheckAtRest()
    {
        foreach (var life in _lives.Where(life => life.Ends == 0))
        {
            Check(!_dead.ContainsKey(life.Path), $"{life.Path} is dead and has not ended");
            foreach (var watched in life.Watched)
            {
                Check(!_dead.ContainsKey(watched.Path), $"{life.Path} was not told that {watched.Path} is gone");
            }
        }
    }
}
