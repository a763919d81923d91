using System.Text;
using Proxy.Edge.Downstream;
using Proxy.Edge.Relay;
using Proxy.Edge.Rewriting;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Telemetry;
using Proxy.Edge.Topology;
using Proxy.Edge.Upstream;

namespace Proxy.Tests.Simulation;

/// <summary>What a node runs on a loop, composed on a simulated one: the first listener, all routes, all
/// pools.</summary>
internal sealed class SimEdge
{
    public SimEdge(SimLoop loop, EdgeSnapshot snapshot, IObservationSink observations)
    {
        Services = new LoopServices
        {
            Loop = loop,
            Telemetry = new LoopTelemetry(),
            Observations = observations,
            Slots = new NoSlotQueue(),
            RequestIds = new RequestIdSource(7),
            NodeName = Encoding.ASCII.GetBytes("sim"),
        };
        ListenerPlan listener = snapshot.Listeners[0];
        var origins = new OriginServices(loop, Services.Workspace, () => Services.Tls, () => Services.Http2);
        Dictionary<string, LoopPool> pools =
            snapshot.Pools.ToDictionary(plan => plan.Name, plan => new LoopPool(origins, plan));
        var program = new ListenerProgram
        {
            Plan = listener,
            Index = 0,
            Metrics = Services.Telemetry.Adopt(snapshot),
            Forwarding = new ForwardingFields(listener.Forwarding),
            Loop = new ViaLoop(listener.Forwarding.Via, ""),
            Routes = [.. snapshot.Routes.Select(route => new RouteProgram(route, pools[route.Pool!.Name]))],
            AccessLog = null,
            Name = Encoding.UTF8.GetBytes(listener.Name),
        };
        Slot = new ListenerSlot(Services, program, Budget);
        Slot.Open(listener.Bind, join: false);
    }

    public LoopServices Services { get; }

    public ListenerSlot Slot { get; }

    public ConnectionBudget Budget { get; } = new();
}
