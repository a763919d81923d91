namespace Proxy.Cluster.Journal;

/// <summary>What came of a write.</summary>
internal abstract record JournalOutcome
{
    private JournalOutcome()
    {
    }

    /// <param name="Last">Number of the last event that was written, or of the snapshot; of a truncation the new
    /// floor.</param>
    internal sealed record Ok(long Last) : JournalOutcome;

    /// <summary>Somebody else wrote: read, decide anew.</summary>
    internal sealed record WrongSequence(long Actual) : JournalOutcome;

    /// <summary>A writer with a higher epoch has taken over.</summary>
    internal sealed record Fenced(long Epoch) : JournalOutcome;

    /// <summary>It may or may not have been written; trying again with the same ids is safe.</summary>
    internal sealed record Unavailable(string Reason) : JournalOutcome;
}
