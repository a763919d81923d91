using Microsoft.Extensions.Logging;
using Proxy.Actors.Config;
using Proxy.Actors.Hocon;
using Proxy.Actors.Planning;
using Proxy.Actors.Runtime;
using Proxy.Cluster.Certificates;
using Proxy.Cluster.Engine;
using Proxy.Cluster.Journal;
using Proxy.Cluster.Revisions;
using Proxy.Cluster.Revisions.Editing;

namespace Proxy.Cluster.Host;

/// <summary>Between the node's file and the revisions: what both say together is what the node runs.</summary>
internal sealed class NodeRevisions : IRevisionNode, IDisposable
{
    private readonly string _file;
    private readonly string _who;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly Func<RevisedConfig, Task<string?>> _apply;
    private readonly SemaphoreSlim _reading = new(1, 1);
    private volatile SharedBlocks _blocks;

    /// <param name="blocks">The file as it was read at the start.</param>
    /// <param name="journal">Where the revisions are; in <paramref name="engine"/> or apart from it.</param>
    /// <param name="apply">Runs a configuration; answers why not, or null.</param>
    public NodeRevisions(
        string file,
        SharedBlocks blocks,
        NodeRevisionOptions options,
        IClusterEngine engine,
        IJournal journal,
        IActorSystem actors,
        ILogger logger,
        TimeProvider time,
        Func<RevisedConfig, Task<string?>> apply)
    {
        (_file, _blocks, _logger, _time, _apply) = (file, blocks, logger, time, apply);
        _who = $"{options.Node}, {Path.GetFileName(file)}";
        var keys = new RevisionKeys(options.Cluster);
        Store = new RevisionStore(actors, new RevisionServices(
            options.Node, keys, journal, engine, this, new LocalRevisionFile(options.StateDir), options.Nodes,
            options.IsAlone)
        { IsJournalApart = journal is not EngineJournal });
    }

    public RevisionStore Store { get; }

    /// <summary>Brings the first revision up; false when nothing could be run.</summary>
    public async Task<bool> StartAsync()
    {
        RevisionStart start = await Store.StartAsync(_blocks.Common, _who);
        foreach (string note in start.Notes)
        {
            NodeLog.RevisionNote(_logger, note);
        }

        return start.Problem is null;
    }

    /// <summary>Reads the file again. An invalid file changes nothing.</summary>
    public async Task RereadAsync()
    {
        await _reading.WaitAsync();
        SharedBlocks before = _blocks;
        try
        {
            ConfigLoading loading = ConfigLoader.Load(_file);
            if (loading.Config is null || HoconDocument.ParseFile(_file).Root is not { } root)
            {
                Refuse(loading.Errors.Select(static error => error.ToString()));
                return;
            }

            _blocks = SharedBlocks.Split(root);
            switch (await Store.RereadAsync(_blocks.Common, _who))
            {
                case RevisionAnswer.Committed committed:
                    foreach (string warning in committed.Warnings)
                    {
                        NodeLog.ConfigWarning(_logger, warning);
                    }

                    break;
                case RevisionAnswer.Unchanged:
                    break;
                case RevisionAnswer.Invalid invalid:
                    _blocks = before;
                    Refuse(invalid.Problems);
                    break;
                case RevisionAnswer refused:
                    _blocks = before;
                    Refuse([refused.ToString()]);
                    break;
            }
        }
        catch (Exception error)
        {
            _blocks = before;
            Refuse([error.Message]);
        }
        finally
        {
            _reading.Release();
        }
    }

    public async ValueTask<Judgement> JudgeAsync(RevisionContent content, RevisionContent? before)
    {
        await Task.Yield(); // Certificates are read from disk, and the caller is an actor in its turn.
        ConfigLoading loading = Load(content).Loading;
        if (loading.Config is not { } config)
        {
            return new Judgement([.. loading.Errors.Select(Describe)], [], []);
        }

        TlsFindings findings = ConfigInspection.Look(config, _file, _time);
        ProxyConfig? old = before is null ? null : Load(before).Loading.Config;
        return new Judgement(
            findings.Errors, [.. loading.Warnings.Select(Describe), .. findings.Warnings],
            old is null ? [] : ConfigDiff.Between(old, config));
    }

    public async ValueTask<string?> ApplyAsync(RevisionContent content, long number)
    {
        await Task.Yield(); // As above.
        RevisedConfig revised = Load(content) with { Number = number };
        return revised.Loading.Config is null
            ? string.Join("; ", revised.Loading.Errors.Select(Describe))
            : await _apply(revised);
    }

    public void Dispose() => _reading.Dispose();

    public void Warn(string problem) => NodeLog.RevisionNote(_logger, problem);

    // The place in a text that was put together says nothing to an operator.
    private static string Describe(ConfigProblem problem)
    {
        string value = problem.Value.Length == 0 ? "" : $" = {problem.Value}";
        string accepted = problem.Accepted.Length == 0 ? "" : $"; accepted: {problem.Accepted}";
        const string Root = "proxy."; // Changes are written without it.
        string path = problem.Path.StartsWith(Root, StringComparison.Ordinal)
            ? problem.Path[Root.Length..]
            : problem.Path;
        return $"{path}{value}: {problem.Message}{accepted}";
    }

    private RevisedConfig Load(RevisionContent content)
    {
        HoconObject document = _blocks.Join(content.Tree);
        return new RevisedConfig(ConfigLoader.LoadDocument(document, _file), document, 0);
    }

    private void Refuse(IEnumerable<string> problems)
    {
        foreach (string problem in problems)
        {
            NodeLog.ReloadRefused(_logger, problem);
        }
    }
}

/// <param name="StateDir">Where the node keeps its own copy.</param>
/// <param name="Nodes">Names of the members that should run revisions.</param>
/// <param name="IsAlone">The engine is this node's alone.</param>
internal sealed record NodeRevisionOptions(
    string Node, string Cluster, string StateDir, Func<IReadOnlyList<string>> Nodes, bool IsAlone);

/// <summary>A revision together with the node's own part of its file.</summary>
/// <param name="Document">The same, resolved but not read.</param>
/// <param name="Number">Of the revision; 0 = the file alone.</param>
internal sealed record RevisedConfig(ConfigLoading Loading, HoconObject Document, long Number);
