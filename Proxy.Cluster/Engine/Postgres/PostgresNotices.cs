using Npgsql;

namespace Proxy.Cluster.Engine.Postgres;

/// <summary>Wakes the watches of this node when any node has written. Only a wake-up: a notice may be lost, the history
/// is not. Any thread.</summary>
internal sealed class PostgresNotices(
    PostgresDatabase database, PostgresSchema schema, PostgresOptions options, TimeProvider time)
    : IAsyncDisposable
{
    private readonly CancellationTokenSource _closed = new();
    private readonly Lock _lock = new();
    private TaskCompletionSource _notice = NewSignal();
    private Task? _listening;

    /// <summary>Ends with the next notice. Take it before looking at the history.</summary>
    public Task Next()
    {
        lock (_lock)
        {
            _listening ??= ListenAsync();
            return _notice.Task;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync();
        if (_listening is { } listening)
        {
            await listening;
        }

        _closed.Dispose();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task ListenAsync()
    {
        // The caller holds the lock.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        while (!_closed.IsCancellationRequested)
        {
            try
            {
                await ListenOnceAsync();
            }
            catch (Exception problem) when (PostgresFaults.Knows(problem))
            {
                // The watches look by themselves until the next try.
                await Task.Delay(options.Poll, time, _closed.Token)
                        .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ListenOnceAsync()
    {
        await using NpgsqlConnection connection = await database.OpenAsync(_closed.Token);
        await using (var listen = new NpgsqlCommand($"LISTEN {schema.Channel}", connection))
        {
            await listen.ExecuteNonQueryAsync(_closed.Token);
        }

        while (true)
        {
            // What came between the last look and LISTEN.
            Signal();
            await connection.WaitAsync(_closed.Token);
        }
    }

    private void Signal()
    {
        TaskCompletionSource notice;
        lock (_lock)
        {
            notice = _notice;
            _notice = NewSignal();
        }

        notice.SetResult();
    }
}
