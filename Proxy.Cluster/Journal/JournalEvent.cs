namespace Proxy.Cluster.Journal;

/// <param name="Id">Unique; the writer keeps it when it tries again.</param>
/// <param name="Type">What the payload is; ASCII, at most 64 characters.</param>
/// <param name="At">By the writer's clock; providers keep whole milliseconds.</param>
internal sealed record JournalEvent(Guid Id, string Type, DateTimeOffset At, ReadOnlyMemory<byte> Payload);

internal readonly record struct StoredEvent(long Sequence, JournalEvent Event);

/// <param name="Last">Number of the journal's last event; 0 = it is empty.</param>
/// <param name="Floor">Number of the first event that was not truncated away.</param>
internal sealed record JournalPage(IReadOnlyList<StoredEvent> Events, long Last, long Floor);
