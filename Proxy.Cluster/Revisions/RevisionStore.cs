using Proxy.Actors.Hocon;
using Proxy.Actors.Runtime;
using Proxy.Cluster.Engine;
using Proxy.Cluster.Journal;
using Proxy.Cluster.Revisions.Editing;

namespace Proxy.Cluster.Revisions;

/// <summary>What revisions work with.</summary>
/// <param name="Node">This node's name.</param>
/// <param name="Keys">Where in the engine.</param>
/// <param name="Journal">Of the whole cluster; see <see cref="RevisionStore.JournalIn"/> for the one in the
/// engine.</param>
/// <param name="Engine">Tells of other nodes' commits and what they say about them; null = there are no others.</param>
/// <param name="Runtime">The node itself.</param>
/// <param name="Nodes">Names of the members that should run revisions. Any thread.</param>
/// <param name="IsAlone">No other node has this configuration: when in doubt its file is news.</param>
internal sealed record RevisionServices(
    string Node,
    RevisionKeys Keys,
    IJournal Journal,
    IClusterEngine? Engine,
    IRevisionNode Runtime,
    IRevisionMemory Memory,
    Func<IReadOnlyList<string>> Nodes,
    bool IsAlone)
{
    /// <summary>The journal is not in the engine, so that no watch tells of its commits.</summary>
    public bool IsJournalApart { get; init; }
}

/// <summary>The configuration as numbered commits: the door for the node, management and commands. Any thread.
/// </summary>
internal sealed class RevisionStore
{
    /// <summary>Of the journal.</summary>
    public const string JournalName = "config";

    // Reading, judging and appending, each within the engine's deadline, perhaps behind other requests.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // Pools wait for names, and a second revision may be tried after the first.
    private static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(2);

    private readonly IRef<RevisionMessage> _actor;
    private readonly RevisionBoard _board;
    private readonly Func<IReadOnlyList<string>> _nodes;
    private readonly IRevisionNode _runtime;

    public RevisionStore(IActorSystem system, RevisionServices services)
    {
        _board = new RevisionBoard();
        _nodes = services.Nodes;
        _runtime = services.Runtime;
        _actor = system.Spawn(
            new Props<RevisionMessage>(context => new RevisionActor(context, services, _board)), "revisions");
    }

    public RevisionView View => _board.View;

    /// <summary>Members of the cluster that should run the newest revision.</summary>
    public IReadOnlyList<string> Nodes => _nodes();

    /// <summary>Where the engine keeps the journal of configurations.</summary>
    public static EngineJournal JournalIn(IClusterEngine engine, RevisionKeys keys) => new(engine, keys.Journal);

    /// <summary>Brings the first revision up: the cluster's, or the one on disk, or the file's.</summary>
    /// <param name="common">Of the file; see <see cref="SharedBlocks"/>.</param>
    public ValueTask<RevisionStart> StartAsync(HoconObject common, string who) =>
        _actor.Ask<RevisionMessage, RevisionStart>(
            reply => new RevisionMessage.Start(common, who, reply), StartPatience);

    /// <summary>The file was read again: a new revision when its common blocks changed, and in any case what runs is
    /// put together anew.</summary>
    public ValueTask<RevisionAnswer> RereadAsync(HoconObject common, string who) =>
        AskAsync(reply => new RevisionMessage.Reread(common, who, reply));

    /// <summary>What is different, in lines for people; secrets are not in it.</summary>
    /// <param name="before">Null = nothing to compare with: no lines.</param>
    public async ValueTask<IReadOnlyList<string>> DiffAsync(RevisionContent? before, RevisionContent content) =>
        (await _runtime.JudgeAsync(content, before)).Diff;

    public ValueTask<RevisionAnswer> CommitAsync(RevisionRequest request) =>
        AskAsync(reply => new RevisionMessage.Ask(request, reply));

    private async ValueTask<RevisionAnswer> AskAsync(Func<ReplyTo<RevisionAnswer>, RevisionMessage> make)
    {
        try
        {
            return await _actor.Ask(make, Patience);
        }
        catch (Exception problem) when (problem is TimeoutException or UndeliveredException)
        {
            return new RevisionAnswer.Unavailable(problem.Message);
        }
    }
}

/// <summary>Where the actor puts what others may see, and what must outlive a restart by its supervision.</summary>
internal sealed class RevisionBoard
{
    private volatile RevisionView _view = RevisionView.Empty;

    /// <summary>Whether the node runs anything. The actor's alone, like the next.</summary>
    public bool IsStarted { get; set; }

    /// <summary>Of the common blocks of this node's file when they were last taken.</summary>
    public string FileHash { get; set; } = "";

    public RevisionView View
    {
        get => _view;
        set => _view = value;
    }
}
