using Proxy.Cluster.Shutdown;
using Proxy.Cluster.Vrrp.Node;

namespace Proxy.Cluster.Host;

/// <summary>The virtual addresses of a node that drains go to another one, while its listeners still accept: who was
/// told the old place in this moment is served.</summary>
/// <param name="take">Adopts the running configuration.</param>
internal sealed class VipDuty(VipService vips, Action take) : INodeDuty
{
    public string Name => "virtual addresses";

    public ValueTask GiveUpAsync(CancellationToken cancellation) => vips.LeaveAsync();

    public ValueTask TakeAsync(CancellationToken cancellation)
    {
        take();
        return ValueTask.CompletedTask;
    }
}
