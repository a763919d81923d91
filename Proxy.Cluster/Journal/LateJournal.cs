using Proxy.Cluster.Engine;

namespace Proxy.Cluster.Journal;

/// <summary>A journal that may have to wait to be opened. Until it is open, every call is refused with the reason, and
/// now and then a call tries again. Any thread.</summary>
/// <param name="obstacle">Asked before every call: what keeps this node from the journal although it could be opened;
/// null, or null as the answer = nothing.</param>
internal sealed class LateJournal(
    Func<EngineResult<IJournal>> open,
    TimeProvider time,
    Func<CancellationToken, ValueTask<EngineFault?>>? obstacle = null) : IJournal
{
    private readonly LateOpening<IJournal> _late = new(open, time);

    public ValueTask<JournalOutcome> AppendAsync(
        string name, long expected, long epoch, IReadOnlyList<JournalEvent> events, CancellationToken cancellation) =>
        ChangeAsync(journal => journal.AppendAsync(name, expected, epoch, events, cancellation), cancellation);

    public ValueTask<EngineResult<JournalPage>> ReadAsync(string name, long from, CancellationToken cancellation) =>
        AskAsync(journal => journal.ReadAsync(name, from, cancellation), cancellation);

    public ValueTask<JournalOutcome> SaveAsync(
        string name, long epoch, JournalSnapshot snapshot, CancellationToken cancellation) =>
        ChangeAsync(journal => journal.SaveAsync(name, epoch, snapshot, cancellation), cancellation);

    public ValueTask<EngineResult<JournalSnapshot?>> LoadAsync(string name, CancellationToken cancellation) =>
        AskAsync(journal => journal.LoadAsync(name, cancellation), cancellation);

    public ValueTask<JournalOutcome> TruncateAsync(
        string name, long epoch, long before, CancellationToken cancellation) =>
        ChangeAsync(journal => journal.TruncateAsync(name, epoch, before, cancellation), cancellation);

    /// <summary>Closes it for good, so that another process can have it.</summary>
    public ValueTask DisposeAsync() => _late.DisposeAsync();

    private async ValueTask<JournalOutcome> ChangeAsync(
        Func<IJournal, ValueTask<JournalOutcome>> call, CancellationToken cancellation)
    {
        (IJournal? journal, EngineFault fault) = await ReachAsync(cancellation);
        return journal is null ? new JournalOutcome.Unavailable(fault.Reason) : await call(journal);
    }

    private async ValueTask<EngineResult<T>> AskAsync<T>(
        Func<IJournal, ValueTask<EngineResult<T>>> call, CancellationToken cancellation)
    {
        (IJournal? journal, EngineFault fault) = await ReachAsync(cancellation);
        return journal is null ? fault : await call(journal);
    }

    /// <summary>Without a journal, why.</summary>
    private async ValueTask<(IJournal? Journal, EngineFault Fault)> ReachAsync(CancellationToken cancellation) =>
        obstacle is not null && await obstacle(cancellation) is { } fault
            ? (null, fault)
            : (await _late.OpenedAsync(cancellation), _late.Fault);
}
