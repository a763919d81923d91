namespace Proxy.Cluster.Engine;

internal enum CompareTarget : byte
{
    Version,
    Created,
    Modified,
    Value,
}

/// <summary>One condition of a transaction: the target of the key is equal to what is given. A key that does not exist
/// has version 0 and revisions 0, and no value is equal to its.</summary>
internal sealed record EngineCompare
{
    private EngineCompare(string key, CompareTarget target, long number, ReadOnlyMemory<byte> value) =>
        (Key, Target, Number, Value) = (EngineKey.Checked(key), target, number, value);

    public string Key { get; }

    public CompareTarget Target { get; }

    /// <summary>The version or revision; not for <see cref="CompareTarget.Value"/>.</summary>
    public long Number { get; }

    public ReadOnlyMemory<byte> Value { get; }

    public static EngineCompare Absent(string key) => new(key, CompareTarget.Version, 0, default);

    public static EngineCompare VersionIs(string key, long version) =>
        new(key, CompareTarget.Version, version, default);

    /// <summary>The fence: holds only as long as the key is the one that revision created.</summary>
    public static EngineCompare CreatedAt(string key, Revision revision) =>
        new(key, CompareTarget.Created, revision.Value, default);

    public static EngineCompare ModifiedAt(string key, Revision revision) =>
        new(key, CompareTarget.Modified, revision.Value, default);

    public static EngineCompare ValueIs(string key, ReadOnlyMemory<byte> value) =>
        new(key, CompareTarget.Value, 0, value);

    public bool Holds(EngineItem? item) => Target switch
    {
        CompareTarget.Version => (item?.Version ?? 0) == Number,
        CompareTarget.Created => (item?.Created.Value ?? 0) == Number,
        CompareTarget.Modified => (item?.Modified.Value ?? 0) == Number,
        CompareTarget.Value => item is not null && item.Value.Span.SequenceEqual(Value.Span),
        _ => throw new InvalidOperationException($"unknown target {Target}"),
    };
}
