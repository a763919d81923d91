using Proxy.Edge.Snapshot;
using Proxy.Edge.Topology;
using Proxy.Edge.Upstream;

namespace Proxy.Edge.Relay;

/// <summary>Counts how attempts at a member end, and tells its actor what is worth knowing: every failure, and the
/// first success after one. A healthy request costs a few additions.</summary>
internal static class AttemptReport
{
    /// <param name="elapsed">From the start of the attempt to the response head, microseconds.</param>
    public static void Response(IObservationSink sink, LoopMember member, PoolPlan pool, int status, long elapsed)
    {
        MemberCounters counters = member.Counters;
        counters.ResponseMicroseconds += elapsed;
        switch (status / 100)
        {
            case 2: counters.Status2xx++; break;
            case 3: counters.Status3xx++; break;
            case 4: counters.Status4xx++; break;
            case 5: counters.Status5xx++; break;
            default: counters.Status1xx++; break;
        }

        bool failure = pool.FailureStatuses is { } set && set.Contains(status);
        if (failure || member.OwesSuccess)
        {
            member.OwesSuccess = failure;
            sink.Observe(new Observation(member.State, Outcome.Success, status, elapsed));
        }
    }

    public static void Failure(IObservationSink sink, LoopMember member, ProxyFault fault, long elapsed)
    {
        Outcome outcome = fault switch
        {
            ProxyFault.ConnectTimeout => Outcome.ConnectTimeout,
            ProxyFault.ConnectRefused or ProxyFault.ConnectFailed => Outcome.ConnectFailed,
            ProxyFault.OriginHeadTimeout or ProxyFault.OriginBodyTimeout or ProxyFault.OriginTooSlow =>
                Outcome.ResponseTimeout,
            ProxyFault.BadResponse or ProxyFault.ResponseHeadTooLarge or ProxyFault.UnaskedUpgrade =>
                Outcome.BadResponse,
            _ => Outcome.Broken,
        };
        if (outcome is Outcome.ConnectFailed or Outcome.ConnectTimeout)
        {
            member.Counters.ConnectFailures++;
        }
        else
        {
            member.Counters.ResponseFailures++;
        }

        member.OwesSuccess = true;
        sink.Observe(new Observation(member.State, outcome, 0, elapsed));
    }
}
