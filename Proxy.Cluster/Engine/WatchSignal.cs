namespace Proxy.Cluster.Engine;

internal enum ChangeKind : byte
{
    Put,
    Delete,
}

/// <param name="Item">As it is after the change. Of a delete only the key and, as Modified, the revision.</param>
internal sealed record EngineChange(ChangeKind Kind, EngineItem Item)
{
    public static EngineChange Deleted(string key, Revision at) =>
        new(ChangeKind.Delete, new EngineItem(key, default, default, at, 0, LeaseId.None));
}

/// <summary>What a watch says.</summary>
internal abstract record WatchSignal
{
    private WatchSignal()
    {
    }

    /// <summary>One or more whole revisions.</summary>
    /// <param name="Revision">The last of them; a new watch goes on at the next.</param>
    internal sealed record Batch(Revision Revision, IReadOnlyList<EngineChange> Changes) : WatchSignal;

    /// <summary>The engine is silent: what was seen may be old. The watch goes on by itself.</summary>
    internal sealed record Stalled(string Reason) : WatchSignal;

    /// <summary>Connected again after <see cref="Stalled"/>; what was missed follows as batches.</summary>
    internal sealed record Resumed : WatchSignal;

    /// <summary>The last signal, with <see cref="EngineFaultKind.Compacted"/> or
    /// <see cref="EngineFaultKind.Denied"/>.</summary>
    internal sealed record Ended(EngineFault Fault) : WatchSignal;
}
