using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Proxy.Cluster.Engine;

namespace Proxy.Cluster.Journal;

/// <summary>A journal in the cluster's engine, for what is small and rare: the configuration. Keys below the prefix:
/// <c>NAME/head</c>, <c>NAME/e/0000000000000001</c> and <c>NAME/s/…</c> with the number in hexadecimal. All writes of
/// a journal compare its head, so there is one order of writers.</summary>
internal sealed class EngineJournal(IClusterEngine engine, string prefix = "journal/") : IJournal
{
    /// <summary>Events whose numbers differ only in the last digit are one listing.</summary>
    private const int PerPage = 16;

    // Another writer between read and write changes what the head says, so a second look decides nearly always.
    private const int MaxTries = 8;

    public ValueTask<JournalOutcome> AppendAsync(
        string name, long expected, long epoch, IReadOnlyList<JournalEvent> events, CancellationToken cancellation)
    {
        JournalInput.Check(name, expected, epoch, events);
        return WriteAsync(name, async head =>
        {
            Dictionary<long, Guid> ids = [];
            if (expected < head.Last && expected + 1 >= head.Floor)
            {
                EngineResult<Dictionary<long, Guid>> stored = await IdsAsync(
                    name, expected, events.Count, cancellation);
                if (!stored.IsOk)
                {
                    return Plan.Of(new JournalOutcome.Unavailable(stored.Fault.Reason));
                }

                ids = stored.Value;
            }

            if (head.JudgeAppend(expected, epoch, events, at => ids.GetValueOrDefault(at)) is { } judgement)
            {
                return Plan.Of(judgement);
            }

            JournalHead after = head.After(epoch, events.Count);
            return new Plan(new JournalOutcome.Ok(after.Last), after,
            [
                .. events.Select((e, i) => new EngineWrite.Put(EventKey(name, expected + 1 + i), Encode(e))),
            ]);
        }, cancellation);
    }

    public async ValueTask<EngineResult<JournalPage>> ReadAsync(
        string name, long from, CancellationToken cancellation)
    {
        JournalInput.Check(name);
        EngineResult<ItemRead> read = await engine.GetAsync(HeadKey(name), cancellation);
        if (!read.IsOk)
        {
            return read.Fault;
        }

        JournalHead head = HeadOf(read.Value.Item);
        long begin = Math.Max(from, head.Floor);
        if (begin > head.Last)
        {
            return new JournalPage([], head.Last, head.Floor);
        }

        EngineResult<Listing> listing = await engine.ListAsync(PageKey(name, begin), cancellation);
        return listing.IsOk
            ? new JournalPage([.. EventsOf(listing.Value, begin)], head.Last, head.Floor)
            : listing.Fault;
    }

    public ValueTask<JournalOutcome> SaveAsync(
        string name, long epoch, JournalSnapshot snapshot, CancellationToken cancellation)
    {
        JournalInput.Check(name, epoch, snapshot);
        return WriteAsync(name, async head =>
        {
            if (head.JudgeSnapshot(epoch, snapshot) is { } judgement)
            {
                return Plan.Of(judgement);
            }

            EngineResult<Listing> kept = await engine.ListAsync(SnapshotPrefix(name), cancellation);
            if (!kept.IsOk)
            {
                return Plan.Of(new JournalOutcome.Unavailable(kept.Fault.Reason));
            }

            string key = SnapshotPrefix(name) + Number(snapshot.Sequence);
            IEnumerable<EngineWrite> old = kept.Value.Items
                .Where(item => item.Key != key)
                .Reverse().Skip(JournalHead.Snapshots - 1)
                .Select(static item => new EngineWrite.Delete(item.Key));
            return new Plan(
                new JournalOutcome.Ok(snapshot.Sequence), head with { Epoch = epoch },
                [new EngineWrite.Put(key, snapshot.Sealed()), .. old]);
        }, cancellation);
    }

    public async ValueTask<EngineResult<JournalSnapshot?>> LoadAsync(string name, CancellationToken cancellation)
    {
        JournalInput.Check(name);
        EngineResult<Listing> kept = await engine.ListAsync(SnapshotPrefix(name), cancellation);
        return kept.IsOk ? SnapshotsOf(kept.Value).LastOrDefault() : kept.Fault;
    }

    public ValueTask<JournalOutcome> TruncateAsync(
        string name, long epoch, long before, CancellationToken cancellation)
    {
        JournalInput.Check(name);
        return WriteAsync(name, async head =>
        {
            EngineResult<Listing> kept = await engine.ListAsync(SnapshotPrefix(name), cancellation);
            if (!kept.IsOk)
            {
                return Plan.Of(new JournalOutcome.Unavailable(kept.Fault.Reason));
            }

            long covered = SnapshotsOf(kept.Value).FirstOrDefault()?.Sequence ?? 0;
            if (head.JudgeTruncation(epoch, before, covered) is { } judgement)
            {
                return Plan.Of(judgement);
            }

            // As much as one transaction takes; the rest is for the next call.
            long until = Math.Min(before, head.Floor + IJournal.MaxEvents);
            return new Plan(new JournalOutcome.Ok(until), head with { Epoch = epoch, Floor = until },
            [
                .. Range(head.Floor, until).Select(at => new EngineWrite.Delete(EventKey(name, at))),
            ]);
        }, cancellation);
    }

    /// <summary>The engine belongs to whoever opened it.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static IEnumerable<long> Range(long from, long until)
    {
        for (long at = from; at < until; at++)
        {
            yield return at;
        }
    }

    private async ValueTask<JournalOutcome> WriteAsync(
        string name, Func<JournalHead, ValueTask<Plan>> decide, CancellationToken cancellation)
    {
        for (int i = 0; i < MaxTries; i++)
        {
            EngineResult<ItemRead> read = await engine.GetAsync(HeadKey(name), cancellation);
            if (!read.IsOk)
            {
                return new JournalOutcome.Unavailable(read.Fault.Reason);
            }

            EngineItem? item = read.Value.Item;
            Plan plan = await decide(HeadOf(item));
            if (plan.Writes.Count == 0)
            {
                return plan.Outcome;
            }

            EngineCompare unchanged = item is null
                ? EngineCompare.Absent(HeadKey(name))
                : EngineCompare.ModifiedAt(HeadKey(name), item.Modified);
            EngineWrite head = new EngineWrite.Put(HeadKey(name), EncodeHead(plan.Head));
            EngineResult<CommitOutcome> committed =
                await engine.CommitAsync(new EngineTransaction([unchanged], [head, .. plan.Writes]), cancellation);
            if (!committed.IsOk)
            {
                return new JournalOutcome.Unavailable(committed.Fault.Reason);
            }

            if (committed.Value.Succeeded)
            {
                return plan.Outcome;
            }
        }

        return new JournalOutcome.Unavailable("too many writers at once");
    }

    private async ValueTask<EngineResult<Dictionary<long, Guid>>> IdsAsync(
        string name, long expected, int count, CancellationToken cancellation)
    {
        var ids = new Dictionary<long, Guid>();
        for (long at = expected + 1; at <= expected + count; at = ((at / PerPage) + 1) * PerPage)
        {
            EngineResult<Listing> listing = await engine.ListAsync(PageKey(name, at), cancellation);
            if (!listing.IsOk)
            {
                return listing.Fault;
            }

            foreach (StoredEvent stored in EventsOf(listing.Value, at))
            {
                ids[stored.Sequence] = stored.Event.Id;
            }
        }

        return ids;
    }

    private static IEnumerable<StoredEvent> EventsOf(Listing listing, long from) => listing.Items
        .Select(static item => new StoredEvent(NumberOf(item.Key), Decode(item.Value)))
        .Where(stored => stored.Sequence >= from);

    private static IEnumerable<JournalSnapshot> SnapshotsOf(Listing listing) => listing.Items
        .Select(static item => JournalSnapshot.Open(NumberOf(item.Key), item.Value))
        .OfType<JournalSnapshot>();

    // id 16 bytes, milliseconds 8 bytes, length of the type 1 byte, type, payload
    private static byte[] Encode(JournalEvent one)
    {
        byte[] value = new byte[25 + one.Type.Length + one.Payload.Length];
        one.Id.TryWriteBytes(value, bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(value.AsSpan(16), one.At.ToUnixTimeMilliseconds());
        value[24] = (byte)one.Type.Length;
        Encoding.ASCII.GetBytes(one.Type, value.AsSpan(25));
        one.Payload.Span.CopyTo(value.AsSpan(25 + one.Type.Length));
        return value;
    }

    private static JournalEvent Decode(ReadOnlyMemory<byte> value)
    {
        ReadOnlySpan<byte> bytes = value.Span;
        int type = bytes[24];
        return new JournalEvent(
            new Guid(bytes[..16], bigEndian: true), Encoding.ASCII.GetString(bytes.Slice(25, type)),
            DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64BigEndian(bytes[16..])),
            value[(25 + type)..]);
    }

    // Text, so that an operator with the engine's own tools can read it.
    private static byte[] EncodeHead(JournalHead head) => Encoding.ASCII.GetBytes(
        string.Create(CultureInfo.InvariantCulture, $"epoch={head.Epoch} last={head.Last} floor={head.Floor}"));

    private static JournalHead HeadOf(EngineItem? item)
    {
        if (item is null)
        {
            return JournalHead.Empty;
        }

        long[] numbers =
        [
            .. Encoding.ASCII.GetString(item.Value.Span).Split(' ')
                .Select(static pair => long.Parse(pair[(pair.IndexOf('=') + 1)..], CultureInfo.InvariantCulture)),
        ];
        return new JournalHead(numbers[0], numbers[1], numbers[2]);
    }

    private static string Number(long sequence) => sequence.ToString("x16", CultureInfo.InvariantCulture);

    private static long NumberOf(string key) =>
        long.Parse(key.AsSpan(key.Length - 16), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private string HeadKey(string name) => $"{prefix}{name}/head";

    private string EventKey(string name, long sequence) => $"{prefix}{name}/e/{Number(sequence)}";

    private string PageKey(string name, long sequence) => EventKey(name, sequence)[..^1];

    private string SnapshotPrefix(string name) => $"{prefix}{name}/s/";

    /// <param name="Writes">None = only the outcome.</param>
    private sealed record Plan(JournalOutcome Outcome, JournalHead Head, IReadOnlyList<EngineWrite> Writes)
    {
        public static Plan Of(JournalOutcome outcome) => new(outcome, default, []);
    }
}
