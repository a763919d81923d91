using Npgsql;
using Proxy.Cluster.Engine;
using Proxy.Cluster.Engine.Postgres;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Cluster.Engine;

public sealed class PostgresEngineTests(PostgresEngineTests.Server server)
    : EngineContract(server), IClassFixture<PostgresEngineTests.Server>
{
    [Fact]
    public async Task A_frozen_writer_does_not_hold_up_the_others_for_longer_than_the_deadline()
    {
        PostgresOptions options = server.Options;
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(options.ConnectionString);
        await using NpgsqlConnection connection = await source.OpenConnectionAsync(Cancel);
        // It never goes on, as a process that was stopped does not.
        PostgresWrite frozen = await PostgresWrite.BeginAsync(
            connection, new PostgresSchema(options.Schema), options, Cancel);
        frozen.Apply([new EngineWrite.Put(Key("frozen"), default)], new Dictionary<string, EngineItem>());

        EngineResult<CommitOutcome> result = EngineFault.Unavailable("");
        await Eventually.IsTrueAsync(
            async () => (result = await Node.CommitAsync(EngineTransaction.Claim(Key("k"), default, default), Cancel)).IsOk,
            () => result.ToString(), options.Deadline * 3);

        await Assert.ThrowsAnyAsync<NpgsqlException>(async () => await frozen.CommitAsync(Cancel));
        Assert.Null(Valid(await Node.GetAsync(Key("frozen"), Cancel)).Item);
    }

    [Fact]
    public async Task The_history_is_bounded()
    {
        PostgresOptions options = server.Options with { Schema = "bounded", History = 50 };
        await using var engine = new PostgresEngine(options, TimeProvider.System);
        Revision last = default;
        for (int i = 0; i < 520; i++)
        {
            last = Valid(await engine.CommitAsync(EngineTransaction.Of(new EngineWrite.Put("k", default)), Cancel)).Revision;
        }

        await using var watch = new WatchRecorder(engine, "", new Revision(2));
        await Eventually.IsTrueAsync(() => watch.Ended is not null, () => "compaction");

        Assert.Equal(EngineFaultKind.Compacted, watch.Ended!.Kind);
        Assert.InRange(watch.Ended.CompactedAt.Value, 2, last.Value - 49);
        Assert.True(last.Value - watch.Ended.CompactedAt.Value < 50 + 256);
    }

    [Fact]
    public async Task Nodes_that_start_together_make_the_tables_once()
    {
        PostgresOptions options = server.Options with { Schema = "fresh", Deadline = TimeSpan.FromSeconds(5) };
        PostgresEngine[] engines =
            [.. Enumerable.Range(0, 6).Select(_ => new PostgresEngine(options, TimeProvider.System))];

        EngineResult<CommitOutcome>[] results = await Task.WhenAll(engines.Select((engine, i) =>
            engine.CommitAsync(EngineTransaction.Of(new EngineWrite.Put($"k/{i}", default)), Cancel).AsTask()));

        Assert.Equal(
            Enumerable.Range(2, 6).Select(static i => (long)i),
            results.Select(static result => Valid(result).Revision.Value).Order());
        foreach (PostgresEngine engine in engines)
        {
            await engine.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_database_or_a_user_that_does_not_exist_is_a_denial()
    {
        string there = server.Options.ConnectionString;
        await using var noDatabase = new PostgresEngine(
            server.Options with { ConnectionString = there.Replace("Database=postgres", "Database=no", StringComparison.Ordinal) },
            TimeProvider.System);
        await using var noUser = new PostgresEngine(
            server.Options with { ConnectionString = there.Replace("Username=proxy", "Username=no", StringComparison.Ordinal) },
            TimeProvider.System);

        Assert.Equal(EngineFaultKind.Denied, (await noDatabase.GetAsync("k", Cancel)).Fault?.Kind);
        Assert.Equal(EngineFaultKind.Denied, (await noUser.GetAsync("k", Cancel)).Fault?.Kind);
    }

    public sealed class Server : EngineUnderTest
    {
        private readonly List<PostgresEngine> _engines = [];
        private PostgresServer? _server;
        private PostgresEngine? _impatient;

        internal PostgresOptions Options { get; private set; } = new() { ConnectionString = "" };

        internal override IReadOnlyList<IClusterEngine> Nodes => _engines;

        internal override TimeProvider Time => TimeProvider.System;

        internal override IClusterEngine Impatient => _impatient!;

        internal override TimeSpan Deadline => Options.Deadline;

        public override async ValueTask InitializeAsync()
        {
            _server = await PostgresServer.StartAsync();
            Options = new PostgresOptions { ConnectionString = _server.ConnectionString };
            _impatient = new PostgresEngine(Options, TimeProvider.System);
            PostgresOptions patient = Options with { Deadline = TimeSpan.FromSeconds(10) };
            _engines.AddRange(Enumerable.Range(0, 3).Select(_ => new PostgresEngine(patient, TimeProvider.System)));
            EngineResult<ItemRead> result = EngineFault.Unavailable("not asked yet");
            await Eventually.IsTrueAsync(
                async () => (result = await _engines[0].GetAsync("up", CancellationToken.None)).IsOk, () => result.ToString());
        }

        public override async ValueTask DisposeAsync()
        {
            foreach (PostgresEngine engine in (PostgresEngine[])[.. _engines, _impatient!])
            {
                await engine.DisposeAsync();
            }

            await _server!.DisposeAsync();
        }

        internal override async ValueTask CompactAsync(Revision oldest) =>
            Valid(await _engines[0].CompactAsync(oldest, CancellationToken.None));

        internal override Task InterruptAsync() => _server!.CrashAsync();

        internal override Task FallSilentAsync() => _server!.StopAsync();

        internal override Task AnswerAsync() => _server!.ContinueAsync();
    }
}
