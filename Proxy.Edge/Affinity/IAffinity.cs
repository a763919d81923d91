using Proxy.Edge.Http;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Affinity;

/// <summary>Finds which member a client belongs to, remembers it or hands out what tells. Shared by all loops; must
/// neither allocate nor wait in <see cref="Find"/>.</summary>
public interface IAffinity
{
    /// <summary>The caller checks whether the member's grant allows the request.</summary>
    AffinityBond Find(in AffinityRequest request);

    /// <summary>True when a response should carry a new token because the request showed none or that of another
    /// member.</summary>
    bool Issues { get; }

    /// <summary>Writes the header line (CRLF included) that binds the client to <paramref name="member"/>; returns its
    /// length.</summary>
    int WriteToken(MemberState member, bool secure, Span<byte> destination);

    /// <summary>The request goes to a member other than the one it belonged to.</summary>
    void Chosen(in AffinityRequest request, MemberState member);

    /// <summary>The member answers; its response may name a session.</summary>
    /// <param name="now">Milliseconds since 1970.</param>
    void Answered(ResponseHead head, MemberState member, long now);
}

/// <summary>What of a request affinity looks at.</summary>
/// <param name="head">As the client sent it.</param>
/// <param name="client">Behind trusted hops.</param>
/// <param name="now">Milliseconds since 1970: nodes share what they remember, so their loops' own clocks will not
/// do.</param>
public readonly ref struct AffinityRequest(RequestHead head, ClientAddress client, long now)
{
    public RequestHead Head { get; } = head;

    public ClientAddress Client { get; } = client;

    public long Now { get; } = now;
}

/// <summary>Where a client belongs.</summary>
/// <param name="Member">Null = nowhere yet.</param>
/// <param name="Token">The member that the token names which the client has; null = it has none.</param>
public readonly record struct AffinityBond(MemberState? Member, MemberState? Token);
