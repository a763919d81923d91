namespace Proxy.Cluster.Shutdown;

/// <summary>Something this node does for others as long as it serves: a virtual address, a singleton. Called one at a
/// time, in turns: given up, taken, given up.</summary>
internal interface INodeDuty
{
    string Name { get; }

    /// <summary>Hands over to another node; completes when that has it, or when there is none.</summary>
    ValueTask GiveUpAsync(CancellationToken cancellation);

    /// <summary>May have it again.</summary>
    ValueTask TakeAsync(CancellationToken cancellation);
}
