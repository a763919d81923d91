using System.Collections.Immutable;
using Proxy.Cluster.Membership;
using Proxy.Cluster.Peers;

namespace Proxy.Cluster.Host;

/// <summary>Tells the membership which members this node has lost the stream to: the others see them as unreachable by
/// this node. Only a hint; whether a member is removed is the engine's matter.</summary>
internal sealed class PeerSilence : IPeerObserver, IDisposable
{
    private readonly Lock _gate = new();
    private readonly Action<ImmutableArray<string>> _tell;
    private readonly IDisposable _subscription;
    private ImmutableHashSet<string> _silent = [];

    public PeerSilence(MembershipBoard board, Action<ImmutableArray<string>> tell)
    {
        _tell = tell;
        _subscription = board.Subscribe(OnMembership);
    }

    public void PeerUp(string node, long incarnation) => Change(silent => silent.Remove(node));

    public void PeerDown(string node, long incarnation, bool broken) => Change(silent => silent.Add(node));

    public void Dispose() => _subscription.Dispose();

    private void OnMembership(MembershipChange change)
    {
        HashSet<string> members = [.. change.View.Members.Select(static member => member.Node.Name)];
        Change(silent => silent.Intersect(members));
    }

    private void Change(Func<ImmutableHashSet<string>, ImmutableHashSet<string>> change)
    {
        lock (_gate)
        {
            ImmutableHashSet<string> before = _silent;
            _silent = change(before);
            if (!_silent.SetEquals(before))
            {
                _tell([.. _silent]);
            }
        }
    }
}
