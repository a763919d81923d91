namespace Proxy.Edge.Replication;

/// <summary>Entries by key, the newest of each. Event loops read and write it while the receiver of peer streams
/// writes it; no thread waits for another longer than one entry takes. Bounded: a full table forgets what expires
/// first.</summary>
public sealed class ReplicaTable
{
    /// <summary>The pieces that digests are made of. Buckets of one shard are neighbours.</summary>
    public const int Buckets = 1024;

    public const int Shards = 256;

    /// <summary>Digests come for whole shards: this many buckets at a time.</summary>
    public const int BucketStep = Buckets / Shards;

    private readonly EntryShard[] _shards;
    private int _nextSweep;

    public ReplicaTable(int maxEntries)
    {
        // A quarter more than the even share: hashing does not fill all shards alike.
        int perShard = Math.Max(16, (int)((long)maxEntries * 5 / 4 / Shards));
        _shards = new EntryShard[Shards];
        for (int i = 0; i < Shards; i++)
        {
            _shards[i] = new EntryShard(perShard);
        }
    }

    /// <summary>Tombstones and entries not yet swept included.</summary>
    public int Count => _shards.Sum(static shard => shard.Count);

    /// <summary>How many were forgotten because the table was full.</summary>
    public long Evicted => _shards.Sum(static shard => shard.Evicted);

    public static int BucketOf(in EntryKey key) => (int)(key.High >> 54);

    /// <summary>False when there is none, it has expired, or it was removed.</summary>
    /// <param name="now">Milliseconds since 1970.</param>
    public bool TryRead(in EntryKey key, long now, out ReplicatedEntry entry) =>
        ShardOf(key).TryRead(key, out entry) && entry.Value != 0 && !entry.IsExpiredAt(now);

    public EntryOutcome Put(in ReplicatedEntry entry) => ShardOf(entry.Key).Put(entry);

    /// <summary>Removes expired entries of the next shards in turn; answers how many. Every node sweeps for itself,
    /// nothing is sent.</summary>
    /// <param name="now">Milliseconds since 1970.</param>
    public int Sweep(long now, int shards)
    {
        int removed = 0;
        for (int i = 0; i < shards; i++)
        {
            removed += _shards[_nextSweep].Sweep((uint)(now / 1000));
            _nextSweep = (_nextSweep + 1) % Shards;
        }

        return removed;
    }

    /// <summary>All entries of one shard; the buffer belongs to the caller and grows when needed.</summary>
    public int Copy(int shard, ref ReplicatedEntry[] buffer) => _shards[shard].CopyTo(ref buffer);

    /// <summary>All entries of one bucket.</summary>
    public int CopyBucket(int bucket, ref ReplicatedEntry[] buffer)
    {
        int all = _shards[bucket / BucketStep].CopyTo(ref buffer);
        int count = 0;
        for (int i = 0; i < all; i++)
        {
            if (BucketOf(buffer[i].Key) == bucket)
            {
                buffer[count++] = buffer[i];
            }
        }

        return count;
    }

    /// <summary>Digests of neighbouring buckets. Two nodes that know the same get the same, whatever the order in which
    /// they learned it: only entries written before <paramref name="writtenBefore"/> count, because later ones may be
    /// on their way, and only what lives longer than <paramref name="expiringAfter"/>, because one node may have swept
    /// it and the other not.</summary>
    /// <param name="firstBucket">A multiple of the buckets of one shard, as is the number of digests.</param>
    /// <param name="expiringAfter">Seconds since 1970.</param>
    public void Digest(
        int firstBucket, Stamp writtenBefore, uint expiringAfter, Span<ulong> digests, ref ReplicatedEntry[] buffer)
    {
        if (firstBucket % BucketStep != 0 || digests.Length % BucketStep != 0)
        {
            throw new ArgumentException($"digests come for {BucketStep} buckets at a time", nameof(firstBucket));
        }

        digests.Clear();
        int firstShard = firstBucket / BucketStep;
        for (int shard = firstShard; shard < firstShard + (digests.Length / BucketStep); shard++)
        {
            int count = _shards[shard].CopyTo(ref buffer);
            foreach (ref readonly ReplicatedEntry entry in buffer.AsSpan(0, count))
            {
                if (entry.Expiry > expiringAfter && entry.Stamp.Value < writtenBefore.Value)
                {
                    ref ulong digest = ref digests[BucketOf(entry.Key) - firstBucket];
                    digest = unchecked(digest + entry.Digest());
                }
            }
        }
    }

    private EntryShard ShardOf(in EntryKey key) => _shards[key.High >> 56];
}
