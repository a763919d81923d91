using Proxy.Cluster.Membership;
using Proxy.Cluster.Peers;

namespace Proxy.Cluster.Host;

/// <summary>The members of the cluster as the mesh of peers wants them. When the engine is away the last list
/// stays.</summary>
internal sealed class MemberDirectory(MembershipBoard board) : IPeerDirectory
{
    public IReadOnlyList<PeerTarget> Targets =>
    [
        .. board.View.Members
            .Where(static member => member.Status is not (MemberStatus.Down or MemberStatus.Exiting))
            .Select(static member => new PeerTarget(member.Node.PeerAddress, member.Node.Name)),
    ];

    public IDisposable OnChange(Action changed) => board.Subscribe(change =>
    {
        if (change.Events.Count > 0)
        {
            changed();
        }
    });
}
