using Proxy.Actors.Publishing;
using Proxy.Actors.Supervision;
using Proxy.Edge.Topology;

namespace Proxy.Cluster.Host;

/// <summary>The loops' way to the actors. Breaks the circle of construction: the loops exist before the actors that
/// publish to them. Nothing runs on the loops until it is connected.</summary>
internal sealed class ActorPort : IObservationSink, ISlotQueue
{
    private IObservationSink? _observations;
    private SlotQueuePort? _slots;

    public void Connect(ActorTree tree)
    {
        _observations = tree.Observations;
        _slots = new SlotQueuePort(tree.Pools);
    }

    public void Observe(in Observation observation) => _observations?.Observe(in observation);

    public bool TryEnter(string pool, MemberState? only, TimeSpan wait, ISlotAnswer answer) =>
        _slots?.TryEnter(pool, only, wait, answer) ?? false;

    public void Released(string pool, MemberState member) => _slots?.Released(pool, member);
}
