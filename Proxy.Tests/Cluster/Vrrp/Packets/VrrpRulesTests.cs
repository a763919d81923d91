using Proxy.Cluster.Vrrp.Packets;

namespace Proxy.Tests.Cluster.Vrrp.Packets;

public sealed class VrrpRulesTests
{
    private static VrrpRules Good => new()
    {
        RouterId = 1,
        Interval = 100_000,
        Addresses = [NetAddress.Parse("192.0.2.1")],
    };

    [Fact]
    public void Good_rules_have_no_problem() => Assert.Empty(Good.Problems());

    [Theory]
    [InlineData(0)]
    [InlineData(9_000)]
    [InlineData(105_000)]
    [InlineData(40_960_000)]
    public void Version_3_wants_centiseconds_that_fit_twelve_bits(long interval) =>
        Assert.Contains("10 ms", Assert.Single((Good with { Interval = interval }).Problems()));

    [Theory]
    [InlineData(100_000)]
    [InlineData(256_000_000)]
    public void Version_2_wants_whole_seconds_that_fit_a_byte(long interval) =>
        Assert.Contains(
            "whole seconds",
            Assert.Single((Good with { Version = VrrpVersion.V2, Interval = interval }).Problems()));

    [Fact]
    public void Every_problem_is_said_at_once()
    {
        VrrpRules bad = Good with
        {
            RouterId = 0,
            Password = 1,
            Addresses = [NetAddress.Parse("fd77::1")],
            Peers = [NetAddress.Parse("fd77::2")],
        };

        Assert.Equal(4, bad.Problems().Count);
    }

    [Fact]
    public void Addresses_know_what_they_are()
    {
        Assert.True(NetAddress.Parse("fe80::1").IsLinkLocal);
        Assert.False(NetAddress.Parse("fd77::1").IsLinkLocal);
        Assert.True(NetAddress.Parse("ff02::12").IsMulticast);
        Assert.True(NetAddress.Parse("224.0.0.18").IsMulticast);
        Assert.False(NetAddress.Parse("10.0.0.1").IsMulticast);
        Assert.Equal("fd77::1", NetAddress.Parse("fd77::1").ToString());
        Assert.Equal("10.0.0.1", NetAddress.Parse("10.0.0.1").ToString());
        Assert.True(NetAddress.Parse("10.0.0.2").CompareTo(NetAddress.Parse("10.0.0.1")) > 0);
    }
}
