using Proxy.Cluster.Journal;

namespace Proxy.Cluster.Revisions;

/// <summary>How requests become revisions and revisions what this node runs. Requests are carried out one after the
/// other: made on the newest revision, judged, appended behind it. When another node was faster, a request that named
/// its revision is a conflict, and any other is made anew. Pure; one thread.</summary>
/// <param name="node">This node's name.</param>
internal sealed class RevisionMachine(string node)
{
    // Each failed try means that another node succeeded.
    private const int MaxTries = 8;
    private const int MaxWaiting = 64;

    /// <summary>Truncating every single revision would double the writes.</summary>
    private const int TrimStep = 64;

    private readonly Queue<Work> _waiting = new();
    private Work? _work;
    private string? _unreadable = "not read yet";
    private bool _reading;
    private bool _readAgain;
    private ConfigRevision? _applying;
    private bool _applyAgain;
    private long _attempted;
    private bool _held = true;
    private RevisionInput.FileAtStart? _offer;
    private bool _offerAnswered;

    public RevisionHistory History { get; } = new();

    /// <summary>Of the revision this node runs; 0 = none.</summary>
    public long Running { get; private set; }

    /// <summary>The revision this node last failed to run; 0 = none since.</summary>
    public long Refused { get; private set; }

    public string Refusal { get; private set; } = "";

    /// <summary>Why nothing can be committed now; null = it can.</summary>
    public string? Unreadable => _unreadable;

    public IReadOnlyList<RevisionEffect> Handle(RevisionInput input, DateTimeOffset now)
    {
        var effects = new List<RevisionEffect>();
        switch (input)
        {
            case RevisionInput.Ask ask:
                Take(new Work(ask.Id, ask.Request), effects);
                break;
            case RevisionInput.Judged judged:
                OnJudged(judged, now, effects);
                break;
            case RevisionInput.Appended appended:
                OnAppended(appended, effects);
                break;
            case RevisionInput.Learned learned:
                OnLearned(learned.Revisions, effects);
                break;
            case RevisionInput.Unreadable unreadable:
                OnUnreadable(unreadable.Reason, effects);
                break;
            case RevisionInput.Applied applied:
                OnApplied(applied, effects);
                break;
            case RevisionInput.FileAtStart file:
                OnFileAtStart(file, effects);
                break;
            case RevisionInput.Release:
                _held = false;
                ApplyTarget(effects);
                break;
            case RevisionInput.RanAlone alone:
                (_held, Running, _attempted) = (false, alone.Number, Math.Max(_attempted, alone.Number));
                Acknowledge(effects);
                ApplyTarget(effects);
                break;
            case RevisionInput.ApplyAgain:
                _applyAgain = true;
                ApplyTarget(effects);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(input), input, "unknown input");
        }

        return effects;
    }

    /// <summary>Nobody asked for it, but the engine says there may be news.</summary>
    public IReadOnlyList<RevisionEffect> Look()
    {
        var effects = new List<RevisionEffect>();
        Read(effects);
        return effects;
    }

    private void Take(Work work, List<RevisionEffect> effects)
    {
        if (_waiting.Count >= MaxWaiting)
        {
            effects.Add(new RevisionEffect.Answer(
                work.Id, new RevisionAnswer.Unavailable("too many changes are waiting")));
            return;
        }

        _waiting.Enqueue(work);
        Begin(effects);
    }

    private void Begin(List<RevisionEffect> effects)
    {
        if (_work is null && _waiting.TryDequeue(out Work? next))
        {
            // Decided on what the journal says now: whoever asks may have seen more than this node has.
            _work = next;
            Read(effects);
        }
    }

    private void Try(Work work, List<RevisionEffect> effects)
    {
        work.WaitsForRead = false;
        Draft draft = DraftRules.Make(work.Request, History);
        if (draft.Refusal is { } refusal)
        {
            Answer(refusal, effects);
            return;
        }

        work.Draft = draft;
        effects.Add(new RevisionEffect.Judge(work.Id, draft.Content!, draft.Before)); // Not refused, so it has one.
    }

    private void OnJudged(RevisionInput.Judged judged, DateTimeOffset now, List<RevisionEffect> effects)
    {
        if (_work is not { Draft: { } draft } work || work.Id != judged.Id)
        {
            return;
        }

        if (judged.Judgement.Errors.Count > 0)
        {
            Answer(new RevisionAnswer.Invalid(judged.Judgement.Errors), effects);
            return;
        }

        ConfigRevision revision = DraftRules.Finish(
            work.Request, draft, judged.Judgement.Diff, History.Last + 1) with
        {
            Id = work.Id,
            At = now,
        };
        if (RevisionCodec.Encode(revision).Payload.Length > IJournal.MaxBytes)
        {
            Answer(new RevisionAnswer.Invalid(["the configuration is too large for its journal"]), effects);
            return;
        }

        work.Warnings = [.. draft.Misfits.Select(static text => $"left out: {text}"), .. judged.Judgement.Warnings];
        work.Revision = revision;
        effects.Add(new RevisionEffect.Append(work.Id, revision));
    }

    private void OnAppended(RevisionInput.Appended appended, List<RevisionEffect> effects)
    {
        if (_work is not { Revision: { } revision } work || work.Id != appended.Id)
        {
            return;
        }

        switch (appended.Outcome)
        {
            case JournalOutcome.Ok:
                History.Learn(revision);
                Answer(new RevisionAnswer.Committed(revision, work.Warnings), effects);
                if (revision.Number % TrimStep == 0 && revision.Number > RevisionHistory.MaxRevisions)
                {
                    effects.Add(new RevisionEffect.Trim(revision, revision.Number - RevisionHistory.MaxRevisions + 1));
                }

                ApplyTarget(effects);
                break;
            case JournalOutcome.WrongSequence when ++work.Tries < MaxTries:
                (work.Revision, work.Draft, work.WaitsForRead) = (null, null, true);
                Read(effects);
                break;
            case JournalOutcome.Unavailable unavailable:
                _unreadable = unavailable.Reason;
                Answer(new RevisionAnswer.Unavailable(unavailable.Reason), effects);
                break;
            default:
                Answer(new RevisionAnswer.Unavailable("too many nodes commit at once"), effects);
                break;
        }
    }

    private void OnFileAtStart(RevisionInput.FileAtStart file, List<RevisionEffect> effects)
    {
        _offer = file;
        Read(effects);
    }

    /// <summary>Whoever comes first gives the cluster its first revision. Later ones only say what changed in their
    /// files while they were away.</summary>
    private void TakeOffer(List<RevisionEffect> effects)
    {
        if (_offer is not { } offer)
        {
            return;
        }

        _offer = null;
        if (History.Head is null || offer.IsNews)
        {
            Take(new Work(offer.Id, offer.Request), effects);
        }
        else
        {
            effects.Add(new RevisionEffect.Answer(offer.Id, new RevisionAnswer.Unchanged(History.Last)));
        }
    }

    private void OnLearned(IReadOnlyList<ConfigRevision> revisions, List<RevisionEffect> effects)
    {
        (_reading, _unreadable) = (false, null);
        foreach (ConfigRevision revision in revisions)
        {
            History.Learn(revision);
        }

        if (_readAgain)
        {
            _readAgain = false;
            Read(effects);
            ApplyTarget(effects);
            return;
        }

        // Its own append was read before the answer to it came: the answer will say so.
        if (_work is { WaitsForRead: true } work)
        {
            Try(work, effects);
        }

        TakeOffer(effects);
        Begin(effects);
        ApplyTarget(effects);
    }

    private void OnUnreadable(string reason, List<RevisionEffect> effects)
    {
        (_reading, _readAgain, _unreadable) = (false, false, reason);
        if (_offer is { } offer && !_offerAnswered)
        {
            // It stays: the file is committed when the engine is back, and the asker goes on without.
            _offerAnswered = true;
            effects.Add(new RevisionEffect.Answer(offer.Id, new RevisionAnswer.Unavailable(reason)));
        }

        if (_work is { WaitsForRead: true })
        {
            Answer(new RevisionAnswer.Unavailable(reason), effects);
        }
    }

    private void OnApplied(RevisionInput.Applied applied, List<RevisionEffect> effects)
    {
        ConfigRevision? done = _applying;
        _applying = null;
        if (applied.Refusal is null)
        {
            (Running, Refused, Refusal) = (applied.Number, 0, "");
        }
        else
        {
            (Refused, Refusal) = (applied.Number, applied.Refusal);
        }

        Acknowledge(effects);
        if (applied.Refusal is null && done is { GoesOn: true } && done.First == node && History.Last == done.Number)
        {
            Take(new Work(DraftRules.IdAfter(done), new RevisionRequest.Continue
            {
                Who = done.Who, Why = $"{node} runs it", Expected = done.Number,
            }), effects);
        }

        ApplyTarget(effects);
    }

    private void Acknowledge(List<RevisionEffect> effects) =>
        effects.Add(new RevisionEffect.Acknowledge(new NodeAck(node, Running, Refused, Refusal)));

    private void ApplyTarget(List<RevisionEffect> effects)
    {
        if (!_held && _applying is null && History.TargetOf(node) is { } target
            && (_applyAgain || target.Number != _attempted))
        {
            (_applying, _attempted, _applyAgain) = (target, target.Number, false);
            effects.Add(new RevisionEffect.Apply(target));
        }
    }

    private void Read(List<RevisionEffect> effects)
    {
        if (_reading)
        {
            // That one may be past the place where the news is.
            _readAgain = true;
            return;
        }

        _reading = true;
        effects.Add(new RevisionEffect.Read(History.Last));
    }

    private void Answer(RevisionAnswer answer, List<RevisionEffect> effects)
    {
        effects.Add(new RevisionEffect.Answer(_work!.Id, answer)); // The callers have seen to it.
        _work = null;
        Begin(effects);
    }

    private sealed class Work(Guid id, RevisionRequest request)
    {
        public Guid Id => id;

        public RevisionRequest Request => request;

        public Draft? Draft { get; set; }

        public ConfigRevision? Revision { get; set; }

        public IReadOnlyList<string> Warnings { get; set; } = [];

        public bool WaitsForRead { get; set; } = true;

        public int Tries { get; set; }
    }
}
