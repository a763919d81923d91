using Proxy.Cluster.Vrrp.Machine;
using Proxy.Cluster.Vrrp.Packets;
using Proxy.Edge.Os.Network;

namespace Proxy.Cluster.Vrrp.Guard;

/// <summary>The guard's only loop. Each turn: wait, then hear of the kernel, take all adverts, take the node's orders,
/// and only then let timers fire. In that order, so that a process that was stopped for a while reads what happened
/// before it believes that nobody spoke. Nothing is allocated in a turn without a new configuration.</summary>
internal sealed class GuardLoop : IDisposable
{
    // Fixed ones (wake, netlink, listener, node, its process), two receivers for each interface, one for each MAC.
    private const int MaxDescriptors = 5 + (2 * 64) + 256;
    private const long Second = 1_000_000;

    // A guard that nobody ever told what to hold, or that holds nothing any more, waits for a node only so long.
    private const long IdleLimit = 30 * Second;

    private readonly GuardCore _core;
    private readonly GuardSet _set;
    private readonly GuardOrders _orders;
    private readonly NodeWatch _watch = new();
    private readonly KernelNetwork _network;
    private readonly ControlChannel _control;
    private readonly WakeSignal _wake;
    private readonly PollSet _polls = new(MaxDescriptors);
    private readonly GuardReady _ready;
    private readonly byte[] _record = new byte[64];
    private KernelSocket? _nodeProcess;
    private ProcessState? _nodeState;
    private bool _isNodeLost;
    private long _idleSince;
    private int _wakePlace;
    private int _eventPlace;
    private int _listenPlace;
    private int _processPlace;

    public GuardLoop(
        KernelNetwork network, AdvertSender sender, AdvertStandIn? standIn, ControlChannel control, WakeSignal wake,
        GuardReady ready)
    {
        _network = network;
        _control = control;
        _wake = wake;
        _ready = ready;
        var wires = new GuardWires(network, sender, standIn, control);
        _core = new GuardCore(wires);
        _set = new GuardSet(_core, network, (id, problem) => _orders!.Complain(id, problem)); // not null: set below
        _orders = new GuardOrders(_core, _set, wires, _watch, control);
    }

    private long Now => _orders.Clock.Now;

    /// <summary>Runs until the node or a signal stops it, then resigns and cleans up.</summary>
    public void Run()
    {
        _idleSince = Now;
        while (!_orders.IsStopWanted && Now - _idleSince < IdleLimit)
        {
            Wait();
            if (_polls.IsReady(_wakePlace))
            {
                break;
            }

            if (_polls.IsReady(_eventPlace) && _network.DrainEvents())
            {
                _set.Look(Now);
            }

            foreach (GuardedLink link in _set.Links)
            {
                Receive(link, link.ReceiverOf(IpFamily.V4), isVirtual: false);
                Receive(link, link.ReceiverOf(IpFamily.V6), isVirtual: false);
            }

            foreach (GuardedRouter router in _core.Routers)
            {
                Receive(router.Link, router.VirtualMac?.Receiver, isVirtual: true);
            }

            TakeOrders();
            WatchNode();
            long now = Now;
            _orders.Clock.Fired(_core.NextTimer, now);
            _core.Tick(now);
        }

        _set.Close(Now);
    }

    public void Dispose()
    {
        ForgetNode();
        _set.Dispose();
        _polls.Dispose();
    }

    private void Wait()
    {
        _polls.Clear();
        _wakePlace = _polls.Add(_wake.Handle);
        _eventPlace = _polls.Add(_network.EventDescriptor);
        _listenPlace = _polls.Add(_control.ListenDescriptor);
        _polls.Add(_control.NodeDescriptor); // the kernel skips -1
        _processPlace = _polls.Add(_nodeProcess?.Handle ?? -1);
        foreach (GuardedLink link in _set.Links)
        {
            _polls.Add(link.ReceiverOf(IpFamily.V4)?.Descriptor ?? -1);
            _polls.Add(link.ReceiverOf(IpFamily.V6)?.Descriptor ?? -1);
        }

        foreach (GuardedRouter router in _core.Routers)
        {
            if (router.VirtualMac?.Receiver is { } receiver)
            {
                _polls.Add(receiver.Descriptor);
            }
        }

        long next = Math.Min(_core.NextTimer, _watch.NextTimer);
        if (_control.HasNode || _core.Routers.Length > 0)
        {
            _idleSince = Now;
        }
        else
        {
            next = Math.Min(next, _idleSince + IdleLimit);
        }

        _polls.Wait(next == long.MaxValue ? -1 : Math.Max(0, next - Now));
    }

    private void Receive(GuardedLink? link, AdvertReceiver? receiver, bool isVirtual)
    {
        if (link is null || receiver is null)
        {
            return;
        }

        while (receiver.TryReceive(out VrrpEnvelope envelope, out ReadOnlySpan<byte> message))
        {
            if (VrrpPacketReader.TryPeekRouterId(message, out byte routerId)
                && FindRouter(link, receiver.Family, routerId, (VrrpVersion)(message[0] >> 4)) is { } router
                && HearsVirtual(router) == isVirtual)
            {
                Receive(router, envelope, message);
            }
        }
    }

    /// <summary>A router with a MAC of its own hears the group there, where everything arrives: heard on both, the
    /// adverts of a peer without that MAC would count twice.</summary>
    private static bool HearsVirtual(GuardedRouter router) =>
        router.VirtualMac?.Receiver is not null && !router.Settings.Rules.IsUnicast;

    private void Receive(GuardedRouter router, in VrrpEnvelope envelope, ReadOnlySpan<byte> message)
    {
        VrrpMachine machine = router.Machine;
        VrrpAdvert advert = default;
        VrrpRefusal refusal = envelope.Source == machine.Primary
            ? VrrpRefusal.OwnPacket
            : VrrpPacketReader.Read(message, envelope, machine.Rules, out advert);
        if (refusal != VrrpRefusal.None)
        {
            router.Refused++;
            ReportRefusal(router, refusal, envelope.Source);
            return;
        }

        router.Received++;
        _core.Feed(router, VrrpInput.Advert(advert), Now);
        if (advert.AddressesDiffer)
        {
            ReportRefusal(router, VrrpRefusal.None, advert.Source);
        }
    }

    private void ReportRefusal(GuardedRouter router, VrrpRefusal reason, NetAddress source)
    {
        long now = Now;
        if (now - router.RefusalReportedAt < Second)
        {
            return;
        }

        router.RefusalReportedAt = now;
        int length = GuardProtocol.Write(
            _record, new RefusalReport(router.Settings.Id, reason, router.Refused, source));
        _control.Send(_record.AsSpan(0, length));
    }

    /// <summary>The same router id may be in use for both versions; then each takes its own.</summary>
    private GuardedRouter? FindRouter(GuardedLink link, IpFamily family, byte routerId, VrrpVersion version)
    {
        GuardedRouter? found = null;
        foreach (GuardedRouter router in _core.Routers)
        {
            VrrpRules rules = router.Settings.Rules;
            if (router.Link == link && rules.Family == family && rules.RouterId == routerId)
            {
                if (rules.Version == version)
                {
                    return router;
                }

                found ??= router;
            }
        }

        return found;
    }

    private void TakeOrders()
    {
        while (_control.TryReceive(out ReadOnlySpan<byte> record))
        {
            if (record.IsEmpty)
            {
                _watch.Ended();
                break;
            }

            _orders.Handle(record, Now, out GuardHello? hello);
            if (hello is { } said)
            {
                Welcome(said);
            }
        }

        // After the old node's records: its goodbye must not be lost to its successor's arrival.
        if (_polls.IsReady(_listenPlace) && _control.Accept())
        {
            // From now on it is the new one that counts, and it has a second to say who it is.
            ForgetNode();
            _watch.Arrived(Second, Now);
        }
    }

    private void Welcome(GuardHello hello)
    {
        ForgetNode();
        int process = hello.ProcessId > 0 ? hello.ProcessId : _control.NodeProcess();
        int error = 0;
        _nodeProcess = (hello.ThreadId > 0 ? KernelSocket.OpenThread(hello.ThreadId, out _) : null)
            ?? KernelSocket.OpenProcess(process, out error);
        _nodeState = ProcessState.Open(process);
        if (_nodeProcess is null)
        {
            _orders.Complain(GuardProtocol.All, $"the end of process {process} will not be seen, error {error}");
        }

        int length = GuardProtocol.Write(_record, _ready);
        _control.Send(_record.AsSpan(0, length));
    }

    private void ForgetNode()
    {
        _nodeProcess?.Dispose();
        _nodeProcess = null;
        _nodeState?.Dispose();
        _nodeState = null;
    }

    private void WatchNode()
    {
        if (_nodeProcess is not null && _polls.IsReady(_processPlace))
        {
            _watch.Ended();
            ForgetNode();
        }

        long now = Now;
        if (now >= _watch.NextTimer)
        {
            _watch.Tick(
                now,
                _nodeState is null ? NodeActivity.Unknown
                    : _nodeState.IsStopped() ? NodeActivity.Stopped
                    : _nodeState.IsAsleep() ? NodeActivity.Asleep
                    : NodeActivity.Unknown);
        }

        if (_watch.IsLost != _isNodeLost)
        {
            _isNodeLost = _watch.IsLost;
            _core.FeedAll(VrrpInput.Fault(VrrpTrack.Node, _isNodeLost), now);
        }
    }
}
