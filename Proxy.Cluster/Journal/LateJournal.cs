using Proxy.Cluster.Engine;

namespace Proxy.Cluster.Journal;

/// <summary>A journal that may have to wait to be opened. Until it is open, every call is refused with the reason, and
/// now and then a call tries again. Any thread.</summary>
internal sealed class LateJournal(Func<EngineResult<IJournal>> open, TimeProvider time) : IJournal
{
    private readonly LateOpening<IJournal> _late = new(open, time);

    public async ValueTask<JournalOutcome> AppendAsync(
        string name, long expected, long epoch, IReadOnlyList<JournalEvent> events, CancellationToken cancellation) =>
        await _late.OpenedAsync(cancellation) is { } journal
            ? await journal.AppendAsync(name, expected, epoch, events, cancellation)
            : Refusal();

    public async ValueTask<EngineResult<JournalPage>> ReadAsync(
        string name, long from, CancellationToken cancellation) =>
        await _late.OpenedAsync(cancellation) is { } journal
            ? await journal.ReadAsync(name, from, cancellation)
            : _late.Fault;

    public async ValueTask<JournalOutcome> SaveAsync(
        string name, long epoch, JournalSnapshot snapshot, CancellationToken cancellation) =>
        await _late.OpenedAsync(cancellation) is { } journal
            ? await journal.SaveAsync(name, epoch, snapshot, cancellation)
            : Refusal();

    public async ValueTask<EngineResult<JournalSnapshot?>> LoadAsync(string name, CancellationToken cancellation) =>
        await _late.OpenedAsync(cancellation) is { } journal
            ? await journal.LoadAsync(name, cancellation)
            : _late.Fault;

    public async ValueTask<JournalOutcome> TruncateAsync(
        string name, long epoch, long before, CancellationToken cancellation) =>
        await _late.OpenedAsync(cancellation) is { } journal
            ? await journal.TruncateAsync(name, epoch, before, cancellation)
            : Refusal();

    /// <summary>Closes it for good, so that another process can have it.</summary>
    public ValueTask DisposeAsync() => _late.DisposeAsync();

    private JournalOutcome.Unavailable Refusal() => new(_late.Fault.Reason);
}
