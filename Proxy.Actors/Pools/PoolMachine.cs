using Proxy.Edge.Topology;

namespace Proxy.Actors.Pools;

/// <summary>Composes the candidate list of a pool from what its members report. Pure.</summary>
/// <remarks>
/// Between a new configuration and the moment all loops run on it, the list holds the candidates of both, for it is one object
/// for loops on either side. A loop passes over candidates its own snapshot does not know.
/// </remarks>
public sealed class PoolMachine(CandidateList last)
{
    private const MemberCondition CannotServe = MemberCondition.Disabled | MemberCondition.Stopped
        | MemberCondition.Draining | MemberCondition.CheckFailed | MemberCondition.Unresolved;

    private static readonly IReadOnlyList<MemberState> Nobody = [];

    private readonly Dictionary<MemberState, BackendReport> _reports = [];

    // Oldest first; more than one only while the loops change over.
    private readonly List<IReadOnlyList<PoolPlace>> _configurations = [];

    public CandidateList Candidates { get; private set; } = last;

    /// <summary>Why others than the primaries of the lowest set serve; by the newest configuration.</summary>
    public IReadOnlyList<string> Reasons { get; private set; } = [];

    /// <summary>The newest configuration.</summary>
    public IReadOnlyList<PoolPlace> Places => _configurations.Count == 0 ? [] : _configurations[^1];

    /// <summary>Members whose actors have to live.</summary>
    public IEnumerable<MemberState> Members =>
        _configurations.SelectMany(static places => places).Select(static place => place.Member).Distinct();

    public BackendReport? ReportOf(MemberState member) => _reports.GetValueOrDefault(member);

    public PoolEffects Handle(PoolInput input)
    {
        IReadOnlyList<MemberState> gone = Nobody;
        switch (input)
        {
            case PoolInput.Configured configured:
                _configurations.Add(configured.Places);
                break;
            case PoolInput.Settled:
                gone = Settle();
                break;
            case PoolInput.Reported reported:
                _reports[reported.Report.Member] = reported.Report;
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(input), input, "unknown input");
        }

        return new PoolEffects(Compose(), Recovery(), gone);
    }

    private MemberState[] Settle()
    {
        if (_configurations.Count <= 1)
        {
            return [];
        }

        MemberState[] before = [.. Members];
        _configurations.RemoveRange(0, _configurations.Count - 1);
        MemberState[] gone = [.. before.Except(Members)];
        foreach (MemberState member in gone)
        {
            _reports.Remove(member);
        }

        return gone;
    }

    private CandidateList? Compose()
    {
        List<RankedMember> chosen = [];
        for (int i = _configurations.Count - 1; i >= 0; i--)
        {
            List<string> reasons = [];
            foreach (RankedMember member in CandidateRule.Apply([.. _configurations[i].Select(Rank)], reasons))
            {
                if (!chosen.Exists(known => ReferenceEquals(known.Member, member.Member)))
                {
                    chosen.Add(member);
                }
            }

            if (i == _configurations.Count - 1)
            {
                Reasons = reasons;
            }
        }

        MemberState[] members = [.. chosen.Select(static member => member.Member)];
        int[] weights = [.. chosen.Select(static member => member.Grant.Weight)];
        if (members.AsSpan().SequenceEqual(Candidates.Members) && weights.AsSpan().SequenceEqual(Candidates.Weights))
        {
            return null;
        }

        Candidates = new CandidateList(Candidates.Epoch + 1, members, weights);
        return Candidates;
    }

    /// <summary>Before its first report a member counts by the grant it has: a pool that starts anew must not lose anybody.</summary>
    private RankedMember Rank(PoolPlace place) =>
        _reports.TryGetValue(place.Member, out BackendReport? report)
            ? new RankedMember(place.Member, place.Set, report.Role, report.Grant)
            : new RankedMember(place.Member, place.Set, place.Role, place.Member.Grant);

    /// <summary>Only members that could serve at all count: one that is in maintenance must not keep the others from a second
    /// chance.</summary>
    private IReadOnlyList<MemberState> Recovery()
    {
        List<MemberState> inError = [];
        foreach (PoolPlace place in Places)
        {
            if (!_reports.TryGetValue(place.Member, out BackendReport? report))
            {
                if (place.Member.Grant.State == GrantState.Open)
                {
                    return Nobody;
                }

                continue;
            }

            if ((report.Condition & CannotServe) != 0)
            {
                continue;
            }

            if ((report.Condition & MemberCondition.Error) == 0)
            {
                return Nobody;
            }

            inError.Add(place.Member);
        }

        return inError;
    }
}
