using System.Globalization;
using Proxy.Edge.Topology;

namespace Proxy.Actors.Pools;

/// <summary>A member as the choice sees it.</summary>
public readonly record struct RankedMember(MemberState Member, int Set, MemberRole Role, Grant Grant);

/// <summary>Which members take new requests (Apache's choice, which all its balancing methods share):
/// the lowest set that has anybody usable serves; in it, every unusable or draining primary is replaced by one usable spare, in order;
/// only when neither a primary nor a spare is there, the set's standbys serve. Spares and standbys never help another set.
/// Pure.</summary>
public static class CandidateRule
{
    /// <param name="members">In order of configuration.</param>
    /// <param name="reasons">Receives, for operators, why somebody else than the primaries of the lowest set serves.</param>
    public static List<RankedMember> Apply(IReadOnlyList<RankedMember> members, List<string> reasons)
    {
        List<string> skipped = [];
        foreach (int set in members.Select(static member => member.Set).Distinct().Order())
        {
            List<RankedMember> chosen = ApplyTo([.. members.Where(member => member.Set == set)], set, reasons);
            if (chosen.Count > 0)
            {
                if (skipped.Count > 0)
                {
                    reasons.Insert(0, Text($"set {set} serves because nobody of set {string.Join(", ", skipped)} can"));
                }

                return chosen;
            }

            skipped.Add(set.ToString(CultureInfo.InvariantCulture));
        }

        reasons.Add("no member can serve");
        return [];
    }

    private static List<RankedMember> ApplyTo(RankedMember[] members, int set, List<string> reasons)
    {
        RankedMember[] usable = [.. members.Where(static member => member.Grant.State == GrantState.Open)];
        List<RankedMember> chosen = [.. usable.Where(static member => member.Role == MemberRole.Primary)];
        RankedMember[] missing =
        [
            .. members.Where(static member => member.Role == MemberRole.Primary && member.Grant.State != GrantState.Open),
        ];
        RankedMember[] spares = [.. usable.Where(static member => member.Role == MemberRole.Spare)];
        for (int i = 0; i < Math.Min(spares.Length, missing.Length); i++)
        {
            chosen.Add(spares[i]);
            reasons.Add($"spare {spares[i].Member.Id.Name} serves because of {missing[i].Member.Id.Name}: "
                + missing[i].Grant.Reason);
        }

        if (chosen.Count > 0)
        {
            return chosen;
        }

        chosen.AddRange(usable.Where(static member => member.Role == MemberRole.Standby));
        reasons.AddRange(chosen.Select(
            standby => Text($"standby {standby.Member.Id.Name} serves because set {set} has no usable primary or spare")));
        return chosen;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
