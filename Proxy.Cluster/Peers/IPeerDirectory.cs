namespace Proxy.Cluster.Peers;

/// <summary>Port to whoever knows the other nodes: the membership, or a list of seeds. A directory that loses its
/// source
/// keeps what it last knew. Any thread.</summary>
internal interface IPeerDirectory
{
    /// <summary>This node may be among them.</summary>
    IReadOnlyList<PeerTarget> Targets { get; }

    /// <summary>Calls back after every change, on any thread, until disposed; must not wait.</summary>
    IDisposable OnChange(Action changed);
}

/// <summary>Seeds that do not change.</summary>
internal sealed class SeedDirectory(IReadOnlyList<PeerTarget> seeds) : IPeerDirectory
{
    public IReadOnlyList<PeerTarget> Targets => seeds;

    public IDisposable OnChange(Action changed) => new Nothing();

    private sealed class Nothing : IDisposable
    {
        public void Dispose()
        {
        }
    }
}
