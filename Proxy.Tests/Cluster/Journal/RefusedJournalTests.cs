using Proxy.Cluster.Engine;
using Proxy.Cluster.Engine.Embedded;
using Proxy.Cluster.Journal;
using Proxy.Cluster.Membership;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Cluster.Journal;

public sealed class RefusedJournalTests : IAsyncDisposable
{
    private static readonly ClusterKeys Keys = new("shop");
    private readonly TempFolder _folder = new();
    private readonly EmbeddedEngine _engine;
    private readonly MemoryJournal _database = new();
    private string? _refusal;

    public RefusedJournalTests() =>
        _engine = EmbeddedEngine.Open(_folder.Path, EmbeddedOptions.Default, TimeProvider.System).Value;

    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_node_of_another_cluster_reads_and_writes_nothing()
    {
        await FoundAsync("theirs");
        LateJournal journal = Journal("ours");

        Assert.Contains("the engine holds cluster theirs", Reason(await AppendAsync(journal)), StringComparison.Ordinal);
        Assert.False((await journal.ReadAsync("config", 1, Cancellation)).IsOk);
        Assert.False((await journal.LoadAsync("config", Cancellation)).IsOk);
        Assert.Equal(0, (await _database.ReadAsync("config", 1, Cancellation)).Value.Last);
    }

    [Fact]
    public async Task A_node_of_this_cluster_writes_until_it_is_refused()
    {
        await FoundAsync("ours");
        LateJournal journal = Journal("ours");
        Assert.Equal(new JournalOutcome.Ok(1), await AppendAsync(journal));

        _refusal = "its version is too old";
        Assert.Equal("its version is too old", Reason(await AppendAsync(journal)));
        Assert.Equal(1, (await _database.ReadAsync("config", 1, Cancellation)).Value.Last);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string Reason(JournalOutcome outcome) => Assert.IsType<JournalOutcome.Unavailable>(outcome).Reason;

    private static ValueTask<JournalOutcome> AppendAsync(LateJournal journal) => journal.AppendAsync(
        "config", 0, 1, [new JournalEvent(new Guid(1, 2, 3, [4, 5, 6, 7, 8, 9, 10, 11]), "commit", TimeProvider.System.GetUtcNow(), "x"u8.ToArray())],
        Cancellation);

    private async Task FoundAsync(string id) => Assert.True((await _engine.CommitAsync(
        EngineTransaction.Of(new EngineWrite.Put(Keys.Identity, new ClusterRecord(id, false).Write())),
        Cancellation)).IsOk);

    private LateJournal Journal(string clusterId)
    {
        var admission = new ClusterAdmission(_engine, Keys, clusterId, () => _refusal);
        return new LateJournal(() => _database, TimeProvider.System, admission.ObstacleAsync);
    }
}
