using System.Net;
using Proxy.Edge.Topology;

namespace Proxy.Tests.Edge.Balancing;

/// <summary>Builds members and candidate lists from short texts such as "a=5 b=1".</summary>
internal static class Candidates
{
    public static MemberState Member(string name, int loops = 1) =>
        new(new MemberId("app", name), $"http://{name}", loops)
        {
            Grant = new Grant(1, GrantState.Open, 1, [SocketTarget.Inet(IPAddress.Loopback, 80)], "up"),
        };

    public static CandidateList List(string text, IReadOnlyList<MemberState>? existing = null)
    {
        string[][] parts = [.. text.Split(' ').Select(static part => part.Split('='))];
        return new CandidateList(
            1,
            [.. parts.Select(part => existing?.FirstOrDefault(member => member.Id.Name == part[0]) ?? Member(part[0]))],
            [.. parts.Select(static part => int.Parse(part[1], System.Globalization.CultureInfo.InvariantCulture))]);
    }
}
