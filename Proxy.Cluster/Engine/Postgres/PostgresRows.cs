using Npgsql;

namespace Proxy.Cluster.Engine.Postgres;

/// <summary>Commands with parameters by position, and items from rows.</summary>
internal static class PostgresRows
{
    public static NpgsqlBatchCommand Command(string sql, params ReadOnlySpan<object> values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (object value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        return command;
    }

    public static NpgsqlBatch Batch(NpgsqlConnection connection, params ReadOnlySpan<NpgsqlBatchCommand> commands)
    {
        NpgsqlBatch batch = connection.CreateBatch();
        foreach (NpgsqlBatchCommand command in commands)
        {
            batch.BatchCommands.Add(command);
        }

        return batch;
    }

    /// <summary>Key, value, created, modified, version, lease, from that column on.</summary>
    public static EngineItem Item(NpgsqlDataReader row, int at) => new(
        row.GetString(at), row.GetFieldValue<byte[]>(at + 1), new Revision(row.GetInt64(at + 2)),
        new Revision(row.GetInt64(at + 3)), row.GetInt64(at + 4), new LeaseId(row.GetInt64(at + 5)));

    public static async ValueTask<List<T>> ReadAllAsync<T>(
        NpgsqlDataReader rows, Func<NpgsqlDataReader, T> read, CancellationToken cancellation)
    {
        var all = new List<T>();
        while (await rows.ReadAsync(cancellation))
        {
            all.Add(read(rows));
        }

        return all;
    }
}
