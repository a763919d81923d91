using Proxy.Cluster.Engine;

namespace Proxy.Cluster.Journal;

/// <summary>For tests, and for a node whose state folder cannot be used: forgets with the process.</summary>
internal sealed class MemoryJournal : IJournal
{
    private const int PageSize = 256;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Kept> _journals = new(StringComparer.Ordinal);

    public ValueTask<JournalOutcome> AppendAsync(
        string name, long expected, long epoch, IReadOnlyList<JournalEvent> events, CancellationToken cancellation)
    {
        JournalInput.Check(name, expected, epoch, events);
        return Write(name, kept =>
        {
            if (kept.Head.JudgeAppend(expected, epoch, events, at => kept.At(at).Event.Id) is { } judgement)
            {
                return judgement;
            }

            kept.Events.AddRange(events.Select((one, i) => new StoredEvent(expected + 1 + i, one)));
            kept.Head = kept.Head.After(epoch, events.Count);
            return new JournalOutcome.Ok(kept.Head.Last);
        });
    }

    public ValueTask<EngineResult<JournalPage>> ReadAsync(string name, long from, CancellationToken cancellation)
    {
        JournalInput.Check(name);
        lock (_lock)
        {
            Kept kept = Of(name);
            int skip = (int)Math.Max(0, from - kept.Head.Floor);
            return ValueTask.FromResult<EngineResult<JournalPage>>(
                new JournalPage([.. kept.Events.Skip(skip).Take(PageSize)], kept.Head.Last, kept.Head.Floor));
        }
    }

    public ValueTask<JournalOutcome> SaveAsync(
        string name, long epoch, JournalSnapshot snapshot, CancellationToken cancellation)
    {
        JournalInput.Check(name, epoch, snapshot);
        return Write(name, kept =>
        {
            if (kept.Head.JudgeSnapshot(epoch, snapshot) is { } judgement)
            {
                return judgement;
            }

            kept.Snapshots[snapshot.Sequence] = snapshot.Sealed();
            while (kept.Snapshots.Count > JournalHead.Snapshots)
            {
                kept.Snapshots.RemoveAt(0);
            }

            kept.Head = kept.Head with { Epoch = epoch };
            return new JournalOutcome.Ok(snapshot.Sequence);
        });
    }

    public ValueTask<EngineResult<JournalSnapshot?>> LoadAsync(string name, CancellationToken cancellation)
    {
        JournalInput.Check(name);
        lock (_lock)
        {
            return ValueTask.FromResult<EngineResult<JournalSnapshot?>>(Of(name).Whole().LastOrDefault());
        }
    }

    public ValueTask<JournalOutcome> TruncateAsync(
        string name, long epoch, long before, CancellationToken cancellation)
    {
        JournalInput.Check(name);
        return Write(name, kept =>
        {
            long covered = kept.Whole().FirstOrDefault()?.Sequence ?? 0;
            if (kept.Head.JudgeTruncation(epoch, before, covered) is { } judgement)
            {
                return judgement;
            }

            kept.Events.RemoveRange(0, (int)(before - kept.Head.Floor));
            kept.Head = kept.Head with { Epoch = epoch, Floor = before };
            return new JournalOutcome.Ok(before);
        });
    }

    /// <summary>Leaves half of a snapshot, as a crash in the middle of its write would.</summary>
    internal void Tear(string name, long sequence)
    {
        lock (_lock)
        {
            byte[] whole = Of(name).Snapshots[sequence];
            Of(name).Snapshots[sequence] = whole[..(whole.Length / 2)];
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private ValueTask<JournalOutcome> Write(string name, Func<Kept, JournalOutcome> write)
    {
        lock (_lock)
        {
            return ValueTask.FromResult(write(Of(name)));
        }
    }

    private Kept Of(string name)
    {
        if (!_journals.TryGetValue(name, out Kept? kept))
        {
            _journals[name] = kept = new Kept();
        }

        return kept;
    }

    private sealed class Kept
    {
        public JournalHead Head { get; set; } = JournalHead.Empty;

        /// <summary>From the floor to the last.</summary>
        public List<StoredEvent> Events { get; } = [];

        public SortedList<long, byte[]> Snapshots { get; } = [];

        public IEnumerable<JournalSnapshot> Whole() =>
            Snapshots.Select(static pair => JournalSnapshot.Open(pair.Key, pair.Value)).OfType<JournalSnapshot>();

        public StoredEvent At(long sequence) => Events[(int)(sequence - Head.Floor)];
    }
}
