using Proxy.Edge.Topology;

namespace Proxy.Cluster.Host;

/// <summary>Breaks the circle of construction: the loops need a sink before the actors that own it exist.</summary>
internal sealed class ObservationPort : IObservationSink
{
    private IObservationSink? _sink;

    public void Connect(IObservationSink sink) => Volatile.Write(ref _sink, sink);

    public void Observe(in Observation observation) => Volatile.Read(ref _sink)?.Observe(in observation);
}
