using System.Collections.Immutable;
using Proxy.Cluster.Engine;
using Proxy.Cluster.Membership;

namespace Proxy.Cluster.Singletons;

/// <summary>One node's part in all singletons: claims those that rendezvous hashing gives it, keeps them as long as its
/// session is valid, stops by itself when it is not, and hands over what another node should have. Pure.
/// <code>
///   Idle ──► Claiming ──► Running ──► Stopping ──► Releasing ──► Idle
///                                        └── fenced or lost ──────┘
/// </code>
/// At most one runs: the key exists once and lives at least as long as its lease, the lease outlives the session's
/// validity, and nothing runs without a valid session.</summary>
internal sealed class SingletonMachine(ClusterKeys keys)
{
    /// <summary>How long a node must have been the better place before a singleton moves to it: nodes that come and go
    /// should not carry it around.</summary>
    public static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(5);

    // For every node that is before this one in the order and does not take what is free.
    private static readonly TimeSpan RankDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan AfterFault = TimeSpan.FromMilliseconds(500);

    private readonly SortedDictionary<string, SingletonSlot> _slots = new(StringComparer.Ordinal);
    private readonly OwnerTable _owners = new(keys);
    private ImmutableArray<SingletonPlace> _places = [];
    private MembershipView? _view;
    private Session _session;
    private bool _rests;
    private List<SingletonEffect> _effects = [];
    private TimeSpan? _wake;

    public OwnerTable Owners => _owners;

    public SingletonEffects Handle(SingletonInput input, TimeSpan now)
    {
        _effects = [];
        _wake = null;
        switch (input)
        {
            case SingletonInput.Configured configured:
                Configure(configured.Places);
                break;
            case SingletonInput.Resting resting:
                _rests = resting.Rests;
                break;
            case SingletonInput.Feed feed:
                _owners.Apply(feed.Signal);
                break;
            case SingletonInput.Membership membership:
                (_view, _session) = (membership.View, membership.Session);
                break;
            case SingletonInput.Committed committed:
                OnCommitted(_slots[committed.Name], committed.Result, now);
                break;
            case SingletonInput.Stopped stopped:
                OnStopped(_slots[stopped.Name]);
                break;
            case SingletonInput.Timer:
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(input), input, "unknown input");
        }

        NoteGifts();
        foreach (SingletonSlot slot in _slots.Values.ToImmutableArray())
        {
            Proceed(slot, now);
        }

        return new SingletonEffects(_effects, _wake, _slots.Values.Count(IsHeld));
    }

    private void Configure(ImmutableArray<SingletonPlace> places)
    {
        _places = places;
        foreach (SingletonPlace place in places)
        {
            _slots.TryAdd(place.Name, new SingletonSlot(place.Name));
        }
    }

    /// <summary>A node that runs another configuration may have given this one what it does not know.</summary>
    private void NoteGifts()
    {
        foreach ((string name, Ownership owner) in _owners.Owners)
        {
            if (IsMine(owner))
            {
                _slots.TryAdd(name, new SingletonSlot(name));
            }
        }
    }

    private bool IsHeld(SingletonSlot slot) => slot.Phase != SlotPhase.Idle || IsMine(_owners.OwnerOf(slot.Name));

    private bool IsMine(Ownership? owner) =>
        owner is { } some && _session.Exists && some.Lease == _session.Lease;

    private void Proceed(SingletonSlot slot, TimeSpan now)
    {
        switch (slot.Phase)
        {
            case SlotPhase.Running:
                Keep(slot, now);
                break;
            case SlotPhase.Idle:
                Rest(slot, now);
                break;
            default:
                break; // An answer is on its way.
        }
    }

    private void Keep(SingletonSlot slot, TimeSpan now)
    {
        SingletonTerm term = slot.Term!; // It has one while it runs.
        if (!_session.IsValid(now) || _session.Lease != slot.Lease)
        {
            Stop(slot, givesUp: false, "no sign from the engine in time");
            return;
        }

        bool believed = !_owners.IsSilent && _owners.Revision >= slot.SeenBefore;
        if (believed && _owners.OwnerOf(slot.Name)?.Token != term.Token)
        {
            Stop(slot, givesUp: false, "the ownership is gone");
            return;
        }

        term.Extend(_session.ValidUntil);
        WakeAt(_session.ValidUntil);
        if (GivesUpAt(slot, now) is { } due)
        {
            if (now >= due)
            {
                Stop(slot, givesUp: true, "another node shall have it");
            }
            else
            {
                WakeAt(due);
            }
        }
    }

    /// <summary>When to hand over; null = not.</summary>
    private TimeSpan? GivesUpAt(SingletonSlot slot, TimeSpan now)
    {
        if (_view is { IsClosing: true, SelfMember.Status: MemberStatus.Up })
        {
            return null;
        }

        if (_rests || PlaceOf(slot) is not { } place || _view?.SelfMember?.Status is not MemberStatus.Up)
        {
            // A frozen view says nothing new, and a leaver goes at once.
            return _view?.Standing == ClusterStanding.Stale ? null : now;
        }

        string[] order = OrderOf(place);
        if (_view.Standing != ClusterStanding.Member || order.Length == 0 || order[0] == _view.Self.Name)
        {
            slot.MisplacedSince = null;
            return null;
        }

        slot.MisplacedSince ??= now;
        return slot.MisplacedSince.Value + SettleTime;
    }

    private void Rest(SingletonSlot slot, TimeSpan now)
    {
        Ownership? owner = _owners.OwnerOf(slot.Name);
        if (owner is not null || _owners.IsSilent)
        {
            slot.VacantSince = null;
        }

        if (owner is not null && !IsMine(owner))
        {
            // It found its owner; should that one give it back, there is nothing to wait for.
            slot.NotBefore = TimeSpan.Zero;
        }

        if (_owners.IsSilent || _owners.Revision < slot.SeenBefore || !_session.IsValid(now) || _view is null)
        {
            return;
        }

        if (now < slot.NotBefore)
        {
            WakeAt(slot.NotBefore);
        }
        else if (IsMine(owner))
        {
            Resume(slot, owner!.Value); // not null: it is mine
        }
        else if (owner is null && PlaceOf(slot) is { } place)
        {
            Claim(slot, place, now);
        }
        else if (owner is null && PlaceOf(slot) is null)
        {
            _slots.Remove(slot.Name);
        }
    }

    /// <summary>The key is there although nothing runs: the owner before this one has stopped and handed it over, the
    /// claim's answer was lost, or the fence came down for a moment only. Nobody else had it meanwhile.</summary>
    private void Resume(SingletonSlot slot, Ownership owner)
    {
        string self = _view!.Self.Name; // Checked by the caller.
        if (PlaceOf(slot) is { } place && !_rests && OrderOf(place).Contains(self))
        {
            Start(slot, owner.Token);
        }
        else
        {
            // Not to somebody: two nodes that both do not want it would hand it to and fro.
            GiveUp(slot, owner.Token);
        }
    }

    private void Claim(SingletonSlot slot, SingletonPlace place, TimeSpan now)
    {
        MembershipView view = _view!; // Checked by the caller.
        slot.VacantSince ??= now;
        int rank = Array.IndexOf(OrderOf(place), view.Self.Name);
        if (_rests || view.IsClosing || view.Standing != ClusterStanding.Member || rank < 0)
        {
            return;
        }

        OwnerRecord? nominee = _owners.NomineeOf(slot.Name);
        bool isNominee = nominee?.Node == view.Self.Name;
        bool waits = nominee is not null && !isNominee && IsUp(nominee);
        TimeSpan due = slot.VacantSince.Value
            + (isNominee ? TimeSpan.Zero : (rank + (waits ? 1 : 0)) * RankDelay);
        if (now < due)
        {
            WakeAt(due);
            return;
        }

        (slot.Phase, slot.Lease) = (SlotPhase.Claiming, _session.Lease);
        string key = keys.Owner(slot.Name);
        _effects.Add(new SingletonEffect.Commit(slot.Name, new EngineTransaction(
            [EngineCompare.Absent(key)],
            [
                new EngineWrite.Put(
                    key, new OwnerRecord(view.Self.Name, view.Self.Incarnation).Write(), _session.Lease),
                new EngineWrite.Delete(keys.Nominee(slot.Name)),
            ])));
    }

    private void Start(SingletonSlot slot, Revision token)
    {
        var term = new SingletonTerm(slot.Name, token);
        term.Extend(_session.ValidUntil);
        WakeAt(_session.ValidUntil);
        (slot.Term, slot.Lease, slot.Phase, slot.GivesUp) = (term, _session.Lease, SlotPhase.Running, false);
        (slot.MisplacedSince, slot.VacantSince) = (null, null);
        _effects.Add(new SingletonEffect.Start(term));
    }

    private void Stop(SingletonSlot slot, bool givesUp, string reason)
    {
        if (!givesUp)
        {
            slot.Term!.End(); // It has one while it runs.
        }

        (slot.Phase, slot.GivesUp) = (SlotPhase.Stopping, givesUp);
        _effects.Add(new SingletonEffect.Stop(slot.Name, reason));
    }

    private void OnStopped(SingletonSlot slot)
    {
        Revision token = slot.Term!.Token; // It had one while it ran.
        slot.Term.End();
        slot.Term = null;
        if (slot.GivesUp)
        {
            HandOver(slot, token);
        }
        else
        {
            slot.Phase = SlotPhase.Idle;
        }
    }

    /// <summary>Hands it to the next owner in one step: the key goes over to that one's lease, and by the time this
    /// node has its answer the other one has seen it.</summary>
    private void HandOver(SingletonSlot slot, Revision token)
    {
        if (_view is { IsClosing: false } && NextOwner(slot) is { } next && next.Lease != LeaseId.None)
        {
            var owner = new OwnerRecord(next.Node.Name, next.Node.Incarnation);
            CommitRelease(slot, token, [new EngineWrite.Put(keys.Owner(slot.Name), owner.Write(), next.Lease)]);
            slot.HandedOver = token;
        }
        else
        {
            GiveUp(slot, token);
        }
    }

    /// <summary>For whoever takes it.</summary>
    private void GiveUp(SingletonSlot slot, Revision token)
    {
        var writes = new List<EngineWrite> { new EngineWrite.Delete(keys.Owner(slot.Name)) };
        if (NextOwner(slot) is { } next && _session.Exists)
        {
            var nominee = new OwnerRecord(next.Node.Name, next.Node.Incarnation);
            writes.Add(new EngineWrite.Put(keys.Nominee(slot.Name), nominee.Write(), _session.Lease));
        }

        CommitRelease(slot, token, writes);
    }

    private Member? NextOwner(SingletonSlot slot) =>
        PlaceOf(slot) is { } place && OrderOf(place).FirstOrDefault(node => node != _view?.Self.Name) is { } next
            ? _view?.Find(next)
            : null;

    private void CommitRelease(SingletonSlot slot, Revision token, IReadOnlyList<EngineWrite> writes)
    {
        (slot.Phase, slot.HandedOver) = (SlotPhase.Releasing, default);
        _effects.Add(new SingletonEffect.Commit(slot.Name, new EngineTransaction(
            [EngineCompare.ModifiedAt(keys.Owner(slot.Name), token)], writes)));
    }

    private void OnCommitted(SingletonSlot slot, EngineResult<CommitOutcome> result, TimeSpan now)
    {
        bool claimed = slot.Phase == SlotPhase.Claiming;
        slot.Phase = SlotPhase.Idle;
        if (slot.HandedOver != default && result.Fault is { Kind: EngineFaultKind.LeaseLost })
        {
            // The next owner's has ended; the view does not know yet.
            GiveUp(slot, slot.HandedOver);
            return;
        }

        slot.HandedOver = default;

        if (!result.IsOk)
        {
            slot.NotBefore = now + AfterFault;
            return;
        }

        if (!result.Value.Succeeded)
        {
            slot.NotBefore = now + Again;
            return;
        }

        slot.SeenBefore = result.Value.Revision;
        if (claimed && _session.IsValid(now) && _session.Lease == slot.Lease)
        {
            Start(slot, result.Value.Revision);
        }
        else if (!claimed)
        {
            // Whoever was nominated is first; this node comes back only when nobody does.
            slot.NotBefore = now + RankDelay;
        }
    }

    private SingletonPlace? PlaceOf(SingletonSlot slot)
    {
        foreach (SingletonPlace place in _places)
        {
            if (place.Name == slot.Name)
            {
                return place;
            }
        }

        return null;
    }

    private string[] OrderOf(SingletonPlace place) => _view is null ? [] : Rendezvous.Order(
        place.Name,
        _view.Members
            .Where(member => member.IsServing && member.HasRole(place.Role))
            .Select(static member => member.Node.Name));

    private bool IsUp(OwnerRecord nominee) =>
        _view?.Find(nominee.Node) is { IsServing: true } member
        && member.Node.Incarnation == nominee.Incarnation;

    private void WakeAt(TimeSpan at) => _wake = _wake is { } earlier && earlier < at ? earlier : at;
}
