using Proxy.Cluster.Engine;
using Proxy.Cluster.Journal;
using Proxy.Cluster.Sqlite;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Cluster.Journal;

public sealed class SqliteJournalTests(SqliteJournalTests.Server server)
    : JournalContract(server), IClassFixture<SqliteJournalTests.Server>
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task What_was_acknowledged_is_in_the_files_at_that_moment()
    {
        using var folder = new TempFolder();
        await using SqliteJournal journal = Open(folder.Path);
        await journal.AppendAsync("j", 0, 0, [Event("a"), Event("b")], Cancel);

        // As a power cut would leave them: nothing closed, nothing merged.
        using var copy = new TempFolder();
        foreach (string file in Directory.GetFiles(folder.Path))
        {
            File.Copy(file, Path.Combine(copy.Path, Path.GetFileName(file)));
        }

        await using SqliteJournal again = Open(copy.Path);
        JournalPage page = Valid(await again.ReadAsync("j", 1, Cancel));
        Assert.Equal(["a", "b"], page.Events.Select(Text));
    }

    [Fact]
    public async Task A_full_disk_refuses_and_keeps_all_that_was_acknowledged()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Mounting a small disk takes root.");
        using var folder = new TempFolder();
        string disk = Directory.CreateDirectory(Path.Combine(folder.Path, "disk")).FullName;
        await RunAsync("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk);
        try
        {
            await FillUpAsync(disk);
        }
        finally
        {
            await RunAsync("umount", disk);
        }
    }

    [Fact]
    public async Task A_second_process_at_the_same_file_is_told_so()
    {
        using var folder = new TempFolder();
        await using SqliteJournal first = Open(folder.Path);

        EngineResult<SqliteJournal> second = SqliteJournal.Open(folder.Path, Deadline, TimeProvider.System);

        Assert.Contains("locked", second.Fault?.Reason);
    }

    [Fact]
    public async Task Many_events_come_back_as_they_were()
    {
        using var folder = new TempFolder();
        await using SqliteJournal journal = Open(folder.Path);
        const int Journals = 16;
        const int Appends = 50;

        await Task.WhenAll(Enumerable.Range(0, Journals).Select(async number =>
        {
            for (int i = 0; i < Appends; i++)
            {
                JournalEvent[] events = [.. Enumerable.Range(0, IJournal.MaxEvents).Select(k => Event($"{number}/{i}/{k}"))];
                long expected = i * IJournal.MaxEvents;
                JournalOutcome outcome = await journal.AppendAsync($"j{number}", expected, 0, events, Cancel);
                Assert.Equal(new JournalOutcome.Ok(expected + events.Length), outcome);
            }
        }));

        for (int number = 0; number < Journals; number++)
        {
            long at = 1;
            while (Valid(await journal.ReadAsync($"j{number}", at, Cancel)).Events is { Count: > 0 } events)
            {
                foreach (StoredEvent stored in events)
                {
                    long index = at++ - 1;
                    Assert.Equal($"{number}/{index / IJournal.MaxEvents}/{index % IJournal.MaxEvents}", Text(stored));
                }
            }

            Assert.Equal((Appends * IJournal.MaxEvents) + 1, at);
        }
    }

    private static SqliteJournal Open(string folder) =>
        Valid(SqliteJournal.Open(folder, Deadline, TimeProvider.System));

    private static async Task RunAsync(string program, params string[] arguments)
    {
        (int code, string output) = await ChildProcess.RunAsync(program, arguments, "/");
        Assert.True(code == 0, output);
    }

    private async Task FillUpAsync(string disk)
    {
        long end = 0;
        var big = new byte[64 << 10];
        string ballast = Path.Combine(disk, "ballast");
        await File.WriteAllBytesAsync(ballast, new byte[256 << 10], Cancel);
        await using SqliteJournal journal = Open(disk);
        JournalEvent one = Event("");
        JournalOutcome outcome;
        while ((outcome = await journal.AppendAsync("j", end, 0, [one], Cancel)) is JournalOutcome.Ok ok)
        {
            end = ok.Last;
            one = Event("") with { Payload = big };
            Assert.True(end < 100, "the disk does not fill up");
        }

        Assert.Contains("full", Assert.IsType<JournalOutcome.Unavailable>(outcome).Reason);
        Assert.True(end > 1);
        JournalPage page = Valid(await journal.ReadAsync("j", 1, Cancel));
        Assert.Equal((end, (int)end), (page.Last, page.Events.Count));

        // Room again: the same try, no restart.
        File.Delete(ballast);
        Assert.Equal(new JournalOutcome.Ok(end + 1), await journal.AppendAsync("j", end, 0, [one], Cancel));
    }

    public sealed class Server : JournalUnderTest
    {
        private readonly TempFolder _folder = new();
        private SqliteJournal? _journal;

        internal override IJournal Journal => _journal!;

        internal override async Task ReopenAsync()
        {
            await _journal!.DisposeAsync();
            _journal = Open(_folder.Path);
        }

        internal override async Task TearAsync(string name, long sequence)
        {
            await _journal!.DisposeAsync();
            using (SqliteDatabase database = SqliteDatabase.Open(Path.Combine(_folder.Path, SqliteJournal.FileName)))
            {
                database.Execute(
                    "UPDATE snapshots SET value = substr(value, 1, length(value) / 2) "
                    + $"WHERE name = '{name}' AND seq = {sequence}");
            }

            _journal = Open(_folder.Path);
        }

        public override ValueTask InitializeAsync()
        {
            _journal = Open(_folder.Path);
            return ValueTask.CompletedTask;
        }

        public override async ValueTask DisposeAsync()
        {
            await _journal!.DisposeAsync();
            _folder.Dispose();
        }
    }
}
