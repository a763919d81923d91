using System.Net;
using Proxy.Actors.Ports;
using Proxy.Cluster.Probing;

namespace Proxy.Tests.Cluster.Probing;

public sealed class DnsResolverTests
{
    private readonly DnsResolver _resolver = new(TimeProvider.System);

    [Fact]
    public async Task Localhost_is_found()
    {
        NameAnswer answer = await _resolver.ResolveAsync("localhost", TestContext.Current.CancellationToken);

        Assert.Null(answer.Problem);
        Assert.All(answer.Addresses, static address => Assert.True(IPAddress.IsLoopback(address)));
        Assert.NotEmpty(answer.Addresses);
    }

    // Names no server needs to be asked for: one label is too long, one name is.
    [Theory]
    [InlineData(64)]
    [InlineData(300)]
    public async Task Failure_is_a_value(int length)
    {
        NameAnswer answer = await _resolver.ResolveAsync(new string('a', length), TestContext.Current.CancellationToken);

        Assert.Empty(answer.Addresses);
        Assert.NotNull(answer.Problem);
    }
}
