using Proxy.Cluster.Vrrp.Packets;

namespace Proxy.Cluster.Vrrp.Guard;

/// <summary>An interface that routers speak on: its state as of the last look, and the receivers. When the interface
/// is made anew under the same name its number changes, and the receivers are opened again.</summary>
internal sealed class GuardedLink(string name) : IDisposable
{
    private AdvertReceiver? _ipv4;
    private AdvertReceiver? _ipv6;

    public string Name => name;

    /// <summary>0 when there is no such interface.</summary>
    public int Index { get; private set; }

    /// <summary>Switched on and with carrier.</summary>
    public bool IsUp { get; private set; }

    public ulong Mac { get; private set; }

    /// <summary>Looks at the interface.</summary>
    public void Refresh(KernelNetwork network)
    {
        if (network.FindLink(name, out LinkEntry link) < 0)
        {
            link = default;
        }

        if (link.Index != Index)
        {
            Dispose();
        }

        Index = link.Index;
        IsUp = link.IsUp;
        Mac = link.Mac;
    }

    public AdvertReceiver? ReceiverOf(IpFamily family) => family == IpFamily.V4 ? _ipv4 : _ipv6;

    /// <summary>Opens the receiver of that protocol unless it is open. 0 or an error number.</summary>
    public int Listen(IpFamily family)
    {
        if (Index == 0 || ReceiverOf(family) is not null)
        {
            return 0;
        }

        AdvertReceiver? receiver = AdvertReceiver.Open(family, name, Index, out int error);
        if (family == IpFamily.V4)
        {
            _ipv4 = receiver;
        }
        else
        {
            _ipv6 = receiver;
        }

        return error;
    }

    public void Dispose()
    {
        _ipv4?.Dispose();
        _ipv6?.Dispose();
        _ipv4 = _ipv6 = null;
    }
}
