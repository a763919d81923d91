using Proxy.Cluster.Engine;
using Proxy.Cluster.Journal;

namespace Proxy.Cluster.Revisions;

/// <summary>The journal of configurations, read and shortened.</summary>
internal static class RevisionReading
{
    /// <summary>Everything behind that number.</summary>
    public static async ValueTask<RevisionsRead> ReadAsync(
        IJournal journal, long after, CancellationToken cancellation)
    {
        var revisions = new List<ConfigRevision>();
        while (true)
        {
            EngineResult<JournalPage> page =
                await journal.ReadAsync(RevisionStore.JournalName, after + 1, cancellation);
            if (!page.IsOk)
            {
                return new RevisionsRead(revisions, page.Fault.Reason);
            }

            if (page.Value.Events.Count == 0)
            {
                return new RevisionsRead(revisions, null);
            }

            foreach (StoredEvent stored in page.Value.Events)
            {
                if (RevisionCodec.Decode(stored) is not { } revision)
                {
                    return new RevisionsRead(
                        revisions, $"revision {stored.Sequence} is damaged or from a later version of the program");
                }

                revisions.Add(revision);
                after = stored.Sequence;
            }
        }
    }

    /// <returns>Null after success.</returns>
    public static async ValueTask<string?> TrimAsync(
        IJournal journal, ConfigRevision newest, long before, CancellationToken cancellation)
    {
        var snapshot = new JournalSnapshot(newest.Number, RevisionCodec.Encode(newest).Payload);
        JournalOutcome outcome = await journal.SaveAsync(RevisionStore.JournalName, 0, snapshot, cancellation);
        while (outcome is JournalOutcome.Ok)
        {
            outcome = await journal.TruncateAsync(RevisionStore.JournalName, 0, before, cancellation);
            if (outcome is JournalOutcome.Ok ok && ok.Last >= before)
            {
                return null;
            }
        }

        return $"old revisions were not forgotten: {outcome}";
    }
}
