using Proxy.Edge.Http;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Topology;
using Proxy.Edge.Upstream;

namespace Proxy.Edge.Relay;

/// <summary>The attempts of one exchange, and whether a failed one is followed by another. Part of a recycled
/// exchange.</summary>
internal sealed class AttemptCount
{
    private int _addressesTried;

    /// <summary>Attempts made so far.</summary>
    public int Made { get; private set; }

    /// <summary>Start of the present attempt, microseconds on the loop's clock.</summary>
    public long Started { get; private set; }

    /// <summary>Why the last attempt failed that is repeated; None before.</summary>
    public ProxyFault LastFault { get; private set; }

    /// <summary>The next connection must be a new one: other kept ones of this member are as old as the one that was
    /// stale.</summary>
    public bool Fresh { get; private set; }

    public void Begin(long now)
    {
        Made++;
        Started = now;
    }

    /// <summary>Judges a failed attempt, and tells the member's actor when the member is to blame.</summary>
    /// <param name="sameMember">The member is not to blame (stale connection, nothing done), or has another address;
    /// otherwise it is somebody else's turn.</param>
    public bool MayRepeat(
        OriginStream origin, LoopMember member, RetryPlan plan, Method method, bool isWhole, ProxyFault fault,
        IObservationSink observations, long now, out bool sameMember)
    {
        bool reached = origin.IsConnected;
        // A kept connection that broke before answering was most likely closed as idle: no verdict about the member.
        bool stale = origin.IsReused && fault is ProxyFault.OriginClosedEarly or ProxyFault.OriginReset;
        bool elsewhere = !reached && ++_addressesTried < member.State.Grant.Addresses.Count;
        sameMember = stale || elsewhere || origin.IsUnprocessed;
        if (!sameMember)
        {
            AttemptReport.Failure(observations, member, fault, now - Started);
            _addressesTried = 0;
        }

        bool again = origin.IsUnprocessed
            ? Retry.AllowsUnprocessed(plan, isWhole, Made)
            : Retry.Allows(plan, method, isWhole, Made, reached, sameMember, fault);
        if (again)
        {
            LastFault = fault;
            Fresh = stale && !origin.IsUnprocessed;
        }

        return again;
    }

    public void Reset()
    {
        Made = _addressesTried = 0;
        LastFault = ProxyFault.None;
        Fresh = false;
    }
}
