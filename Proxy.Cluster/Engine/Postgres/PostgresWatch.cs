using System.Runtime.CompilerServices;
using Npgsql;
using static Proxy.Cluster.Engine.Postgres.PostgresRows;

namespace Proxy.Cluster.Engine.Postgres;

/// <summary>A watch: reads on in the history whenever there may be more.</summary>
internal sealed class PostgresWatch(
    PostgresDatabase database,
    PostgresSchema schema,
    PostgresNotices notices,
    PostgresOptions options,
    TimeProvider time,
    string prefix)
{
    private const long MaxRevisionsPerRead = 256;

    public async IAsyncEnumerable<WatchSignal> RunAsync(
        Revision from, [EnumeratorCancellation] CancellationToken cancellation)
    {
        bool stalled = false;
        while (true)
        {
            Task notice = notices.Next();
            EngineResult<HistoryRead> read = await database.CallAsync(
                (connection, stop) => ReadAsync(connection, from, stop), cancellation);
            if (read.Fault is { Kind: EngineFaultKind.Unavailable } fault)
            {
                if (!stalled)
                {
                    stalled = true;
                    yield return new WatchSignal.Stalled(fault.Reason);
                }

                await Task.Delay(options.Poll / 4, time, cancellation);
                continue;
            }

            if (!read.IsOk)
            {
                yield return new WatchSignal.Ended(read.Fault);
                yield break;
            }

            if (stalled)
            {
                stalled = false;
                yield return new WatchSignal.Resumed();
            }

            from = read.Value.Next;
            if (read.Value.Changes.Count > 0)
            {
                yield return new WatchSignal.Batch(read.Value.Changes[^1].Item.Modified, read.Value.Changes);
            }

            if (!read.Value.HasMore)
            {
                await WaitAsync(notice, cancellation);
            }
        }
    }

    private async ValueTask<EngineResult<HistoryRead>> ReadAsync(
        NpgsqlConnection connection, Revision from, CancellationToken stop)
    {
        // The order matters: all revisions up to the head were committed before the history is read; and a history that
        // was cut while it was read shows in the oldest revision, read last.
        await using NpgsqlBatch batch = Batch(
            connection, Command(schema.Head),
            Command(schema.History, from.Value, prefix, prefix + EngineKey.End, MaxRevisionsPerRead),
            Command(schema.Oldest));
        await using NpgsqlDataReader rows = await batch.ExecuteReaderAsync(stop);
        await rows.ReadAsync(stop);
        long head = rows.GetInt64(0);
        await rows.NextResultAsync(stop);
        List<EngineChange> changes = await ReadAllAsync(rows, Change, stop);
        await rows.NextResultAsync(stop);
        await rows.ReadAsync(stop);
        var oldest = new Revision(rows.GetInt64(0));
        if (from < oldest)
        {
            return EngineFault.Compacted(oldest);
        }

        // Committed between the two reads: seen again, and in whole, with the next.
        changes.RemoveAll(change => change.Item.Modified.Value > head);
        long next = Math.Max(from.Value, Math.Min(head + 1, from.Value + MaxRevisionsPerRead));
        return new HistoryRead(changes, new Revision(next), HasMore: next <= head);
    }

    private static EngineChange Change(NpgsqlDataReader row) => new((ChangeKind)row.GetInt16(6), Item(row, 0));

    private async ValueTask WaitAsync(Task notice, CancellationToken cancellation)
    {
        try
        {
            await notice.WaitAsync(options.Poll, time, cancellation);
        }
        catch (TimeoutException)
        {
            // Time to look without a notice.
        }
    }

    private sealed record HistoryRead(List<EngineChange> Changes, Revision Next, bool HasMore);
}
