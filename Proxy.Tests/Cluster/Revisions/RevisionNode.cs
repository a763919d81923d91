using Proxy.Actors.Config;
using Proxy.Actors.Hocon;
using Proxy.Actors.Planning;
using Proxy.Actors.Runtime;
using Proxy.Cluster.Engine;
using Proxy.Cluster.Revisions;
using Proxy.Cluster.Revisions.Editing;
using Proxy.Tests.Simulation;

namespace Proxy.Tests.Cluster.Revisions;

/// <summary>A node whose configuration is real and whose data plane is a list of what it was told to run.</summary>
internal sealed class RevisionNode : IRevisionNode, IRevisionMemory, IDisposable
{
    private static readonly RevisionKeys Keys = new("test");

    private readonly SimDispatcher _dispatcher;
    private readonly ActorSystem _system;

    public RevisionNode(
        SimDispatcher dispatcher,
        string name,
        IClusterEngine engine,
        string file,
        IReadOnlyList<string> nodes,
        RememberedRevision? memory = null,
        bool isAlone = false,
        IDispatcher? own = null)
    {
        (_dispatcher, Name, Memory) = (dispatcher, name, memory);
        _system = new ActorSystem(own ?? dispatcher, new SilentActorEvents());
        File = file;
        Store = new RevisionStore(_system, new RevisionServices(
            name, Keys, RevisionStore.JournalIn(engine, Keys), engine, this, this, () => nodes, isAlone));
    }

    public string Name { get; }

    public string File { get; set; }

    public RevisionStore Store { get; }

    public RememberedRevision? Memory { get; private set; }

    public List<long> Ran { get; } = [];

    public List<string> Warnings { get; } = [];

    /// <summary>What it runs, as text; empty = nothing.</summary>
    public string Running { get; private set; } = "";

    /// <summary>Why it refuses whatever it is told to run; null = it does not.</summary>
    public string? Refuses { get; set; }

    public RevisionStart Start() => Finish(Begin());

    public Task<RevisionStart> Begin() => Store.StartAsync(Common(), "file").AsTask();

    public RevisionAnswer Reread(string file)
    {
        File = file;
        return Finish(Store.RereadAsync(Common(), "file").AsTask());
    }

    public RevisionAnswer Commit(RevisionRequest request) => Finish(Store.CommitAsync(request).AsTask());

    public Task<RevisionAnswer> Send(RevisionRequest request) => Store.CommitAsync(request).AsTask();

    public RevisionAnswer Set(string path, string json, long? expected = null) => Commit(Setting(path, json, expected));

    public static RevisionRequest Setting(string path, string json, long? expected = null) =>
        new RevisionRequest.Change([new(path, json)], [], []) { Who = "ann", Why = "test", Expected = expected };

    public void Dispose() => _ = _system.Shutdown.Run("test");

    public ValueTask<Judgement> JudgeAsync(RevisionContent content, RevisionContent? before)
    {
        ConfigLoading now = Load(content);
        ConfigLoading? was = before is null ? null : Load(before);
        return ValueTask.FromResult(new Judgement(
            [.. now.Errors.Select(static error => $"{error.Path}: {error.Message}")], [],
            now.Config is { } config && was?.Config is { } old ? [.. ConfigDiff.Between(old, config)] : []));
    }

    public ValueTask<string?> ApplyAsync(RevisionContent content, long number)
    {
        if (Refuses is null)
        {
            Ran.Add(number);
            Running = content.Text;
        }

        return ValueTask.FromResult(Refuses);
    }

    public void Warn(string problem) => Warnings.Add(problem);

    public ValueTask<RememberedRevision?> LoadAsync() => ValueTask.FromResult(Memory);

    public ValueTask<string?> SaveAsync(RememberedRevision remembered)
    {
        // As it comes back from a disk.
        Memory = LocalRevisionFile.Decode(LocalRevisionFile.Encode(remembered));
        return ValueTask.FromResult<string?>(null);
    }

    private HoconObject Common() => SharedBlocks.Split(OverlayTests.Parse(File)).Common;

    private ConfigLoading Load(RevisionContent content) =>
        ConfigLoader.LoadDocument(SharedBlocks.Split(OverlayTests.Parse(File)).Join(content.Tree), "test");

    private T Finish<T>(Task<T> task)
    {
        for (int i = 0; i < 300 && !task.IsCompleted; i++)
        {
            _dispatcher.Advance(TimeSpan.FromMilliseconds(100));
        }

        _dispatcher.RunUntilIdle();
        Assert.True(task.IsCompleted, $"{Name} does not answer");
        return task.Result;
    }
}
