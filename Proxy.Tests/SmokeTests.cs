namespace Proxy.Tests;

public sealed class SmokeTests
{
    [Fact]
    public void Edge_assembly_loads() => Assert.NotNull(typeof(Proxy.Edge.Topology.ProxyFault));
}
