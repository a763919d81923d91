namespace Proxy.Cluster.Engine;

/// <summary>If all compares hold, all writes at one revision; otherwise nothing.</summary>
internal sealed class EngineTransaction
{
    // etcd's own limits are 128 operations and 1.5 MB a request.
    public const int MaxWrites = 100;
    public const int MaxValueBytes = 1 << 20;

    public EngineTransaction(IReadOnlyList<EngineCompare> compares, IReadOnlyList<EngineWrite> writes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(compares.Count, MaxWrites);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(writes.Count, MaxWrites);
        if (writes.Select(static write => write.Key).Distinct(StringComparer.Ordinal).Count() != writes.Count)
        {
            throw new ArgumentException("a transaction writes a key once", nameof(writes));
        }

        (Compares, Writes) = (compares, writes);
    }

    public IReadOnlyList<EngineCompare> Compares { get; }

    public IReadOnlyList<EngineWrite> Writes { get; }

    /// <summary>Without a condition.</summary>
    public static EngineTransaction Of(params IReadOnlyList<EngineWrite> writes) => new([], writes);

    /// <summary>Takes an ownership that nobody has; the revision of the outcome is its fencing token.</summary>
    public static EngineTransaction Claim(string key, ReadOnlyMemory<byte> value, LeaseId lease) =>
        new([EngineCompare.Absent(key)], [new EngineWrite.Put(key, value, lease)]);

    /// <summary>The keys compared, each once, in the order of the compares.</summary>
    public IReadOnlyList<string> ComparedKeys() =>
        [.. Compares.Select(static compare => compare.Key).Distinct(StringComparer.Ordinal)];
}

/// <param name="Succeeded">Whether the compares held.</param>
/// <param name="Revision">Of the writes; when nothing was written, the current one.</param>
/// <param name="Found">After failed compares: the compared items that exist, as they were found.</param>
internal sealed record CommitOutcome(bool Succeeded, Revision Revision, IReadOnlyList<EngineItem> Found);
