using Proxy.Edge.Http;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Affinity;

/// <summary>Finds which member a client belongs to and, where the method issues something, what to hand out. Immutable
/// and shared by all loops; must not allocate in <see cref="Find"/>.</summary>
public interface IAffinity
{
    /// <summary>The member the request names, or null. The caller checks whether that member's grant allows
    /// it.</summary>
    MemberState? Find(RequestHead head);

    /// <summary>True when a response should carry a new token because the request named no member or another
    /// one.</summary>
    bool Issues { get; }

    /// <summary>Writes the header line (CRLF included) that binds the client to <paramref name="member"/>; returns its
    /// length.</summary>
    int WriteToken(MemberState member, bool secure, Span<byte> destination);
}
