using Proxy.Edge.Tls;
using Proxy.Tests.Simulation;

namespace Proxy.Tests.Edge.Tls;

/// <summary>How many sessions are kept. OpenSSL frees a session of 0 without a word.</summary>
public sealed class TlsOriginTests : IDisposable
{
    private readonly TlsLoop _loop = new(new SimLoop(1));
    private readonly TlsClientContext _context = new(new TlsClientPolicy { Verify = false });

    public void Dispose() => _loop.Dispose();

    [Fact]
    public void Of_one_origin_only_the_newest_few_are_kept()
    {
        var origin = new TlsOrigin(_loop, _context, "app.test");

        for (int i = 0; i < 100; i++)
        {
            Assert.True(origin.Keep(0, i));
        }

        Assert.Equal(TlsOrigin.Most, origin.Count);
        Assert.Equal(TlsOrigin.Most, _loop.OriginSessions);
    }

    [Fact]
    public void All_origins_of_a_loop_together_have_a_limit_too()
    {
        TlsOrigin[] origins =
            [.. Enumerable.Range(0, 2000).Select(i => new TlsOrigin(_loop, _context, $"app-{i}.test"))];

        int kept = origins.Count(static origin => origin.Keep(0, 0));

        Assert.Equal(TlsLoop.MostOriginSessions, kept);
        origins[0].Close();
        Assert.True(origins[^1].Keep(0, 0));
    }

    [Fact]
    public void An_identity_that_is_not_used_any_more_keeps_nothing()
    {
        var origin = new TlsOrigin(_loop, _context, "app.test");
        Assert.True(origin.Keep(0, 0));

        origin.Close();

        Assert.False(origin.Keep(0, 1));
        Assert.Equal(0, _loop.OriginSessions);
    }

    [Fact]
    public void Sessions_whose_certificate_was_looked_at_long_ago_are_dropped()
    {
        var origin = new TlsOrigin(_loop, _context, "app.test");
        Assert.True(origin.Keep(0, 0));

        origin.Offer(0, TlsOrigin.Lifetime);

        Assert.Equal(0, origin.Count);
    }
}
