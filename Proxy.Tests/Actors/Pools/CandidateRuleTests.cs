using System.Globalization;
using System.Net;
using Proxy.Actors.Pools;
using Proxy.Edge.Topology;

namespace Proxy.Tests.Actors.Pools;

public sealed class CandidateRuleTests
{
    // A member is NAME[:SET] followed by letters: R spare, H standby, D closed, N draining.
    [Theory]
    [InlineData("1+D 2 3+R 4+R", "2 3")] // one spare for one closed primary, the first in order
    [InlineData("1 2 3+R", "1 2")]
    [InlineData("1+N 2 3+R", "2 3")] // a draining primary counts as unusable
    [InlineData("1+D 2+H 3:1", "2")] // a standby of a lower set beats a primary of a higher one
    [InlineData("1+D 2+H 3:1+R", "2")] // spares never help another set
    [InlineData("1:1 2:1 3:0", "3")]
    [InlineData("1+D 2 3+RD 4+R", "2 4")] // an unusable spare is passed over
    [InlineData("1+D 2+D 3+R 4+R 5+R", "3 4")]
    [InlineData("1+D 2+D 3+R", "3")]
    [InlineData("1+D 2+R 3+H", "2")] // a standby waits while a spare serves
    [InlineData("1+D 2+RD 3+H 4+H", "3 4")]
    [InlineData("1+D 2+RN 3+H", "3")] // a draining spare neither helps nor counts
    [InlineData("1+D 2+HN 3:5", "3")]
    [InlineData("1+R 2+H 3:2", "2")] // a set of spares alone has nobody to replace
    [InlineData("1+R 3:2", "3")]
    [InlineData("1+D 2:1+D 3:2 4:2+R", "3")]
    [InlineData("1+D 2+D", "")]
    [InlineData("1+N", "")]
    [InlineData("2:3 1:-1+D 3:3", "2 3")]
    public void Candidates_are_chosen_as_apache_does(string members, string expected)
    {
        Assert.Equal(expected, Apply(members, out _));
    }

    [Theory]
    [InlineData("1 2", "")]
    [InlineData("1+D 2 3+R", "spare 3 serves because of 1: closed by test")]
    [InlineData("1+D 2+H", "standby 2 serves because set 0 has no usable primary or spare")]
    [InlineData("1+D 2:1+D 3:2", "set 2 serves because nobody of set 0, 1 can")]
    [InlineData("1+D", "no member can serve")]
    public void Operators_are_told_why_somebody_else_serves(string members, string expected)
    {
        Apply(members, out List<string> reasons);

        Assert.Equal(expected, string.Join("; ", reasons));
    }

    private static string Apply(string text, out List<string> reasons)
    {
        reasons = [];
        return string.Join(' ', CandidateRule.Apply([.. text.Split(' ').Select(Parse)], reasons)
            .Select(static member => member.Member.Id.Name));
    }

    internal static RankedMember Parse(string text)
    {
        string[] parts = text.Split('+');
        string[] name = parts[0].Split(':');
        string letters = parts.Length > 1 ? parts[1] : "";
        GrantState state = letters.Contains('D') ? GrantState.Closed
            : letters.Contains('N') ? GrantState.StickyOnly
            : GrantState.Open;
        MemberRole role = letters.Contains('R') ? MemberRole.Spare
            : letters.Contains('H') ? MemberRole.Standby
            : MemberRole.Primary;
        int set = name.Length > 1 ? int.Parse(name[1], CultureInfo.InvariantCulture) : 0;
        var grant = new Grant(1, state, 10, [SocketTarget.Inet(IPAddress.Loopback, 1)], "closed by test");
        return new RankedMember(new MemberState(new MemberId("app", name[0]), "", 1), set, role, grant);
    }
}
