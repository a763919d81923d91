namespace Proxy.Cluster.Shares;

/// <summary>Port to the other nodes. What arrives is given to <see cref="ShareService.Received"/>, and who is there to
/// <see cref="ShareService.SetNodes"/>.</summary>
public interface IShareLink
{
    /// <summary>Sends if it can; what gets lost is asked for again. Must not wait. Any thread.</summary>
    void Send(string node, ReadOnlyMemory<byte> message);
}
