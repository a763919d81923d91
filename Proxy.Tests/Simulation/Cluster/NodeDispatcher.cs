using Proxy.Actors.Runtime;

namespace Proxy.Tests.Simulation.Cluster;

/// <summary>The turns of one node among those of all, by its own clock.</summary>
internal sealed class NodeDispatcher(SimDispatcher all, NodeClock clock) : IDispatcher
{
    public TimeProvider Time => clock;

    public IRandom Random => all.Random;

    public int MessagesPerTurn => all.MessagesPerTurn;

    public void Schedule(IRunnable runnable) => all.Schedule(runnable);

    public IDispatcher Dedicated(string name) => this;
}
