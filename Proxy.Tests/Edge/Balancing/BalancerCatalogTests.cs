using Proxy.Edge.Balancing;

namespace Proxy.Tests.Edge.Balancing;

public sealed class BalancerCatalogTests
{
    [Fact]
    public void Every_listed_name_is_found_and_makes_an_instance_of_its_own()
    {
        Assert.All(BalancerCatalog.Names, static name =>
        {
            Assert.True(BalancerCatalog.TryFind(name, out IBalancerFactory? factory));
            Assert.Equal(name, factory.Name);
            Assert.NotSame(factory.Create(), factory.Create());
        });
        Assert.Equal("round-robin", BalancerCatalog.Default.Name);
    }

    [Theory]
    [InlineData("roundrobin")]
    [InlineData("Round-Robin")]
    [InlineData("")]
    public void Anything_else_is_unknown(string name) => Assert.False(BalancerCatalog.TryFind(name, out _));
}
