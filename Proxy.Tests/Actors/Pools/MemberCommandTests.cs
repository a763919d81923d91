using Proxy.Actors.Config;
using Proxy.Actors.Pools;

namespace Proxy.Tests.Actors.Pools;

public sealed class MemberCommandTests
{
    [Theory]
    [InlineData("drain", MemberFlags.None, "Drain", null)]
    [InlineData("maint", MemberFlags.Drain, "Stopped", null)]
    [InlineData("ready", MemberFlags.Drain | MemberFlags.Spare, "Spare", null)]
    [InlineData("ready", MemberFlags.Spare, null, null)]
    [InlineData("D", MemberFlags.None, "Disabled", null)]
    [InlineData("+D-I", MemberFlags.IgnoreErrors, "Disabled", null)]
    [InlineData("S-E", MemberFlags.None, "Stopped", null)]
    [InlineData("RH", MemberFlags.None, "Spare, Standby", null)]
    [InlineData("D-D", MemberFlags.Disabled, "None", null)]
    [InlineData("weight 50", MemberFlags.None, null, 50)]
    [InlineData("weight 0", MemberFlags.None, null, 0)]
    [InlineData("weight default", MemberFlags.None, null, null)]
    public void Orders_become_overrides(string text, MemberFlags configured, string? flags, int? weight)
    {
        Assert.True(MemberCommand.TryParse(text, out MemberCommand command));

        MemberOverride result = command.ApplyTo(MemberOverride.None, configured);

        Assert.Equal(flags, result.Flags?.ToString());
        Assert.Equal(weight, result.Weight);
    }

    [Theory]
    [InlineData("")]
    [InlineData("DRAIN")]
    [InlineData("X")]
    [InlineData("E")]
    [InlineData("+")]
    [InlineData("weight")]
    [InlineData("weight -1")]
    [InlineData("weight 1000001")]
    [InlineData("weight 1.5")]
    [InlineData("ready now")]
    public void Anything_else_is_refused(string text) => Assert.False(MemberCommand.TryParse(text, out _));

    [Fact]
    public void Orders_add_up_and_reset_takes_all_back()
    {
        MemberOverride current = MemberOverride.None;
        foreach (string order in (string[])["weight 5", "drain", "+I"])
        {
            Assert.True(MemberCommand.TryParse(order, out MemberCommand command));
            current = command.ApplyTo(current, MemberFlags.None);
        }

        Assert.Equal(new MemberOverride(MemberFlags.Drain | MemberFlags.IgnoreErrors, 5), current);
        Assert.True(MemberCommand.TryParse("reset", out MemberCommand reset));
        Assert.Equal(MemberOverride.None, reset.ApplyTo(current, MemberFlags.None));
    }
}
