using System.Globalization;
using System.Net;
using Proxy.Actors.Config;
using Proxy.Actors.Planning;
using Proxy.Actors.Pools;
using Proxy.Actors.Ports;
using Proxy.Actors.Publishing;
using Proxy.Actors.Runtime;
using Proxy.Actors.Supervision;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Topology;
using Proxy.Tests.Simulation;

namespace Proxy.Tests.Actors.Pools;

/// <summary>The whole actor tree of a node on the deterministic dispatcher, with scripted origins, names and
/// loops.</summary>
internal sealed class PoolRig
{
    private readonly LiveRegistry _live = new(loops: 2);
    private PlannedRevision _planned = PlannedRevision.None;

    public PoolRig(int seed = 1)
    {
        Dispatcher = new SimDispatcher(seed);
        Origins = new ScriptedOrigins(Dispatcher.Clock);
        Edge = new ScriptedEdge();
        Events = new RecordedEvents();
        System = new ActorSystem(Dispatcher, Events);
        Tree = NodeSupervisor.Start(System, Edge, Origins, Origins, Events);
    }

    public SimDispatcher Dispatcher { get; }

    public ScriptedOrigins Origins { get; }

    public ScriptedEdge Edge { get; }

    public RecordedEvents Events { get; }

    public ActorSystem System { get; }

    public ActorTree Tree { get; }

    public static ActiveHealthConfig Active { get; } = new()
    {
        Interval = TimeSpan.FromSeconds(5), Rise = 2, Fall = 3, Jitter = 0,
    };

    /// <summary>A pool from a text: members are NAME[:SET][+FLAGS][=WEIGHT], on 127.0.0.1 and the port of their letter
    /// (a = 1); names in capitals are host names to look up.</summary>
    public static PoolConfig Pool(string members, ActiveHealthConfig? active = null, string name = "app") => new()
    {
        Name = name,
        Members = ConfigList.From(members.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Member)),
        Health = new HealthConfig { Active = active },
    };

    public Answer<PublishAnswer> Publish(params PoolConfig[] pools)
    {
        _planned = SnapshotPlanner.Plan(new ProxyConfig { Pools = ConfigList.From(pools) }, _live, _planned);
        var answer = new Answer<PublishAnswer>(Tree.Publisher
            .Ask<PublishAnswer, PlannedRevision>(
                static (reply, revision) => new PublisherMessage.Publish(revision, reply),
                _planned,
                TimeSpan.FromMinutes(5))
            .AsTask());
        Run(0);
        return answer;
    }

    public void Run(double seconds) => Dispatcher.Advance(TimeSpan.FromSeconds(seconds));

    public MemberState State(string member, string pool = "app") =>
        _planned.Snapshot.Pools.Single(plan => plan.Name == pool)
            .Members.Single(plan => plan.State.Id.Name == member).State;

    public CandidateList CandidateList(string pool = "app") =>
        _planned.Snapshot.Pools.Single(plan => plan.Name == pool).State.Candidates;

    /// <summary>How many exchanges wait for a slot.</summary>
    public int Waiting(string pool = "app") =>
        _planned.Snapshot.Pools.Single(plan => plan.Name == pool).State.Waiters.Count;

    public string Candidates(string pool = "app") =>
        string.Join(' ', CandidateList(pool).Members.Select(static member => member.Id.Name));

    public string Grant(string member) => BackendScript.Describe(State(member).Grant);

    public void Observe(string member, Outcome outcome, int status = 0)
    {
        Tree.Observations.Observe(new Observation(State(member), outcome, status, 0));
        Run(0);
    }

    public string? Order(string member, string order, string pool = "app")
    {
        Assert.True(MemberCommand.TryParse(order, out MemberCommand command));
        return Ask<OrderAnswer>(pool, reply => new PoolMessage.Order(member, command, reply)).Problem;
    }

    /// <param name="patience">When the asker gives up by itself, seconds.</param>
    public Answer<SlotAnswer> Acquire(string? only = null, double seconds = 5, double patience = 300)
    {
        Assert.True(Tree.Pools.TryFind("app", out IRef<PoolMessage>? actor));
        var answer = new Answer<SlotAnswer>(actor.Ask<PoolMessage, SlotAnswer>(
            reply => new PoolMessage.AcquireSlot(
                reply, only is null ? null : State(only), TimeSpan.FromSeconds(seconds)),
            TimeSpan.FromSeconds(patience)).AsTask());
        Run(0);
        return answer;
    }

    /// <summary>What a loop does when an exchange ends.</summary>
    public void Release(string member)
    {
        State(member).ReturnSlot();
        if (_planned.Snapshot.Pools[0].State.Waiters.Any && Tree.Pools.TryFind("app", out IRef<PoolMessage>? actor))
        {
            actor.Tell(new PoolMessage.SlotReleased(State(member)));
        }

        Run(0);
    }

    private T Ask<T>(string pool, Func<ReplyTo<T>, PoolMessage> make)
    {
        Assert.True(Tree.Pools.TryFind(pool, out IRef<PoolMessage>? actor));
        var answer = new Answer<T>(actor.Ask(make, TimeSpan.FromSeconds(5)).AsTask());
        Run(0);
        return answer.Value;
    }

    private static MemberConfig Member(string text)
    {
        string[] weight = text.Split('=');
        string[] flags = weight[0].Split('+');
        string[] name = flags[0].Split(':');
        string host = char.IsUpper(name[0][0]) ? $"{name[0].ToLowerInvariant()}.example" : "127.0.0.1";
        int port = char.ToLowerInvariant(name[0][0]) - 'a' + 1;
        Assert.True(MemberUrl.TryParse($"http://{host}:{port}", out MemberUrl? url, out _));
        MemberFlags state = MemberFlags.None;
        foreach (char letter in flags.Length > 1 ? flags[1] : "")
        {
            state |= letter switch
            {
                'R' => MemberFlags.Spare,
                'H' => MemberFlags.Standby,
                'D' => MemberFlags.Disabled,
                'N' => MemberFlags.Drain,
                _ => throw new ArgumentException($"unknown flag {letter}"),
            };
        }

        return new MemberConfig
        {
            Name = name[0],
            Url = url,
            Set = name.Length > 1 ? int.Parse(name[1], CultureInfo.InvariantCulture) : 0,
            State = state,
            Weight = weight.Length > 1 ? int.Parse(weight[1], CultureInfo.InvariantCulture) : 100,
        };
    }
}

/// <summary>An answer that has come or has not; nobody waits for it.</summary>
internal sealed class Answer<T>(Task<T> task)
{
    public bool IsGiven => task.IsCompleted;

    public T Value
    {
        get
        {
            Assert.True(task.IsCompletedSuccessfully, task.Exception?.InnerException?.Message ?? "no answer");
            return task.Result;
        }
    }

    public Exception? Error => task.Exception?.InnerException;
}

/// <summary>Origins that pass or fail their checks as the test says, and the names of some of them.</summary>
internal sealed class ScriptedOrigins(TimeProvider time) : IProber, INameResolver
{
    private readonly Dictionary<SocketTarget, int> _inFlight = [];

    public HashSet<int> DownPorts { get; } = [];

    public Dictionary<string, string> Names { get; } = [];

    public TimeSpan Latency { get; set; } = TimeSpan.FromMilliseconds(20);

    public Exception? Broken { get; set; }

    public List<ProbeRequest> Probes { get; } = [];

    public int Lookups { get; private set; }

    public void Kill(char member) => DownPorts.Add(member - 'a' + 1);

    public void Revive(char member) => DownPorts.Remove(member - 'a' + 1);

    public async ValueTask<ProbeResult> ProbeAsync(ProbeRequest request, CancellationToken cancellation)
    {
        SocketTarget target = request.Targets[0];
        Assert.True(_inFlight.TryAdd(target, 1), $"two checks of {target} at once");
        Probes.Add(request);
        try
        {
            await Pause(cancellation);
        }
        finally
        {
            _inFlight.Remove(target);
        }

        return Broken is not null ? throw Broken
            : DownPorts.Contains(target.Port) ? new ProbeResult(false, "connection refused", 0, Latency)
            : new ProbeResult(true, "200", 200, Latency);
    }

    public async ValueTask<NameAnswer> ResolveAsync(string host, CancellationToken cancellation)
    {
        Lookups++;
        await Pause(cancellation);
        return Names.TryGetValue(host, out string? addresses)
            ? new NameAnswer([.. addresses.Split(' ').Select(IPAddress.Parse)], null)
            : NameAnswer.Failed("no such host");
    }

    /// <summary>Goes on in the turn that moves the clock or cancels; Task.Delay would hop to another thread when
    /// cancelled.</summary>
    private async Task Pause(CancellationToken cancellation)
    {
        var over = new TaskCompletionSource();
        await using ITimer timer = time.CreateTimer(_ => over.TrySetResult(), null, Latency, Timeout.InfiniteTimeSpan);
        await using CancellationTokenRegistration cancelled =
            cancellation.Register(() => over.TrySetCanceled(cancellation));
        await over.Task;
    }
}

/// <summary>Loops that take a snapshot over at once, when the test lets them, or never.</summary>
internal sealed class ScriptedEdge : IEdge
{
    private readonly Queue<TaskCompletionSource> _held = [];

    public bool Hold { get; set; }

    public Exception? Refuse { get; set; }

    public Exception? Throw { get; set; }

    public List<EdgeSnapshot> Published { get; } = [];

    public Action<EdgeSnapshot>? OnPublish { get; set; }

    public ValueTask Publish(EdgeSnapshot snapshot)
    {
        if (Throw is { } broken)
        {
            Throw = null;
            throw broken;
        }

        if (Refuse is { } error)
        {
            return ValueTask.FromException(error);
        }

        Published.Add(snapshot);
        OnPublish?.Invoke(snapshot);
        if (!Hold)
        {
            return ValueTask.CompletedTask;
        }

        var held = new TaskCompletionSource();
        _held.Enqueue(held);
        return new ValueTask(held.Task);
    }

    public void Acknowledge() => _held.Dequeue().SetResult();
}

/// <summary>Keeps what actors and pools tell, and fails them where the test wants it.</summary>
internal sealed class RecordedEvents : IPoolEvents, IActorEvents
{
    public List<string> Restarts { get; } = [];

    public List<string> Stops { get; } = [];

    public List<string> Lines { get; } = [];

    /// <summary>Of the last change of candidates.</summary>
    public IReadOnlyList<string> Reasons { get; private set; } = [];

    public List<Exception> Oddities { get; } = [];

    /// <summary>Thrown once, in the turn of the actor of this member that handles the end of a check.</summary>
    public string? FailAtCheckOf { get; set; }

    public void GrantChanged(MemberId member, Grant before, Grant after)
    {
        Assert.True(after.Epoch > before.Epoch, $"{member}: epoch {before.Epoch} to {after.Epoch}");
        Lines.Add($"{member.Name}: {BackendScript.Describe(after)}");
    }

    public void CandidatesChanged(string pool, CandidateList candidates, IReadOnlyList<string> reasons)
    {
        Lines.Add($"{pool}: {string.Join(' ', candidates.Members.Select(static member => member.Id.Name))}");
        Reasons = reasons;
    }

    public void Checked(MemberId member, in ProbeResult result)
    {
        if (FailAtCheckOf == member.Name)
        {
            FailAtCheckOf = null;
            throw new InvalidOperationException("planted");
        }
    }

    public void Inconclusive(MemberId member, Exception error) => Oddities.Add(error);

    public void Failed(string path, Exception error, Directive directive)
    {
        if (error.Message != "planted")
        {
            Oddities.Add(error);
        }
    }

    public void Restarted(string path) => Restarts.Add(path);

    public void Stopped(string path, TerminationReason reason) => Stops.Add(path);
}
