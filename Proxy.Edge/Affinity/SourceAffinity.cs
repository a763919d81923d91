using Proxy.Edge.Http;
using Proxy.Edge.Replication;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Affinity;

/// <summary>Remembers which member a client's address was sent to (HAProxy's <c>stick on src</c>).</summary>
public sealed class SourceAffinity(LearnedBonds bonds, AddressPrefix prefix) : IAffinity
{
    public bool Issues => false;

    public AffinityBond Find(in AffinityRequest request) =>
        new(request.Client.IsUnknown ? null : bonds.Find(KeyOf(request.Client), request.Now), null);

    public int WriteToken(MemberState member, bool secure, Span<byte> destination) => 0;

    public void Chosen(in AffinityRequest request, MemberState member)
    {
        if (!request.Client.IsUnknown)
        {
            bonds.Learn(KeyOf(request.Client), member, confirmed: true, request.Now);
        }
    }

    public void Answered(ResponseHead head, MemberState member, long now)
    {
    }

    private EntryKey KeyOf(ClientAddress client) => bonds.KeyOf(prefix.Of(client));
}
