using Proxy.Actors.Config;
using Proxy.Edge.Topology;

namespace Proxy.Tests.Actors.Config;

public sealed class MemberStateTests
{
    [Theory]
    [InlineData("ready", MemberFlags.None)]
    [InlineData("drain", MemberFlags.Drain)]
    [InlineData("maint", MemberFlags.Stopped)]
    [InlineData("+D", MemberFlags.Disabled)]
    [InlineData("D", MemberFlags.Disabled)]
    [InlineData("+DI", MemberFlags.Disabled | MemberFlags.IgnoreErrors)]
    [InlineData("N-N", MemberFlags.None)]
    [InlineData("+S-D", MemberFlags.Stopped)]
    public void Words_and_letters_of_Apache_set_flags(string state, MemberFlags flags)
    {
        Assert.Equal(flags, Member($"state = \"{state}\"").State);
    }

    [Theory]
    [InlineData("state = \"+R\"", MemberRole.Spare)]
    [InlineData("state = \"+H\"", MemberRole.Standby)]
    [InlineData("state = \"+R+H\"", MemberRole.Spare)]
    [InlineData("role = spare", MemberRole.Spare)]
    [InlineData("role = standby, state = drain", MemberRole.Standby)]
    public void The_letters_R_and_H_are_roles(string keys, MemberRole role)
    {
        Assert.Equal(role, Member(keys).EffectiveRole);
    }

    [Theory]
    [InlineData("X")]
    [InlineData("")]
    [InlineData("redy")]
    public void Other_states_are_errors(string state)
    {
        Assert.Single(ConfigText.Errors(Text($"state = \"{state}\"")));
    }

    [Fact]
    public void The_route_defaults_to_the_name()
    {
        Assert.Equal("a", Member("weight = 1").EffectiveRoute);
        Assert.Equal("r", Member("route = r").EffectiveRoute);
    }

    private static MemberConfig Member(string keys) => ConfigText.Good(Text(keys)).Pools[0].Members[0];

    private static string Text(string keys) =>
        ConfigText.Around($"pools {{ app {{ members = [ {{ name = a, url = \"http://127.0.0.1:1\", {keys} }} ] }} }}");
}
