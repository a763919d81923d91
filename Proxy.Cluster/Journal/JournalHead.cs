namespace Proxy.Cluster.Journal;

/// <summary>What a provider knows about one journal, and the rules of writing to it, the same for all.</summary>
/// <param name="Last">Of the newest event; 0 = none was ever written.</param>
/// <param name="Floor">Of the oldest event still there.</param>
internal readonly record struct JournalHead(long Epoch, long Last, long Floor)
{
    public static readonly JournalHead Empty = new(0, 0, 1);

    /// <summary>How many snapshots are kept: the older one is for the day the newer one is torn.</summary>
    public const int Snapshots = 2;

    /// <summary>Null = write the events behind <see cref="Last"/>.</summary>
    /// <param name="idAt">The id of a stored event, asked only for numbers that are there.</param>
    public JournalOutcome? JudgeAppend(
        long expected, long epoch, IReadOnlyList<JournalEvent> events, Func<long, Guid> idAt)
    {
        if (expected != Last)
        {
            return IsStored(expected, events, idAt)
                ? new JournalOutcome.Ok(expected + events.Count)
                : new JournalOutcome.WrongSequence(Last);
        }

        return JudgeEpoch(epoch);
    }

    public JournalOutcome? JudgeEpoch(long epoch) => epoch < Epoch ? new JournalOutcome.Fenced(Epoch) : null;

    public JournalOutcome? JudgeSnapshot(long epoch, JournalSnapshot snapshot) =>
        snapshot.Sequence > Last ? new JournalOutcome.WrongSequence(Last) : JudgeEpoch(epoch);

    /// <param name="covered">Number of the lowest whole snapshot; 0 = none.</param>
    public JournalOutcome? JudgeTruncation(long epoch, long before, long covered)
    {
        if (before <= Floor)
        {
            return new JournalOutcome.Ok(Floor);
        }

        return before > covered + 1 ? new JournalOutcome.WrongSequence(covered) : JudgeEpoch(epoch);
    }

    public JournalHead After(long epoch, int events) => this with { Epoch = epoch, Last = Last + events };

    // A writer that lost the answer comes back with the same ids; others may have written behind them meanwhile.
    private bool IsStored(long expected, IReadOnlyList<JournalEvent> events, Func<long, Guid> idAt)
    {
        if (expected + 1 < Floor || expected + events.Count > Last)
        {
            return false;
        }

        for (int i = 0; i < events.Count; i++)
        {
            if (idAt(expected + 1 + i) != events[i].Id)
            {
                return false;
            }
        }

        return true;
    }
}
