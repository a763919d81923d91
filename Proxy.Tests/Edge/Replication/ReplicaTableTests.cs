using Proxy.Edge.Replication;

namespace Proxy.Tests.Edge.Replication;

public sealed class ReplicaTableTests
{
    private const long Now = 1_800_000_000_000;
    private const uint NowSeconds = (uint)(Now / 1000);

    /// <summary>Few keys of few shards, so that probes run into each other.</summary>
    private static EntryKey CrowdedKey(Random random) =>
        new((ulong)random.Next(2) << 56, (uint)random.Next(64) + ((ulong)random.Next(3) << 40));

    private static ReplicatedEntry Entry(EntryKey key, ulong stamp, ulong value = 1, uint life = 60) => new()
    {
        Key = key, Stamp = new Stamp(stamp), Value = value, Origin = new NodeTag(1), Expiry = NowSeconds + life,
    };

    private static ulong[] Digests(ReplicaTable table)
    {
        ulong[] digests = new ulong[ReplicaTable.Buckets];
        ReplicatedEntry[] buffer = [];
        table.Digest(0, new Stamp(ulong.MaxValue), NowSeconds, digests, ref buffer);
        return digests;
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Behaves_like_a_dictionary_that_keeps_what_beats_the_other(int seed)
    {
        var random = new Random(seed);
        var table = new ReplicaTable(1_000_000);
        Dictionary<EntryKey, ReplicatedEntry> model = [];
        long now = Now;

        for (int step = 0; step < 3_000; step++)
        {
            EntryKey key = CrowdedKey(random);
            if (random.Next(200) == 0)
            {
                now += random.Next(20_000);
                Assert.Equal(
                    model.RemoveWhere(entry => entry.Expiry <= now / 1000), table.Sweep(now, ReplicaTable.Shards));
            }
            else
            {
                ReplicatedEntry entry = Entry(
                    key, (ulong)random.Next(1, 50), (ulong)random.Next(3), (uint)random.Next(200));
                bool newer = !model.TryGetValue(key, out ReplicatedEntry old) || entry.Beats(old);
                Assert.Equal(newer, table.Put(entry) <= EntryOutcome.Replaced);
                if (newer)
                {
                    model[key] = entry;
                }
            }

            EntryKey asked = CrowdedKey(random);
            bool expected = model.TryGetValue(asked, out ReplicatedEntry known)
                && known.Value != 0 && known.Expiry > now / 1000;
            Assert.Equal(expected, table.TryRead(asked, now, out ReplicatedEntry found));
            Assert.True(!expected || found.Stamp == known.Stamp);
            Assert.Equal(model.Count, table.Count);
        }
    }

    public static TheoryData<int> Seeds() => [.. Enumerable.Range(1, 20)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void The_order_of_arrival_changes_nothing(int seed)
    {
        var random = new Random(seed);
        ReplicatedEntry[] entries = [.. Enumerable.Range(0, 2_000).Select(_ => Entry(
            new EntryKey((ulong)random.NextInt64() << 1, (ulong)random.Next(300)), (ulong)random.Next(1, 9),
            (ulong)random.Next(4)))];
        var first = new ReplicaTable(100_000);
        var second = new ReplicaTable(100_000);

        Array.ForEach(entries, entry => first.Put(entry));
        random.Shuffle(entries);
        Array.ForEach(entries, entry => second.Put(entry));
        Array.ForEach(entries, entry => second.Put(entry));

        Assert.Equal(Digests(first), Digests(second));
        second.Put(Entry(entries[0].Key, 100, 77));
        Assert.Equal(1, Digests(first).Zip(Digests(second)).Count(static pair => pair.First != pair.Second));
    }

    [Fact]
    public void Digests_leave_out_what_is_new_and_what_is_about_to_expire()
    {
        var table = new ReplicaTable(1_000);
        table.Put(Entry(new EntryKey(1UL << 60, 1), 10));
        ulong[] before = Digests(table);
        table.Put(Entry(new EntryKey(2UL << 60, 2), 20));
        table.Put(Entry(new EntryKey(3UL << 60, 3), 10, life: 5));
        ulong[] digests = new ulong[ReplicaTable.Buckets];
        ReplicatedEntry[] buffer = [];

        table.Digest(0, new Stamp(20), NowSeconds + 5, digests, ref buffer);

        Assert.Equal(before, digests);
    }

    [Fact]
    public void A_bucket_holds_its_own_entries_only()
    {
        var random = new Random(5);
        var table = new ReplicaTable(100_000);
        for (int i = 0; i < 5_000; i++)
        {
            table.Put(Entry(new EntryKey((ulong)random.NextInt64() << 1, (ulong)random.NextInt64()), 1));
        }

        ReplicatedEntry[] buffer = [];
        int total = 0;
        for (int bucket = 0; bucket < ReplicaTable.Buckets; bucket++)
        {
            int count = table.CopyBucket(bucket, ref buffer);
            Assert.All(buffer[..count], entry => Assert.Equal(bucket, ReplicaTable.BucketOf(entry.Key)));
            total += count;
        }

        Assert.Equal(table.Count, total);
    }

    [Fact]
    public void A_full_table_forgets_what_expires_first_and_does_not_take_it_back()
    {
        var table = new ReplicaTable(4_096);
        int perShard = 4_096 * 5 / 4 / ReplicaTable.Shards;
        for (uint i = 0; i < perShard; i++)
        {
            Assert.Equal(EntryOutcome.Added, table.Put(Entry(new EntryKey(0, i * 977), 1, life: 100 + i)));
        }

        EntryOutcome outcome = table.Put(Entry(new EntryKey(0, 5), 1, life: 1_000));

        Assert.Equal(EntryOutcome.Added, outcome);
        Assert.Equal(1, table.Evicted);
        Assert.False(table.TryRead(new EntryKey(0, 0), Now, out _));
        Assert.True(table.TryRead(new EntryKey(0, 977), Now, out _));
        Assert.Equal(EntryOutcome.NoRoom, table.Put(Entry(new EntryKey(0, 0), 1, life: 50)));
        Assert.Equal(perShard, table.Count);
    }

    [Fact]
    public async Task Readers_never_see_half_an_entry()
    {
        var table = new ReplicaTable(10_000);
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        int done = 0;

        Task[] writers = [.. Enumerable.Range(0, 2).Select(writer => Task.Run(
            () =>
            {
                var random = new Random(writer);
                for (ulong i = 1; i < 100_000; i++)
                {
                    ulong key = (ulong)random.Next(40);
                    table.Put(new ReplicatedEntry
                    {
                        Key = new EntryKey(0, key), Stamp = new Stamp(i), Value = EntryKey.Mix(i + key),
                        Expiry = NowSeconds + (uint)(i % 3),
                    });
                    if (i % 100 == 0)
                    {
                        table.Sweep(Now + 1_000, ReplicaTable.Shards);
                    }
                }

                Interlocked.Increment(ref done);
            },
            cancellation))];
        Task<int>[] readers = [.. Enumerable.Range(0, 2).Select(_ => Task.Run(
            () =>
            {
                int read = 0;
                while (Volatile.Read(ref done) < 2)
                {
                    for (ulong key = 0; key < 40; key++)
                    {
                        if (table.TryRead(new EntryKey(0, key), Now - 60_000, out ReplicatedEntry entry))
                        {
                            read++;
                            Assert.Equal(EntryKey.Mix(entry.Stamp.Value + key), entry.Value);
                        }
                    }
                }

                return read;
            },
            cancellation))];

        await Task.WhenAll(writers);
        Assert.True((await Task.WhenAll(readers)).Sum() > 0);
    }
}

file static class ModelExtensions
{
    public static int RemoveWhere(
        this Dictionary<EntryKey, ReplicatedEntry> model, Func<ReplicatedEntry, bool> condition)
    {
        EntryKey[] gone = [.. model.Where(pair => condition(pair.Value)).Select(static pair => pair.Key)];
        return gone.Count(model.Remove);
    }
}
