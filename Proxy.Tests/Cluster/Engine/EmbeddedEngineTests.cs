using Proxy.Cluster.Engine;
using Proxy.Cluster.Engine.Embedded;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Cluster.Engine;

public sealed class EmbeddedEngineTests(EmbeddedEngineTests.Server server)
    : EngineContract(server), IClassFixture<EmbeddedEngineTests.Server>
{
    [Fact]
    public async Task A_restart_keeps_keys_revisions_history_and_leases()
    {
        using var folder = new TempFolder();
        Revision made;
        Revision last;
        Lease lease;
        await using (EmbeddedEngine engine = Open(folder))
        {
            lease = Valid(await engine.GrantAsync(TimeSpan.FromSeconds(30), Cancel));
            Lease revoked = Valid(await engine.GrantAsync(TimeSpan.FromSeconds(30), Cancel));
            made = Valid(await engine.CommitAsync(EngineTransaction.Claim("owner", Bytes("a"), lease.Id), Cancel)).Revision;
            await engine.CommitAsync(EngineTransaction.Of(new EngineWrite.Put("gone", Bytes("x"))), Cancel);
            last = Valid(await engine.CommitAsync(EngineTransaction.Of(new EngineWrite.Delete("gone")), Cancel)).Revision;
            await engine.RevokeAsync(revoked.Id, Cancel);
        }

        await using EmbeddedEngine again = Open(folder);
        await using var watch = new WatchRecorder(again, "", made);
        await Eventually.IsTrueAsync(() => watch.Changes.Count == 3, () => "the history");
        Listing listing = Valid(await again.ListAsync("", Cancel));
        AttachedLease attached = Valid(await again.ReattachAsync(lease.Id, Cancel));
        Lease next = Valid(await again.GrantAsync(TimeSpan.FromSeconds(30), Cancel));

        EngineItem kept = Assert.Single(listing.Items);
        Assert.Equal((last, "owner", made, lease.Id), (listing.Revision, kept.Key, kept.Created, kept.Lease));
        Assert.Equal(["owner"], attached.Keys);
        Assert.Equal(lease.Id.Value + 2, next.Id.Value);
        Assert.Equal([made, made.Next, last], watch.Changes.Select(static change => change.Item.Modified));
    }

    [Fact]
    public async Task What_was_acknowledged_is_in_the_files_at_that_moment()
    {
        using var folder = new TempFolder();
        await using EmbeddedEngine engine = Open(folder);
        for (int i = 0; i < 20; i++)
        {
            Valid(await engine.CommitAsync(EngineTransaction.Of(new EngineWrite.Put($"k/{i}", Bytes("x"))), Cancel));
        }

        // As a power cut would leave them: nothing closed, nothing merged.
        using var copy = new TempFolder();
        foreach (string file in Directory.GetFiles(folder.Path))
        {
            File.Copy(file, Path.Combine(copy.Path, Path.GetFileName(file)));
        }

        await using EmbeddedEngine again = Open(copy);
        Assert.Equal(20, Valid(await again.ListAsync("k/", Cancel)).Items.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_full_disk_fails_the_call_and_nothing_else(bool late)
    {
        using var folder = new TempFolder();
        await using EmbeddedEngine engine = Open(folder, out FaultyStorage disk);
        Revision first = Valid(await engine.CommitAsync(EngineTransaction.Of(new EngineWrite.Put("k", Bytes("1"))), Cancel)).Revision;
        await using var watch = new WatchRecorder(engine, "", first);

        disk.Fail(1, late);
        EngineResult<CommitOutcome> failed =
            await engine.CommitAsync(EngineTransaction.Of(new EngineWrite.Put("k", Bytes("2"))), Cancel);
        EngineItem? after = Valid(await engine.GetAsync("k", Cancel)).Item;
        Revision last = Valid(await engine.CommitAsync(EngineTransaction.Of(new EngineWrite.Put("k", Bytes("3"))), Cancel)).Revision;
        await Eventually.IsTrueAsync(
            () => watch.Batches.Count > 0 && watch.Batches[^1].Revision == last, () => "the last change");

        Assert.Equal(EngineFaultKind.Unavailable, failed.Fault?.Kind);
        Assert.Contains("full", failed.Fault!.Reason, StringComparison.Ordinal);
        Assert.Equal(late ? 2 : 1, after?.Version);
        Assert.Equal(
            Enumerable.Range(0, late ? 3 : 2).Select(i => first.Value + i),
            watch.Changes.Select(static change => change.Item.Modified.Value));
    }

    [Fact]
    public async Task A_call_given_up_in_the_queue_does_not_happen()
    {
        using var folder = new TempFolder();
        await using EmbeddedEngine engine = Open(folder, out FaultyStorage disk);

        disk.Hang();
        Task first = engine.CommitAsync(EngineTransaction.Of(new EngineWrite.Put("first", default)), Cancel).AsTask();
        await Eventually.IsTrueAsync(() => disk.IsStuck, () => "a stuck writer");
        EngineResult<CommitOutcome> second =
            await engine.CommitAsync(EngineTransaction.Of(new EngineWrite.Put("second", default)), Cancel);
        disk.Move();
        await first;

        Assert.Equal(EngineFaultKind.Unavailable, second.Fault?.Kind);
        Assert.Equal(["first"], Valid(await engine.ListAsync("", Cancel)).Items.Select(static item => item.Key));
    }

    [Fact]
    public async Task Calls_that_wait_together_share_a_commit()
    {
        using var folder = new TempFolder();
        await using EmbeddedEngine engine = Open(folder, out FaultyStorage disk);

        disk.Hang();
        Task first = engine.CommitAsync(EngineTransaction.Of(new EngineWrite.Put("k", default)), Cancel).AsTask();
        await Eventually.IsTrueAsync(() => disk.IsStuck, () => "a stuck writer");
        Task[] others =
        [
            .. Enumerable.Range(0, 100).Select(i =>
                engine.CommitAsync(EngineTransaction.Of(new EngineWrite.Put($"k/{i}", default)), Cancel).AsTask()),
        ];
        int before = disk.Commits;
        disk.Move();
        await Task.WhenAll([first, .. others]);

        Assert.InRange(disk.Commits - before, 2, 3);
        Assert.Equal(100, Valid(await engine.ListAsync("k/", Cancel)).Items.Count);
    }

    [Fact]
    public async Task The_history_is_bounded_in_memory_and_in_the_file()
    {
        using var folder = new TempFolder();
        Revision last = default;
        await using (EmbeddedEngine engine = Open(folder, history: 50))
        {
            for (int i = 0; i < 700; i++)
            {
                last = Valid(await engine.CommitAsync(EngineTransaction.Of(new EngineWrite.Put("k", default)), Cancel)).Revision;
            }

            await using var late = new WatchRecorder(engine, "", new Revision(last.Value - 51));
            await Eventually.IsTrueAsync(() => late.Ended is not null, () => "compaction");
        }

        await using EmbeddedEngine again = Open(folder, history: 10_000);
        await using var watch = new WatchRecorder(again, "", new Revision(2));
        await Eventually.IsTrueAsync(() => watch.Ended is not null, () => "compaction");
        Assert.InRange(watch.Ended!.CompactedAt.Value, last.Value - 400, last.Value - 49);
    }

    [Fact]
    public async Task A_damaged_file_or_one_in_use_is_a_fault_with_the_reason()
    {
        using var folder = new TempFolder();
        await using (EmbeddedEngine engine = Open(folder))
        {
            var second = EmbeddedEngine.Open(folder.Path, EmbeddedOptions.Default, TimeProvider.System);
            Assert.Equal(EngineFaultKind.Unavailable, second.Fault?.Kind);
            Assert.Contains("lock", second.Fault!.Reason, StringComparison.Ordinal);
        }

        string path = Path.Combine(folder.Path, EmbeddedEngine.FileName);
        await File.WriteAllTextAsync(path, new string('x', 20_000), Cancel);
        var damaged = EmbeddedEngine.Open(folder.Path, EmbeddedOptions.Default, TimeProvider.System);

        Assert.Equal(EngineFaultKind.Unavailable, damaged.Fault?.Kind);
        Assert.Contains(path, damaged.Fault!.Reason, StringComparison.Ordinal);
    }

    private static EmbeddedEngine Open(TempFolder folder, int history = 1000) =>
        EmbeddedEngine.Open(folder.Path, EmbeddedOptions.Default with { History = history }, TimeProvider.System).Value;

    private static EmbeddedEngine Open(TempFolder folder, out FaultyStorage disk)
    {
        disk = new FaultyStorage(EngineFile.Open(Path.Combine(folder.Path, EmbeddedEngine.FileName)));
        return EmbeddedEngine.Open(disk, EmbeddedOptions.Default, TimeProvider.System);
    }

    public sealed class Server : EngineUnderTest
    {
        private readonly TempFolder _folder = new();
        private readonly EmbeddedEngine _engine;
        private readonly FaultyStorage _disk;

        public Server()
        {
            _engine = Open(_folder, out _disk);
            Nodes = [_engine, _engine, _engine];
        }

        internal override IReadOnlyList<IClusterEngine> Nodes { get; }

        internal override TimeProvider Time => TimeProvider.System;

        internal override TimeSpan Deadline => EmbeddedOptions.Default.Deadline;

        public override ValueTask InitializeAsync() => ValueTask.CompletedTask;

        public override async ValueTask DisposeAsync()
        {
            await _engine.DisposeAsync();
            _folder.Dispose();
        }

        internal override ValueTask CompactAsync(Revision oldest)
        {
            _engine.Compact(oldest);
            return ValueTask.CompletedTask;
        }

        internal override async Task InterruptAsync()
        {
            _disk.Fail(3);
            while (!_disk.HasFailed)
            {
                await _engine.CommitAsync(EngineTransaction.Of(new EngineWrite.Put("interrupt", default)), CancellationToken.None);
            }
        }

        internal override async Task FallSilentAsync()
        {
            _disk.Hang();
            // A stuck disk is noticed by a write.
            Task stuck = _engine.CommitAsync(
                EngineTransaction.Of(new EngineWrite.Put("stuck", default)), CancellationToken.None).AsTask();
            await Eventually.IsTrueAsync(() => _disk.IsStuck, () => $"a stuck writer; the write: {stuck.Status}");
        }

        internal override Task AnswerAsync()
        {
            _disk.Move();
            return Task.CompletedTask;
        }
    }
}
