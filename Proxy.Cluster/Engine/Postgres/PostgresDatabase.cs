using Npgsql;
using static Proxy.Cluster.Engine.Postgres.PostgresRows;

namespace Proxy.Cluster.Engine.Postgres;

/// <summary>Connections with a deadline, and the schema made once. Any thread.</summary>
internal sealed class PostgresDatabase : IAsyncDisposable
{
    private readonly PostgresOptions _options;
    private readonly TimeProvider _time;
    private readonly NpgsqlDataSource _source;
    private readonly string _exists;
    private readonly string _create;
    private volatile bool _isMade;

    /// <param name="exists">Query whether the schema is there.</param>
    /// <param name="create">Statements that make it.</param>
    public PostgresDatabase(PostgresOptions options, TimeProvider time, string exists, string create)
    {
        (_options, _time, _exists, _create) = (options, time, exists, create);
        int seconds = Math.Max(1, (int)Math.Ceiling(options.Deadline.TotalSeconds));
        var settings = new NpgsqlConnectionStringBuilder(options.ConnectionString)
        {
            ApplicationName = "proxy",
            Timeout = seconds,
            CommandTimeout = seconds,
            CancellationTimeout = 500, // milliseconds, then the connection is given up
            MaxPoolSize = 10,
        };
        var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString);
        _source = settings.Host?.Contains(',', StringComparison.Ordinal) == true
            ? builder.BuildMultiHost().WithTargetSession(TargetSessionAttributes.Primary)
            : builder.Build();
        Member = $"{settings.Host}/{settings.Database}";
    }

    /// <summary>For people.</summary>
    public string Member { get; }

    /// <summary>Runs the work on a connection of its own, within the deadline. What is still under way then ends by
    /// itself, so a write may yet happen.</summary>
    public async ValueTask<EngineResult<T>> CallAsync<T>(
        Func<NpgsqlConnection, CancellationToken, ValueTask<EngineResult<T>>> work, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        using var patience = new CancellationTokenSource(_options.Deadline, _time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        Task<EngineResult<T>> run = RunAsync(work, stop.Token);
        try
        {
            // A frozen server does not even answer the request to cancel.
            return await run.WaitAsync(_options.Deadline + TimeSpan.FromMilliseconds(50), _time, cancellation);
        }
        catch (TimeoutException)
        {
            return EngineFault.Deadline(_options.Deadline);
        }
    }

    /// <summary>For waiting on notifications: outside of the pool and without a deadline.</summary>
    public async ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellation) =>
        await _source.OpenConnectionAsync(cancellation);

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private async Task<EngineResult<T>> RunAsync<T>(
        Func<NpgsqlConnection, CancellationToken, ValueTask<EngineResult<T>>> work, CancellationToken stop)
    {
        try
        {
            await using NpgsqlConnection connection = await _source.OpenConnectionAsync(stop);
            if (!_isMade)
            {
                await MakeAsync(connection, stop);
            }

            return await work(connection, stop);
        }
        catch (Exception problem) when (PostgresFaults.Knows(problem))
        {
            return PostgresFaults.Of(problem, _options.Deadline);
        }
    }

    private async ValueTask MakeAsync(NpgsqlConnection connection, CancellationToken stop)
    {
        bool exists;
        await using (NpgsqlBatch look = Batch(connection, Command(_exists)))
        {
            exists = await look.ExecuteScalarAsync(stop) is true;
        }

        if (!exists)
        {
            await using var make = new NpgsqlCommand(_create, connection);
            await make.ExecuteNonQueryAsync(stop);
        }

        _isMade = true;
    }
}
