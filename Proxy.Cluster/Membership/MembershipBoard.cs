using System.Collections.Immutable;

namespace Proxy.Cluster.Membership;

/// <param name="Events">What led from the view before to this one; empty when only the session or a detail
/// changed.</param>
internal sealed record MembershipChange(MembershipView View, Session Session, IReadOnlyList<MemberEvent> Events);

/// <summary>Where the membership shows what it knows. Any thread may read and subscribe.</summary>
internal sealed class MembershipBoard(MembershipView first)
{
    private readonly Lock _gate = new();
    private ImmutableArray<Action<MembershipChange>> _subscribers = [];
    private volatile MembershipChange _latest = new(first, Session.None, []);

    public MembershipView View => _latest.View;

    public MembershipChange Latest => _latest;

    /// <summary>The callback runs in the membership's turn: be quick, do not throw. It is called once at the beginning
    /// with what is known, and then for every change, none missing.</summary>
    public IDisposable Subscribe(Action<MembershipChange> subscriber)
    {
        lock (_gate)
        {
            _subscribers = _subscribers.Add(subscriber);
            subscriber(_latest with { Events = [] });
        }

        return new Subscription(this, subscriber);
    }

    internal void Show(MembershipChange change)
    {
        // Under the lock, so that a new subscriber gets neither a gap nor an old view after a newer one.
        lock (_gate)
        {
            _latest = change;
            foreach (Action<MembershipChange> subscriber in _subscribers)
            {
                subscriber(change);
            }
        }
    }

    private sealed class Subscription(MembershipBoard board, Action<MembershipChange> subscriber) : IDisposable
    {
        public void Dispose()
        {
            lock (board._gate)
            {
                board._subscribers = board._subscribers.Remove(subscriber);
            }
        }
    }
}
