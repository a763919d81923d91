using Proxy.Cluster.Engine;

namespace Proxy.Cluster.Journal;

/// <summary>Named sequences of events that only grow: what happened, in order, for good.
/// <para>Contract, the same for every provider and proved by one suite. The events of one call are written all or not
/// at all, behind the sequence number the caller believes to be the last. What was acknowledged survives a power cut.
/// Writing the same events (by their ids) to the same place again is a success and changes nothing, so whoever got
/// <see cref="JournalOutcome.Unavailable"/> may simply try again. Any thread; every call ends within the provider's
/// deadline.</para></summary>
internal interface IJournal : IAsyncDisposable
{
    /// <summary>At most this many events at once.</summary>
    const int MaxEvents = 64;

    /// <summary>Bytes of a payload, and of all payloads of one call together.</summary>
    const int MaxBytes = 768 << 10;

    /// <param name="name">Lower-case letters, digits, '-' and '.', at most 64.</param>
    /// <param name="expected">The last number the writer knows; 0 = there is nothing yet.</param>
    /// <param name="epoch">The fencing token of the writer. A higher one than before shuts out all lower ones.</param>
    ValueTask<JournalOutcome> AppendAsync(
        string name, long expected, long epoch, IReadOnlyList<JournalEvent> events, CancellationToken cancellation);

    /// <summary>Some of the events from that number on, in order without a gap; none = there are no more. When the
    /// beginning was truncated away, the page begins at its <see cref="JournalPage.Floor"/>.</summary>
    ValueTask<EngineResult<JournalPage>> ReadAsync(string name, long from, CancellationToken cancellation);

    /// <summary>Keeps the state after event <see cref="JournalSnapshot.Sequence"/>, beside the one before it; older
    /// ones go.</summary>
    ValueTask<JournalOutcome> SaveAsync(
        string name, long epoch, JournalSnapshot snapshot, CancellationToken cancellation);

    /// <summary>The newest snapshot that is whole; null when there is none.</summary>
    ValueTask<EngineResult<JournalSnapshot?>> LoadAsync(string name, CancellationToken cancellation);

    /// <summary>Forgets the events before that number. Refused with <see cref="JournalOutcome.WrongSequence"/> of the
    /// lowest whole snapshot (0 = there is none) when an event would go that no snapshot covers.</summary>
    ValueTask<JournalOutcome> TruncateAsync(string name, long epoch, long before, CancellationToken cancellation);
}
