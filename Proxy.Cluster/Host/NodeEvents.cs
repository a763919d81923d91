using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Proxy.Actors.Ports;
using Proxy.Actors.Runtime;
using Proxy.Cluster.Management;
using Proxy.Edge.Node;
using Proxy.Edge.Topology;

namespace Proxy.Cluster.Host;

/// <summary>Turns what loops, pools and actors tell into log lines, and remembers what management shows of checks.
/// Called on any thread.</summary>
internal sealed class NodeEvents(ILogger logger, TimeProvider time) : IPoolEvents, IActorEvents, IEdgeEvents
{
    private readonly ConcurrentDictionary<MemberId, MemberHealth> _health = new();

    public MemberHealth? Health(MemberId member) => _health.GetValueOrDefault(member);

    public void GrantChanged(MemberId member, Grant before, Grant after)
    {
        // Steps of a slow start change only the weight and would fill the log.
        if (before.State != after.State || (before.Reason != after.Reason && before.Weight == after.Weight))
        {
            NodeLog.GrantChanged(logger, member.ToString(), after.State.ToString(), after.Weight, after.Reason);
        }
    }

    public void CandidatesChanged(string pool, CandidateList candidates, IReadOnlyList<string> reasons)
    {
        string why = reasons.Count == 0 ? "as configured" : string.Join("; ", reasons);
        if (candidates.Count == 0)
        {
            NodeLog.NoCandidates(logger, pool, why);
            return;
        }

        string names = string.Join(", ", candidates.Members.Select(static m => m.Id.Name));
        NodeLog.CandidatesChanged(logger, pool, names, why);
    }

    public void Checked(MemberId member, in ProbeResult result)
    {
        (bool passed, string reason, TimeSpan duration) = (result.Passed, result.Reason, result.Duration);
        DateTimeOffset now = time.GetUtcNow();
        _health.AddOrUpdate(
            member,
            _ => Next(null, now, passed, reason, duration),
            (_, old) => Next(old, now, passed, reason, duration));
    }

    public void Inconclusive(MemberId member, Exception error) =>
        NodeLog.CheckBroken(logger, member.ToString(), error.Message);

    public void OnFailure(int loop, Exception error) => NodeLog.LoopFailure(logger, loop, error);

    public void OnAcceptFailed(int loop, string reason) => NodeLog.AcceptFailed(logger, loop, reason);

    public void Failed(string path, Exception error, Directive directive) =>
        NodeLog.ActorFailed(logger, path, directive.ToString(), error);

    private static MemberHealth Next(
        MemberHealth? old, DateTimeOffset now, bool passed, string reason, TimeSpan duration) =>
        new(
            now,
            $"{reason} in {duration.TotalMilliseconds:0} ms",
            passed ? (old?.Passes ?? 0) + 1 : 0,
            passed ? 0 : (old?.Fails ?? 0) + 1);
}
