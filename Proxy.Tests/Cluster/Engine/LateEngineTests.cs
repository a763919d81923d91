using Proxy.Cluster.Engine;
using Proxy.Cluster.Engine.Embedded;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Cluster.Engine;

public sealed class LateEngineTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_file_of_another_process_is_a_fault_until_that_process_lets_go()
    {
        using var folder = new TempFolder();
        await using var before = new LateEngine(() => Open(folder), TimeProvider.System);
        await before.CommitAsync(EngineTransaction.Of(new EngineWrite.Put("k", new byte[] { 1 })), Cancel);
        await using var after = new LateEngine(() => Open(folder), TimeProvider.System);

        EngineResult<ItemRead> locked = await after.GetAsync("k", Cancel);
        await using var watch = new WatchRecorder(after, "", new Revision(2));
        await before.DisposeAsync();
        EngineResult<ItemRead> read = EngineFault.Unavailable("not asked");
        await Eventually.IsTrueAsync(
            async () => (read = await after.GetAsync("k", Cancel)).IsOk, () => $"the key: {read}");

        Assert.Contains("locked", locked.Fault?.Reason);
        Assert.Equal([1], read.Value.Item?.Value.ToArray());
        await Eventually.IsTrueAsync(() => watch.Changes.Count == 1, () => "the change before");
        Assert.False((await before.GetAsync("k", Cancel)).IsOk);
    }

    private static EngineResult<IClusterEngine> Open(TempFolder folder)
    {
        EngineResult<EmbeddedEngine> opened =
            EmbeddedEngine.Open(folder.Path, EmbeddedOptions.Default, TimeProvider.System);
        return opened.IsOk ? opened.Value : opened.Fault;
    }
}
