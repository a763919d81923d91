using Proxy.Edge.Http;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Topology;
using Proxy.Edge.Upstream;

namespace Proxy.Edge.Relay;

/// <summary>The attempts of one exchange at the members it chose: the stream to the present one, what is counted of
/// it and told its member's actor, and whether a failed one is followed by another. Part of a recycled exchange; loop
/// thread only.</summary>
internal sealed class Attempts(LoopServices services, MemberChoice choice)
{
    private int _addressesTried;
    private long _started;

    /// <summary>The next connection must be a new one: other kept ones of this member are as old as the one that was
    /// stale.</summary>
    private bool _fresh;

    /// <summary>The stream of the present attempt; null when there is none, or its end is somebody else's business
    /// already.</summary>
    public OriginStream? Origin { get; private set; }

    /// <summary>Attempts made so far.</summary>
    public int Made { get; private set; }

    /// <summary>Why the last attempt failed that is repeated; None before.</summary>
    public ProxyFault LastFault { get; private set; }

    /// <summary>Step 9: takes a stream to the chosen member. Null when there is none to be had; then the member's slot
    /// is given back.</summary>
    /// <param name="repeatable">The request may be sent again when a kept connection turns out to be stale.</param>
    public OriginStream? Begin(bool repeatable, bool upgrade)
    {
        LoopMember member = choice.Member!;
        if (member.Lease(repeatable, _fresh, upgrade) is not { } origin)
        {
            choice.Release();
            return null;
        }

        Made++;
        _started = services.Loop.Now;
        member.Counters.InFlight++;
        member.Counters.Requests++;
        Origin = origin;
        return origin;
    }

    /// <summary>The head of a response came.</summary>
    public void OnResponse(int status) => AttemptReport.Response(
        services.Observations, choice.Member!, choice.Pool!.Plan, status, services.Loop.Now - _started);

    /// <summary>The member is to blame for the end of the attempt.</summary>
    public void OnFailure(ProxyFault fault) =>
        AttemptReport.Failure(services.Observations, choice.Member!, fault, services.Loop.Now - _started);

    /// <summary>The origin connection is somebody else's business now: gives the member's slot back.</summary>
    public OriginStream? Detach()
    {
        OriginStream? origin = Origin;
        if (origin is not null)
        {
            Origin = null;
            choice.Member!.Counters.InFlight--;
            choice.Release();
        }

        return origin;
    }

    public void Close() => Detach()?.Close();

    /// <summary>Judges a failed attempt, and tells the member's actor when the member is to blame.</summary>
    /// <param name="origin">The stream that was detached.</param>
    /// <param name="isWhole">The request is kept from its beginning.</param>
    /// <param name="sameMember">The member is not to blame (stale connection, nothing done), or has another address;
    /// otherwise it is somebody else's turn.</param>
    public bool MayRepeat(OriginStream origin, Method method, bool isWhole, ProxyFault fault, out bool sameMember)
    {
        LoopMember member = choice.Member!;
        RetryPlan plan = choice.Pool!.Plan.Retry;
        bool reached = origin.IsConnected;
        // A kept connection that broke before answering was most likely closed as idle: no verdict about the member.
        bool stale = origin.IsReused && fault is ProxyFault.OriginClosedEarly or ProxyFault.OriginReset;
        bool elsewhere = !reached && ++_addressesTried < member.State.Grant.Addresses.Count;
        sameMember = stale || elsewhere || origin.IsUnprocessed;
        if (!sameMember)
        {
            OnFailure(fault);
            _addressesTried = 0;
        }

        bool again = origin.IsUnprocessed
            ? Retry.AllowsUnprocessed(plan, isWhole, Made)
            : Retry.Allows(plan, method, isWhole, Made, reached, sameMember, fault);
        if (again)
        {
            LastFault = fault;
            _fresh = stale && !origin.IsUnprocessed;
        }

        return again;
    }

    /// <summary>Another attempt follows. False when nobody is left to try.</summary>
    public bool TryRepeat(bool sameMember)
    {
        LoopMember failed = choice.Member!;
        if (!sameMember && !choice.Exclude())
        {
            return false;
        }

        failed.Counters.Retries++;
        services.Telemetry.Counters.Retries++;
        return true;
    }

    public void Reset()
    {
        Made = _addressesTried = 0;
        LastFault = ProxyFault.None;
        _fresh = false;
    }
}
