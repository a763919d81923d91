using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Proxy.Actors.Hocon;
using Proxy.Actors.Runtime;
using Proxy.Cluster.Journal;
using Proxy.Cluster.Revisions.Editing;

namespace Proxy.Cluster.Revisions;

/// <summary>Carries out what <see cref="RevisionMachine"/> wants: asks the node, the journal and the engine, and brings
/// their answers back.</summary>
internal sealed class RevisionActor : Actor<RevisionMessage>, IDisposable
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(2);

    private readonly RevisionServices _services;
    private readonly RevisionBoard _board;
    private readonly RevisionMachine _machine;
    private readonly AckWatch _acks;
    private readonly CancellationTokenSource _stopped = new();
    private readonly Dictionary<Guid, Action<RevisionAnswer>> _asked = [];
    private RevisionMessage.Start? _starting;
    private readonly List<string> _notes = [];
    private readonly RunWaiters _waiters;
    private long _ids;

    public RevisionActor(IActorContext<RevisionMessage> context, RevisionServices services, RevisionBoard board)
        : base(context)
    {
        (_services, _board) = (services, board);
        _machine = new RevisionMachine(services.Node);
        _waiters = new RunWaiters(Context);
        _acks = new AckWatch(services.Node, services.Keys, services.Engine, Context, _stopped.Token);
    }

    protected override void PreStart()
    {
        _acks.Begin();
        if (_board.IsStarted)
        {
            // Supervision made this actor anew; the node goes on running what it runs.
            Perform(new RevisionInput.RanAlone(_board.View.Running));
            Perform(_machine.Look());
        }
    }

    protected override void Receive(RevisionMessage message)
    {
        switch (message)
        {
            case RevisionMessage.Start start:
                _starting = start;
                Context.PipeToSelf(
                    _services.Memory.LoadAsync(),
                    result => new RevisionMessage.Remembered(
                        start, result.TryGetValue(out RememberedRevision? memory) ? memory : null));
                break;
            case RevisionMessage.Remembered remembered:
                OnRemembered(remembered.Origin, remembered.Memory);
                break;
            case RevisionMessage.Ask ask:
                Ask(ask.Request, answer => ReplyWhenItRuns(ask.Reply, answer));
                break;
            case RevisionMessage.Reread reread:
                OnReread(reread);
                break;
            case RevisionMessage.Judged judged:
                Perform(new RevisionInput.Judged(judged.Id, judged.Result.TryGetValue(out Judgement? judgement)
                    ? judgement
                    : new Judgement([judged.Result.Error!.Message], [], [])));
                break;
            case RevisionMessage.Appended appended:
                OnAppended(appended);
                break;
            case RevisionMessage.ReadDone read:
                OnRead(read.Result);
                break;
            case RevisionMessage.Applied applied:
                OnApplied(applied);
                break;
            case RevisionMessage.Noted noted:
                if (!noted.Result.TryGetValue(out string? problem) || problem is not null)
                {
                    _services.Runtime.Warn(problem ?? noted.Result.Error!.Message);
                }

                break;
            case RevisionMessage.Look:
                Perform(_machine.Look());
                break;
            case RevisionMessage.Waited waited:
                _waiters.Tell(waited.Number, null);
                break;
            default:
                if (_acks.Handle(message))
                {
                    Perform(_machine.Look());
                }

                break;
        }

        Publish();
    }

    protected override void PostStop()
    {
        _stopped.Cancel();
        _waiters.TellAll();
        foreach (Action<RevisionAnswer> answer in _asked.Values.ToArray())
        {
            answer(new RevisionAnswer.Unavailable("the node is stopping"));
        }

        _starting?.Reply.Reply(new RevisionStart(0, "the node is stopping", []));
        Dispose();
    }

    public void Dispose() => _stopped.Dispose();

    private void OnRemembered(RevisionMessage.Start start, RememberedRevision? memory)
    {
        _board.FileHash = memory?.FileHash ?? "";
        string hash = HashOf(start.Common);
        bool isNews = memory is null ? _services.IsAlone : memory.FileHash != hash;
        Guid id = NewId();
        _asked[id] = answer =>
        {
            if (answer is RevisionAnswer.Unavailable)
            {
                // The machine keeps the file for the day the journal is back, and answers then.
                _asked[id] = late => OnFileTaken(late, hash, _services.Runtime.Warn);
            }

            OnFileTaken(answer, hash, _notes.Add);
            if (answer is RevisionAnswer.Committed { Revision.Number: 1 } && memory?.Revision is { Number: > 0 } lost)
            {
                _notes.Add(
                    $"the journal was empty and begins anew with the file; what was changed up to revision "
                    + $"{lost.Number} without the file is not in it");
            }

            if (answer is RevisionAnswer.Unchanged && _machine.History.Head is { } head && FileOf(head) is { } file
                && RevisionContent.HashOf(file) != hash && memory is null)
            {
                _notes.Add(
                    $"the cluster's revision {head.Number} holds; the file of this node says something else, and its "
                    + "next change will be a commit");
            }

            BringUp(start, memory, answer);
        };
        var request = new RevisionRequest.File(start.Common)
        {
            Who = start.Who, Why = memory is null ? "first start" : "the file changed while the node was stopped",
        };
        Perform(new RevisionInput.FileAtStart(id, request, isNews));
    }

    private void OnFileTaken(RevisionAnswer answer, string hash, Action<string> tell)
    {
        switch (answer)
        {
            case RevisionAnswer.Committed committed:
                _board.FileHash = hash;
                foreach (string warning in committed.Warnings)
                {
                    tell(warning);
                }

                break;
            case RevisionAnswer.Unchanged:
                _board.FileHash = hash;
                break;
            case RevisionAnswer.Invalid invalid:
                tell($"the file is not taken: {string.Join("; ", invalid.Problems)}");
                break;
            case RevisionAnswer.Conflict conflict:
                tell($"the file is not taken: revision {conflict.Current} was faster");
                break;
            case RevisionAnswer.Unavailable unavailable:
                tell($"no revisions: {unavailable.Reason}");
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(answer), answer, "unknown answer");
        }
    }

    private void BringUp(RevisionMessage.Start start, RememberedRevision? memory, RevisionAnswer answer)
    {
        if (answer is not RevisionAnswer.Unavailable && _machine.History.TargetOf(_services.Node) is not null)
        {
            Perform(new RevisionInput.Release());
        }
        else if (memory?.Revision is { } last && last.Open() is { } kept)
        {
            if (_services.IsAlone && memory.FileHash != HashOf(start.Common))
            {
                _notes.Add($"the node runs its file with the changes of revision {last.Number}; nothing is committed");
                RunAlone(RevisionContent.Of(start.Common, kept.Overlay, out _), last.Number);
                return;
            }

            _notes.Add($"the node runs revision {last.Number} from its disk");
            RunAlone(kept, last.Number);
        }
        else
        {
            RunFile(start);
        }
    }

    private void RunFile(RevisionMessage.Start start)
    {
        _notes.Add("the node runs its file as it is");
        RunAlone(RevisionContent.Of(start.Common, Overlay.Empty, out _), 0);
    }

    private void RunAlone(RevisionContent content, long number)
    {
        if (!_stopped.IsCancellationRequested)
        {
            Context.PipeToSelf(
                _services.Runtime.ApplyAsync(content, number),
                result => new RevisionMessage.Applied(number, Alone: true, result));
        }
    }

    private void OnReread(RevisionMessage.Reread reread)
    {
        string hash = HashOf(reread.Common);
        if (hash == _board.FileHash)
        {
            reread.Reply.Reply(new RevisionAnswer.Unchanged(_machine.Running));
            Perform(new RevisionInput.ApplyAgain());
            return;
        }

        Ask(new RevisionRequest.File(reread.Common) { Who = reread.Who, Why = "the file was read again" }, answer =>
        {
            if (answer is RevisionAnswer.Committed or RevisionAnswer.Unchanged)
            {
                _board.FileHash = hash;
            }

            if (answer is RevisionAnswer.Unavailable unavailable && _services.IsAlone)
            {
                // Nobody else has this configuration: its own operator need not wait for a full disk.
                _services.Runtime.Warn($"the file runs, but is not committed: {unavailable.Reason}");
                Overlay overlay = _machine.History.Head?.Open()?.Overlay ?? Overlay.Empty;
                RunAlone(RevisionContent.Of(reread.Common, overlay, out _), _machine.Running);
                reread.Reply.Reply(new RevisionAnswer.Unchanged(_machine.Running));
                return;
            }

            reread.Reply.Reply(answer);
            if (answer is RevisionAnswer.Unchanged)
            {
                Context.Self.Tell(reread with { Reply = default });
            }
        });
    }

    private void OnAppended(RevisionMessage.Appended appended)
    {
        JournalOutcome outcome = appended.Result.TryGetValue(out JournalOutcome? value)
            ? value
            : new JournalOutcome.Unavailable(appended.Result.Error!.Message);
        if (outcome is JournalOutcome.Ok ok && _services.IsJournalApart)
        {
            _acks.Announce(ok.Last);
        }

        Perform(new RevisionInput.Appended(appended.Id, outcome));
    }

    private void OnRead(Result<RevisionsRead> result)
    {
        RevisionsRead read = result.TryGetValue(out RevisionsRead? value)
            ? value
            : new RevisionsRead([], result.Error!.Message);
        if (read.Fault is not null || _services.IsJournalApart)
        {
            // The watch may be well and have nothing more to say.
            Context.StartTimer(_machine, new RevisionMessage.Look(), LookAgain);
        }

        Perform(read.Fault is { } fault
            ? new RevisionInput.Unreadable(fault)
            : new RevisionInput.Learned(read.Revisions));
    }

    private void OnApplied(RevisionMessage.Applied applied)
    {
        string? refusal = applied.Result.TryGetValue(out string? reason) ? reason : applied.Result.Error!.Message;
        if (refusal is not null)
        {
            _services.Runtime.Warn($"revision {applied.Number} is refused: {refusal}");
        }

        if (!applied.Alone)
        {
            Perform(new RevisionInput.Applied(applied.Number, refusal));
        }
        else if (refusal is null)
        {
            Perform(new RevisionInput.RanAlone(applied.Number));
        }

        if (refusal is null && _machine.History.At(applied.Number) is { } revision)
        {
            Context.PipeToSelf(
                _services.Memory.SaveAsync(new RememberedRevision(_board.FileHash, revision)),
                static result => new RevisionMessage.Noted(result));
        }

        _waiters.Tell(applied.Number, refusal);
        if (_starting is { } start)
        {
            OnFirst(start, applied, refusal);
        }
    }

    /// <summary>A revision that this node cannot run must not keep it from running at all.</summary>
    private void OnFirst(RevisionMessage.Start start, RevisionMessage.Applied applied, string? refusal)
    {
        if (refusal is not null && applied.Number > 0)
        {
            RunFile(start);
            return;
        }

        _starting = null;
        _board.IsStarted = refusal is null;
        start.Reply.Reply(new RevisionStart(applied.Number, refusal, [.. _notes]));
    }

    private void ReplyWhenItRuns(ReplyTo<RevisionAnswer> reply, RevisionAnswer answer)
    {
        if (answer is RevisionAnswer.Committed committed && _board.IsStarted
            && _machine.History.TargetOf(_services.Node)?.Number == committed.Revision.Number)
        {
            _waiters.Add(reply, committed);
        }
        else
        {
            reply.Reply(answer);
        }
    }

    private void Ask(RevisionRequest request, Action<RevisionAnswer> answer)
    {
        IReadOnlyList<string> nodes = _services.Nodes();
        if (request.First.Length > 0 && !nodes.Contains(request.First))
        {
            answer(new RevisionAnswer.Invalid(
                [$"no node is named {request.First}; there are {string.Join(", ", nodes)}"]));
            return;
        }

        Guid id = NewId();
        _asked[id] = answer;
        Perform(new RevisionInput.Ask(id, request));
    }

    private void Perform(RevisionInput input)
    {
        if (!_stopped.IsCancellationRequested)
        {
            Perform(_machine.Handle(input, Context.Time.GetUtcNow()));
        }
    }

    private void Perform(IReadOnlyList<RevisionEffect> effects)
    {
        foreach (RevisionEffect effect in effects)
        {
            Perform(effect);
        }
    }

    private void Perform(RevisionEffect effect)
    {
        switch (effect)
        {
            case RevisionEffect.Judge judge:
                Context.PipeToSelf(
                    _services.Runtime.JudgeAsync(judge.Content, judge.Before),
                    result => new RevisionMessage.Judged(judge.Id, result));
                break;
            case RevisionEffect.Append append:
                Context.PipeToSelf(
                    _services.Journal.AppendAsync(
                        RevisionStore.JournalName, append.Revision.Number - 1, 0,
                        [RevisionCodec.Encode(append.Revision)], _stopped.Token),
                    result => new RevisionMessage.Appended(append.Id, result));
                break;
            case RevisionEffect.Read read:
                Context.PipeToSelf(
                    RevisionReading.ReadAsync(_services.Journal, read.After, _stopped.Token),
                    static result => new RevisionMessage.ReadDone(result));
                break;
            case RevisionEffect.Answer answer:
                if (_asked.Remove(answer.Id, out Action<RevisionAnswer>? asker))
                {
                    asker(answer.Value);
                }

                break;
            case RevisionEffect.Apply apply:
                Context.PipeToSelf(
                    apply.Revision.Open() is { } content
                        ? _services.Runtime.ApplyAsync(content, apply.Revision.Number)
                        : ValueTask.FromResult<string?>("damaged, or from a later version of the program"),
                    result => new RevisionMessage.Applied(apply.Revision.Number, Alone: false, result));
                break;
            case RevisionEffect.Acknowledge acknowledge:
                _acks.Say(acknowledge.Ack);
                break;
            case RevisionEffect.Trim trim:
                Context.PipeToSelf(
                    RevisionReading.TrimAsync(_services.Journal, trim.Newest, trim.Before, _stopped.Token),
                    static result => new RevisionMessage.Noted(result));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(effect), effect, "unknown effect");
        }
    }

    private static string? FileOf(ConfigRevision revision) => revision.Open()?.FileText;

    private static string HashOf(HoconObject common) => RevisionContent.Of(common, Overlay.Empty, out _).Hash;

    /// <summary>Nodes that draw the same random numbers still differ by name and time.</summary>
    private Guid NewId()
    {
        string seed = string.Create(
            CultureInfo.InvariantCulture,
            $"{_services.Node}|{Context.Time.GetUtcNow().Ticks}|{Context.Random.NextDouble()}|{++_ids}");
        return new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(seed)).AsSpan(0, 16));
    }

    private void Publish() => _board.View = new RevisionView(
        [.. _machine.History.Known], _machine.Running, _machine.Unreadable, _acks.All);
}
