using Proxy.Cluster.Membership;
using Proxy.Cluster.Peers;

namespace Proxy.Cluster.Host;

/// <summary>Whom this node's streams go to: the members, and the seeds of the configuration. While the membership is
/// silent, whom it last named.</summary>
internal sealed class MemberDirectory(IEnumerable<string> seeds) : IPeerDirectory
{
    private readonly Lock _lock = new();
    private readonly PeerTarget[] _seeds = [.. seeds.Select(static seed => new PeerTarget(seed))];
    private PeerTarget[] _members = [];
    private Action _changed = static () => { };

    public IReadOnlyList<PeerTarget> Targets
    {
        get
        {
            lock (_lock)
            {
                return [.. _members, .. _seeds.Where(seed => _members.All(member => member.Address != seed.Address))];
            }
        }
    }

    /// <summary>Names of the members, this node included.</summary>
    public IReadOnlyList<string> Names { get; private set; } = [];

    public void Take(MembershipChange change)
    {
        MembershipView view = change.View;
        if (view.Standing is not (ClusterStanding.Member or ClusterStanding.Joining))
        {
            return;
        }

        Member[] members = [.. view.Members.Where(static member => member.Status != MemberStatus.Down)];
        PeerTarget[] targets = [.. members
            .Where(member => member.Node.Name != view.Self.Name)
            .Select(static member => new PeerTarget(member.Node.PeerAddress, member.Node.Name))];
        lock (_lock)
        {
            Names = [.. members.Select(static member => member.Node.Name)];
            if (_members.SequenceEqual(targets))
            {
                return;
            }

            _members = targets;
        }

        _changed();
    }

    public IDisposable OnChange(Action changed)
    {
        _changed = changed;
        return new Subscription(this);
    }

    private sealed class Subscription(MemberDirectory directory) : IDisposable
    {
        public void Dispose() => directory._changed = static () => { };
    }
}
