using Proxy.Cluster.Shutdown;
using Proxy.Cluster.Vrrp.Node;

namespace Proxy.Cluster.Host;

/// <summary>The virtual addresses of a node that drains go to another one, while its listeners still accept: who was
/// told the old place in this moment is served.</summary>
internal sealed class VipDuty(VipService vips) : INodeDuty
{
    public string Name => "virtual addresses";

    public ValueTask GiveUpAsync(CancellationToken cancellation) => vips.GiveUpAsync();

    public ValueTask TakeAsync(CancellationToken cancellation)
    {
        vips.Return();
        return ValueTask.CompletedTask;
    }
}
