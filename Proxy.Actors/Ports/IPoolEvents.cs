using Proxy.Edge.Topology;

namespace Proxy.Actors.Ports;

/// <summary>What members and pools tell their host, which turns it into logs and counters. Called in actors' turns, on
/// any thread: be quick, do not throw.</summary>
public interface IPoolEvents
{
    /// <summary>Every new grant, also steps of a ramp, where only the weight differs.</summary>
    void GrantChanged(MemberId member, Grant before, Grant after)
    {
    }

    void CandidatesChanged(string pool, CandidateList candidates, IReadOnlyList<string> reasons)
    {
    }

    void Checked(MemberId member, in ProbeResult result)
    {
    }

    /// <summary>The check or the lookup itself broke; the member's state stays.</summary>
    void Inconclusive(MemberId member, Exception error)
    {
    }
}
