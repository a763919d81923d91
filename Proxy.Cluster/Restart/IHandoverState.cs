namespace Proxy.Cluster.Restart;

/// <summary>Something in memory that the next process of this node is to know: ticket keys, learned sessions.</summary>
internal interface IHandoverState
{
    /// <summary>Short ASCII; the next process may be of another version and not know it.</summary>
    string Name { get; }

    /// <summary>Whether it changes with every client, so that it is given a second time at the end.</summary>
    bool IsLive => false;

    byte[] Export();

    /// <summary>False when the bytes are not understood; the node then begins without.</summary>
    bool TryImport(ReadOnlySpan<byte> bytes);
}
