using Proxy.Actors.Config;
using Proxy.Actors.Runtime;

namespace Proxy.Cluster.Vrrp.Node;

/// <summary>The door to the virtual addresses of a node. The actor behind it begins with the first configuration that
/// has any. Adopt and Leave: one thread at a time.</summary>
internal sealed class VipService(IActorSystem actors, VipServices services)
{
    private static readonly TimeSpan OrderTimeout = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan LeaveTimeout = TimeSpan.FromSeconds(5);

    private IRef<VipMessage>? _actor;

    public VipReport Report => services.Board.Report;

    public void Adopt(ProxyConfig config)
    {
        if (_actor is null && config.Vips.Count == 0)
        {
            return;
        }

        if (_actor is null)
        {
            _actor = actors.Spawn(VipActor.Props(services), "vips");
            if (services.Peers is { } peers)
            {
                VipPeerPath.Connect(peers, _actor);
            }
        }

        _actor.Tell(new VipMessage.Configure(config));
    }

    /// <summary>Gives an address away or takes it. Empty, or why not.</summary>
    public async ValueTask<string> OrderAsync(string name, VipOrder order)
    {
        if (_actor is null)
        {
            return "this node has no virtual addresses";
        }

        return await _actor.Ask<string, (string Name, VipOrder What)>(
            static (reply, order) => new VipMessage.Order(order.Name, order.What, reply),
            (name, order), OrderTimeout);
    }

    /// <summary>Before a restart, when another process is about to take this node's place: the addresses stay where
    /// they are for as long as is configured.</summary>
    public async ValueTask StayAsync()
    {
        if (_actor is not null)
        {
            await _actor.Ask<bool, int>(static (reply, _) => new VipMessage.Stay(reply), 0, OrderTimeout);
        }
    }

    /// <summary>Everything goes to other nodes, as far as they are there; connections go on here.</summary>
    public async ValueTask GiveUpAsync()
    {
        if (_actor is not null)
        {
            await _actor.Ask<bool, int>(static (reply, _) => new VipMessage.GiveUp(reply), 0, LeaveTimeout);
        }
    }

    /// <summary>After GiveUp: this node may have addresses again.</summary>
    public void Return() => _actor?.Tell(new VipMessage.Return());

    /// <summary>The guard ends and leaves nothing behind.</summary>
    public async ValueTask StopAsync()
    {
        if (_actor is not null)
        {
            await _actor.Ask<bool, int>(static (reply, _) => new VipMessage.Stop(reply), 0, LeaveTimeout);
        }
    }
}
