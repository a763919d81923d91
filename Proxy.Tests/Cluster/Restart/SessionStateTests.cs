using Proxy.Cluster.Restart;
using Proxy.Edge.Replication;

namespace Proxy.Tests.Cluster.Restart;

public sealed class SessionStateTests
{
    private static readonly long Now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
    private static readonly byte[] Key = [.. Enumerable.Range(0, 16).Select(i => (byte)i)];

    [Fact]
    public void What_one_process_learned_the_next_one_knows()
    {
        var before = Table();
        for (ulong i = 1; i <= 5000; i++)
        {
            Assert.True(before.Write(new EntryKey(i << 50, i), i, TimeSpan.FromMinutes(30), Now));
        }

        var after = Table();
        Assert.True(new SessionState(after, Key, TimeProvider.System).TryImport(
            new SessionState(before, Key, TimeProvider.System).Export()));

        for (ulong i = 1; i <= 5000; i++)
        {
            Assert.True(after.TryRead(new EntryKey(i << 50, i), Now, out var entry));
            Assert.Equal(i, entry.Value);
        }
    }

    [Fact]
    public void Bytes_that_are_none_or_of_another_key_are_left_alone()
    {
        var table = Table();
        var state = new SessionState(table, Key, TimeProvider.System);
        var bytes = state.Export();

        Assert.Equal(Key, SessionState.KeyOf(bytes));
        Assert.True(SessionState.KeyOf([]).IsEmpty);
        Assert.True(SessionState.KeyOf([2, .. bytes[1..]]).IsEmpty);
        Assert.False(state.TryImport([]));
        Assert.False(state.TryImport([2, .. bytes[1..]]));
        Assert.False(state.TryImport([.. bytes, 0]));
        Assert.False(new SessionState(table, new byte[16], TimeProvider.System).TryImport(bytes));
        Assert.True(state.TryImport(bytes));
        Assert.Equal(0, table.Table.Count);
    }

    private static Replica Table() => new(
        1, NodeTag.Of("n"), new HybridClock(TimeSpan.FromSeconds(1)), new ReplicaTable(100_000),
        new WriteJournal(1024, new WriteSignal()));
}
