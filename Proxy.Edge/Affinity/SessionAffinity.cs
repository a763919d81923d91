using System.Text;
using Proxy.Edge.Http;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Affinity;

/// <summary>Learns sessions of applications: when a member's response names one (Set-Cookie: JSESSIONID=…), requests
/// that carry it go to that member. A session nobody has heard of, or whose member is gone, belongs to the member its
/// next request goes to.</summary>
public sealed class SessionAffinity(SessionNames names, LearnedBonds bonds) : IAffinity
{
    private readonly byte[] _cookie = Encoding.ASCII.GetBytes(names.Cookie);
    private readonly byte[] _header = Encoding.ASCII.GetBytes(names.Header);
    private readonly byte[] _parameter = Encoding.ASCII.GetBytes(names.Parameter);

    public bool Issues => false;

    public AffinityBond Find(in AffinityRequest request)
    {
        // Several cookies of the name may come, a stale one of another path among them; whichever is known decides.
        var ids = new SessionIds(request.Head, _cookie, _header, _parameter);
        while (ids.TryNext(out ReadOnlySpan<byte> id))
        {
            if (bonds.Find(bonds.KeyOf(id), request.Now) is { } member)
            {
                return new AffinityBond(member, null);
            }
        }

        return default;
    }

    public int WriteToken(MemberState member, bool secure, Span<byte> destination) => 0;

    public void Chosen(in AffinityRequest request, MemberState member)
    {
        var ids = new SessionIds(request.Head, _cookie, _header, _parameter);
        while (ids.TryNext(out ReadOnlySpan<byte> id))
        {
            bonds.Learn(bonds.KeyOf(id), member, confirmed: false, request.Now);
        }
    }

    public void Answered(ResponseHead head, MemberState member, long now)
    {
        if (_header.Length > 0 && head.IndexOf(_header) is >= 0 and int at && head.Value(at).Length > 0)
        {
            bonds.Learn(bonds.KeyOf(head.Value(at)), member, confirmed: true, now);
        }

        for (int i = 0; _cookie.Length > 0 && head.Has(HeaderId.SetCookie) && i < head.FieldCount; i++)
        {
            if (head.Fields[i].Id == HeaderId.SetCookie)
            {
                ReadOnlySpan<byte> rest = head.Value(i);
                int end = rest.IndexOf((byte)';');
                rest = end < 0 ? rest : rest[..end];
                if (CookieText.TryNext(ref rest, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
                    && name.SequenceEqual(_cookie) && value.Length > 0)
                {
                    bonds.Learn(bonds.KeyOf(value), member, confirmed: true, now);
                }
            }
        }
    }
}
