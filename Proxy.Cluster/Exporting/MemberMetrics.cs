using Proxy.Edge.Snapshot;
using Proxy.Edge.Topology;

namespace Proxy.Cluster.Exporting;

/// <summary>Metrics of the members of all pools.</summary>
internal static class MemberMetrics
{
    private static readonly GrantState[] States = [GrantState.Open, GrantState.StickyOnly, GrantState.Closed];

    public static void Write(ExpositionWriter output, NodeMetrics node)
    {
        MemberPlan[] members = [.. node.Snapshot.Pools.SelectMany(pool => pool.Members).DistinctBy(m => m.State.Id)];
        WriteState(output, members);
        WriteCounters(output, members);
    }

    /// <summary>The one spelling of a <see cref="GrantState"/> outside the program.</summary>
    public static string Name(this GrantState state) => state switch
    {
        GrantState.Closed => "closed",
        GrantState.StickyOnly => "sticky-only",
        GrantState.Open => "open",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "not a grant state"),
    };

    private static void WriteState(ExpositionWriter output, MemberPlan[] members)
    {
        output.Gauge("proxy_member_state", "1 for the state the member is in, 0 for the others.");
        foreach (MemberPlan member in members)
        {
            GrantState current = member.State.Grant.State;
            foreach (GrantState state in States)
            {
                (string pool, string name) = member.State.Id;
                output.Sample(
                    state == current ? 1 : 0, ("pool", pool), ("member", name), ("state", state.Name()));
            }
        }

        output.Gauge("proxy_member_weight", "Weight granted now, ramps included.");
        Each(output, members, member => member.State.Grant.Weight);
        output.Gauge("proxy_member_grant_epoch", "Number of the grant in force.");
        Each(output, members, member => member.State.Grant.Epoch);
        output.Gauge("proxy_member_in_flight", "Requests in flight.");
        Each(output, members, member => member.State.InFlight);
        output.Gauge("proxy_member_max_connections", "Requests that may be in flight; 0 = no limit.");
        Each(output, members, member => member.MaxConnections);
        output.Gauge("proxy_member_slot_share", "Part of max-connections that this node may use now; 0 = no limit.");
        Each(output, members, member => Math.Min(member.State.SlotShare, member.MaxConnections));
        output.Gauge("proxy_member_idle_connections", "Kept connections without a request.");
        Each(output, members, member => member.State.Sum(c => Volatile.Read(ref c.IdleConnections)));
    }

    private static void WriteCounters(ExpositionWriter output, MemberPlan[] members)
    {
        Count("proxy_member_requests_total", "Attempts at the member.", c => Volatile.Read(ref c.Requests));
        Count("proxy_member_retries_total", "Attempts after another one had failed.",
            c => Volatile.Read(ref c.Retries));
        Count("proxy_member_connect_failures_total", "Connections that could not be made.",
            c => Volatile.Read(ref c.ConnectFailures));
        Count("proxy_member_response_failures_total", "Answers that were broken, missing or late.",
            c => Volatile.Read(ref c.ResponseFailures));
        Count("proxy_member_connections_opened_total", "Connections made.",
            c => Volatile.Read(ref c.ConnectionsOpened));
        Count("proxy_member_sent_bytes_total", "Bytes to the member.", c => Volatile.Read(ref c.BytesToOrigin));
        Count("proxy_member_received_bytes_total", "Bytes from the member.", c => Volatile.Read(ref c.BytesFromOrigin));
        output.Counter("proxy_member_responses_total", "Answers of the member by class of status.");
        foreach (MemberPlan member in members)
        {
            Class(member, "1xx", c => Volatile.Read(ref c.Status1xx));
            Class(member, "2xx", c => Volatile.Read(ref c.Status2xx));
            Class(member, "3xx", c => Volatile.Read(ref c.Status3xx));
            Class(member, "4xx", c => Volatile.Read(ref c.Status4xx));
            Class(member, "5xx", c => Volatile.Read(ref c.Status5xx));
        }

        output.Counter("proxy_member_response_seconds_total", "Time spent waiting for the heads of answers.");
        foreach (MemberPlan member in members)
        {
            MemberId id = member.State.Id;
            double seconds = member.State.Sum(c => Volatile.Read(ref c.ResponseMicroseconds)) / 1e6;
            output.Sample(seconds, ("pool", id.Pool), ("member", id.Name));
        }

        void Count(string name, string help, Func<MemberCounters, long> read)
        {
            output.Counter(name, help);
            Each(output, members, member => member.State.Sum(read));
        }

        void Class(MemberPlan member, string status, Func<MemberCounters, long> read)
        {
            (string pool, string name) = member.State.Id;
            output.Sample(member.State.Sum(read), ("pool", pool), ("member", name), ("class", status));
        }
    }

    private static void Each(ExpositionWriter output, MemberPlan[] members, Func<MemberPlan, long> read)
    {
        foreach (MemberPlan member in members)
        {
            output.Sample(read(member), ("pool", member.State.Id.Pool), ("member", member.State.Id.Name));
        }
    }
}
