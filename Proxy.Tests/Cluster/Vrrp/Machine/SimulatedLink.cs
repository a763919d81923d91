using System.Globalization;
using System.Text;
using Proxy.Cluster.Vrrp.Machine;
using Proxy.Cluster.Vrrp.Packets;

namespace Proxy.Tests.Cluster.Vrrp.Machine;

/// <summary>A link with some routers and one client in virtual time (microseconds). It loses packets, falls into parts,
/// and routers stop for a while as a frozen process does: packets wait for them, their timers run out meanwhile, and
/// their kernel keeps the address.</summary>
internal sealed class SimulatedLink
{
    private readonly Random _random;
    private readonly PriorityQueue<Action, (long At, long Order)> _events = new();
    private readonly StringBuilder _log = new();
    private long _order;

    public SimulatedLink(Random random, IEnumerable<VrrpMachine> machines)
    {
        _random = random;
        Routers = [.. machines.Select(static machine => new Router(machine))];
        foreach (Router router in Routers)
        {
            Feed(router, VrrpInput.Start);
        }
    }

    public IReadOnlyList<Router> Routers { get; }

    public long Now { get; private set; }

    /// <summary>0 to 1.</summary>
    public double Loss { get; set; }

    /// <summary>In which part of the link the client is.</summary>
    public int ClientSide { get; set; }

    /// <summary>The client's neighbour entry: where it was last told that the address is.</summary>
    public Router? Neighbour { get; private set; }

    public int Takeovers { get; private set; }

    public IEnumerable<Router> MastersOf(int side) =>
        Routers.Where(router => router.Side == side && router.Machine.State == VrrpState.Master);

    public void Feed(Router router, VrrpInput input)
    {
        if (router.IsPaused)
        {
            router.Waiting.Enqueue(input);
            return;
        }

        VrrpState before = router.Machine.State;
        VrrpEffects effects = router.Machine.Handle(input, Now);
        Assert.Equal(router.Machine.State == VrrpState.Master, router.Machine.HoldsAddresses);
        if (before != router.Machine.State)
        {
            _log.Append(
                CultureInfo.InvariantCulture,
                $"{Now,10} {router.Machine.Primary} ({router.Machine.Priority}) {router.Machine.State} by {input.Kind}\n");
        }

        if (before != VrrpState.Master && router.Machine.State == VrrpState.Master)
        {
            Takeovers++;
        }

        Perform(router, effects);
    }

    public void Resume(Router router)
    {
        router.IsPaused = false;
        while (router.Waiting.TryDequeue(out VrrpInput input))
        {
            Feed(router, input);
        }
    }

    public void RunFor(long duration)
    {
        long end = Now + duration;
        while (true)
        {
            long timer = Routers.Where(static router => !router.IsPaused).Select(static r => r.Machine.NextTimer)
                .DefaultIfEmpty(long.MaxValue).Min();
            long packet = _events.TryPeek(out _, out (long At, long Order) first) ? first.At : long.MaxValue;
            long next = Math.Min(timer, packet);
            if (next > end)
            {
                Now = end;
                return;
            }

            Now = Math.Max(Now, next);
            if (packet <= timer)
            {
                _events.Dequeue()();
                continue;
            }

            foreach (Router router in Routers.Where(router => !router.IsPaused && router.Machine.NextTimer <= Now))
            {
                Feed(router, VrrpInput.Tick);
            }
        }
    }

    /// <summary>Every change of state so far.</summary>
    public override string ToString() => _log.ToString();

    private void Perform(Router router, VrrpEffects effects)
    {
        if ((effects & VrrpEffects.SendAdvert) != 0)
        {
            Send(router, router.Machine.Priority);
        }

        if ((effects & VrrpEffects.SendProbe) != 0)
        {
            Send(router, 1);
        }

        if ((effects & VrrpEffects.SendResign) != 0)
        {
            Send(router, 0);
        }

        if ((effects & VrrpEffects.Announce) != 0)
        {
            Later(() =>
            {
                if (router.Side == ClientSide)
                {
                    Neighbour = router;
                }
            });
        }
    }

    private void Send(Router sender, byte priority)
    {
        var packet = new VrrpAdvert(sender.Machine.Primary, priority, sender.Machine.Rules.Interval, false);
        foreach (Router receiver in Routers.Where(receiver => receiver != sender))
        {
            Later(() =>
            {
                if (receiver.Side == sender.Side)
                {
                    Feed(receiver, VrrpInput.Advert(packet));
                }
            });
        }
    }

    private void Later(Action arrival)
    {
        if (_random.NextDouble() >= Loss)
        {
            _events.Enqueue(arrival, (Now + _random.Next(30, 500), _order++));
        }
    }

    public sealed class Router(VrrpMachine machine)
    {
        public VrrpMachine Machine => machine;

        public int Side { get; set; }

        public bool IsPaused { get; set; }

        public Queue<VrrpInput> Waiting { get; } = new();
    }
}
