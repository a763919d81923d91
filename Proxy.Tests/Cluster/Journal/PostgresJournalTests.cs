using Npgsql;
using Proxy.Cluster.Engine.Postgres;
using Proxy.Cluster.Journal;
using Proxy.Tests.Cluster.Engine;

namespace Proxy.Tests.Cluster.Journal;

public sealed class PostgresJournalTests(PostgresJournalTests.Server server)
    : JournalContract(server), IClassFixture<PostgresJournalTests.Server>
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task A_crash_of_the_database_loses_nothing_that_was_acknowledged()
    {
        await FillAsync(Name, 5);

        await server.Database.CrashAsync();

        JournalOutcome outcome;
        do
        {
            outcome = await Journal.AppendAsync(Name, 5, 0, [Event("after")], Cancel);
        }
        while (outcome is JournalOutcome.Unavailable);

        Assert.Equal(new JournalOutcome.Ok(6), outcome);
        Assert.Equal(["0", "1", "2", "3", "4", "after"], (await ReadAllAsync(Name)).Select(Text));
    }

    public sealed class Server : JournalUnderTest
    {
        private PostgresServer? _server;
        private PostgresJournal? _journal;

        internal PostgresServer Database => _server!;

        internal override IJournal Journal => _journal!;

        internal override async Task ReopenAsync()
        {
            await _journal!.DisposeAsync();
            _journal = Open();
        }

        internal override async Task TearAsync(string name, long sequence)
        {
            await using NpgsqlDataSource source = NpgsqlDataSource.Create(_server!.ConnectionString);
            await using NpgsqlCommand tear = source.CreateCommand(
                "UPDATE proxy_journal.snapshots SET value = substr(value, 1, length(value) / 2) WHERE name = $1 AND seq = $2");
            tear.Parameters.Add(new NpgsqlParameter { Value = name });
            tear.Parameters.Add(new NpgsqlParameter { Value = sequence });
            Assert.Equal(1, await tear.ExecuteNonQueryAsync(Cancel));
        }

        public override async ValueTask InitializeAsync()
        {
            _server = await PostgresServer.StartAsync();
            _journal = Open();
        }

        public override async ValueTask DisposeAsync()
        {
            await _journal!.DisposeAsync();
            await _server!.DisposeAsync();
        }

        private PostgresJournal Open() => new(
            new PostgresOptions
            {
                ConnectionString = _server!.ConnectionString, Schema = "proxy_journal", Deadline = Deadline,
            },
            TimeProvider.System);
    }
}
