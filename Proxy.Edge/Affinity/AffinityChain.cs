using Proxy.Edge.Http;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Affinity;

/// <summary>Several kinds of affinity of one pool: the first that names a member which serves decides, and all of them
/// remember where the client went.</summary>
public sealed class AffinityChain(IReadOnlyList<IAffinity> links) : IAffinity
{
    private readonly IAffinity[] _links = [.. links];

    public bool Issues { get; } = links.Any(static link => link.Issues);

    public AffinityBond Find(in AffinityRequest request)
    {
        MemberState? closed = null;
        MemberState? open = null;
        MemberState? token = null;
        foreach (IAffinity link in _links)
        {
            AffinityBond bond = link.Find(request);
            token ??= bond.Token;
            if (bond.Member is { } member)
            {
                open ??= member.Grant.State == GrantState.Closed ? null : member;
                closed ??= member;
            }
        }

        return new AffinityBond(open ?? closed, token);
    }

    public int WriteToken(MemberState member, bool secure, Span<byte> destination)
    {
        int length = 0;
        foreach (IAffinity link in _links)
        {
            length += link.Issues ? link.WriteToken(member, secure, destination[length..]) : 0;
        }

        return length;
    }

    public void Chosen(in AffinityRequest request, MemberState member)
    {
        foreach (IAffinity link in _links)
        {
            link.Chosen(request, member);
        }
    }

    public void Answered(ResponseHead head, MemberState member, long now)
    {
        foreach (IAffinity link in _links)
        {
            link.Answered(head, member, now);
        }
    }
}
