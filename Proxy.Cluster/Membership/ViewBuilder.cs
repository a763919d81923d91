using System.Collections.Immutable;
using System.Globalization;
using Proxy.Cluster.Engine;

namespace Proxy.Cluster.Membership;

/// <summary>Makes the view of what the engine holds.</summary>
internal static class ViewBuilder
{
    public static ImmutableArray<Member> Members(ClusterState state, string cluster)
    {
        MemberRecord[] records = [.. state.Records.Values.Select(static kept => kept.Value)];
        MemberRecord[] alive = [.. records.Where(state.IsAlive)];
        return
        [
            .. records
                .Select(record => Build(record, alive, state, cluster))
                .OrderBy(static member => member.Address, StringComparer.Ordinal)
                .ThenBy(static member => member.Node.Name, StringComparer.Ordinal),
        ];
    }

    /// <summary>Whose clock is off: when most others agree against this node, it is this node's.</summary>
    public static IEnumerable<string> ClockProblems(ClusterState state, TimeSpan tolerance)
    {
        KeyValuePair<string, TimeSpan>[] off = [.. state.Clocks.Where(clock => clock.Value.Duration() > tolerance)];
        if (off.Length * 2 > state.Clocks.Count && state.Clocks.Count > 1)
        {
            TimeSpan ahead = -off.Select(static clock => clock.Value).Order().ElementAt(off.Length / 2);
            yield return $"this node's clock is {Text(ahead)} {off.Length} of {state.Clocks.Count} other nodes: "
                + "set the clock; what carries a time between nodes may be taken for old or be cut";
            yield break;
        }

        foreach ((string name, TimeSpan ahead) in off)
        {
            yield return $"the clock of {name} is {Text(ahead)} this node's: set it";
        }
    }

    private static Member Build(MemberRecord record, MemberRecord[] alive, ClusterState state, string cluster)
    {
        bool lives = state.IsAlive(record);
        ImmutableArray<string> observers =
        [
            .. alive
                .Where(other => other.Node.Name != record.Node.Name)
                .Where(other => !lives
                    || (state.PulseOf(other.Node.Name)?.Value.Silent.Contains(record.Node.Name) ?? false))
                .Select(other => other.Node.AddressIn(cluster))
                .Order(StringComparer.Ordinal),
        ];
        if (!lives && observers.IsEmpty)
        {
            // Nobody lives to see it: it may be this node itself, cut off from the engine.
            observers = [record.Node.AddressIn(cluster)];
        }

        return new Member(
            record.Node.AddressIn(cluster),
            record.Node,
            record.Status,
            record.UpNumber,
            observers,
            lives,
            state.PulseOf(record.Node.Name)?.Value.Load ?? default)
        {
            Lease = lives ? state.PulseOf(record.Node.Name)!.Value.Lease : LeaseId.None, // It lives by its pulse.
        };
    }

    // Rounded, so that the text stays while clocks drift and messages take their time.
    private static string Text(TimeSpan ahead)
    {
        TimeSpan size = ahead.Duration();
        string amount = size < TimeSpan.FromMinutes(2)
            ? string.Create(CultureInfo.InvariantCulture, $"{Math.Round(size.TotalSeconds / 10) * 10:0} s")
            : string.Create(CultureInfo.InvariantCulture, $"{size.TotalMinutes:0} min");
        return $"{amount} {(ahead > TimeSpan.Zero ? "ahead of" : "behind")}";
    }
}
