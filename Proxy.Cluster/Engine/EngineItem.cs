namespace Proxy.Cluster.Engine;

/// <param name="Created">The revision that made the key; unchanged by later puts, new after a delete.</param>
/// <param name="Modified">The revision of the latest put.</param>
/// <param name="Version">Counts puts since the key was created, from 1.</param>
internal sealed record EngineItem(
    string Key, ReadOnlyMemory<byte> Value, Revision Created, Revision Modified, long Version, LeaseId Lease);

/// <param name="Item">Null when there is no such key.</param>
/// <param name="Revision">At which this was true.</param>
internal readonly record struct ItemRead(EngineItem? Item, Revision Revision);

/// <param name="Revision">At which this was true; watch from the next one to miss nothing.</param>
internal sealed record Listing(IReadOnlyList<EngineItem> Items, Revision Revision);
