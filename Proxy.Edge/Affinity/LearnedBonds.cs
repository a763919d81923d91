using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Text;
using Proxy.Edge.Replication;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Affinity;

/// <summary>What has been learned about the clients of one pool: keyed hashes of sessions or addresses, and the route
/// of the member each belongs to. Kept in a table all nodes share, under the member's route, so that another node finds
/// the same member. Any thread; a look-up neither waits nor allocates. Times in milliseconds since 1970.</summary>
public sealed class LearnedBonds
{
    /// <summary>What clients made up is forgotten sooner than what an origin handed out, so that inventing sessions
    /// pushes no real ones out.</summary>
    private static readonly TimeSpan UnconfirmedTime = TimeSpan.FromMinutes(1);

    private const ulong Confirmed = ReplicatedEntry.Certain;

    private readonly Replica _replica;
    private readonly EntryHash _hash;
    private readonly ulong _table;
    private readonly TimeSpan _timeout;
    private readonly TimeSpan _refresh;
    private readonly FrozenDictionary<ulong, MemberState[]> _members;
    private readonly FrozenDictionary<MemberState, ulong> _values;

    /// <param name="kind">Keeps kinds of ids of one pool apart, such as "source".</param>
    /// <param name="routes">In order of preference where several members share a route.</param>
    /// <param name="timeout">How long a client may be silent.</param>
    public LearnedBonds(
        Replica replica, EntryHash hash, string pool, string kind, IReadOnlyList<AffinityRoute> routes,
        TimeSpan timeout)
    {
        (_replica, _hash, _timeout) = (replica, hash, timeout);
        _table = hash.Of(Encoding.UTF8.GetBytes($"{kind}/{pool}")).Low;
        // Every refresh goes to all nodes, so an entry is written for longer and then left alone for a while.
        _refresh = TimeSpan.FromTicks(Math.Clamp(
            timeout.Ticks / 16, TimeSpan.TicksPerSecond, TimeSpan.TicksPerMinute));
        _members = routes.GroupBy(route => Value(route.Route), static route => route.Member)
            .ToFrozenDictionary(static group => group.Key, static group => group.ToArray());
        _values = routes.ToFrozenDictionary(static route => route.Member, route => Value(route.Route));
    }

    public EntryKey KeyOf(ReadOnlySpan<byte> id) => _hash.Of(_table, id);

    public EntryKey KeyOf(ClientAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, address.High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], address.Low);
        return _hash.Of(_table, bytes);
    }

    /// <summary>The member a key belongs to, as long as the pool has it; what is used lives on.</summary>
    public MemberState? Find(in EntryKey key, long now)
    {
        if (!_replica.TryRead(key, now, out ReplicatedEntry entry)
            || !_members.TryGetValue(entry.Value & ~Confirmed, out MemberState[]? members))
        {
            return null;
        }

        if (NeedsRefresh(entry, now))
        {
            _replica.Write(key, entry.Value, Lifetime(entry.Value), now);
        }

        foreach (MemberState member in members)
        {
            if (member.Grant.State != GrantState.Closed)
            {
                return member;
            }
        }

        return members[0];
    }

    /// <summary>Remembers the member.</summary>
    /// <param name="confirmed">The proxy or an origin vouches for the key. What was confirmed once stays so.</param>
    public void Learn(in EntryKey key, MemberState member, bool confirmed, long now)
    {
        if (!_values.TryGetValue(member, out ulong value))
        {
            return;
        }

        bool known = _replica.TryRead(key, now, out ReplicatedEntry entry);
        value |= confirmed || (known && (entry.Value & Confirmed) != 0) ? Confirmed : 0;
        if (!known || entry.Value != value || NeedsRefresh(entry, now))
        {
            _replica.Write(key, value, Lifetime(value), now);
        }
    }

    private bool NeedsRefresh(in ReplicatedEntry entry, long now) =>
        (entry.Expiry * 1000L) - now < (Lifetime(entry.Value) - _refresh).TotalMilliseconds;

    private TimeSpan Lifetime(ulong value) =>
        ((value & Confirmed) != 0 || _timeout < UnconfirmedTime ? _timeout : UnconfirmedTime) + _refresh;

    // Not 0, which would remove the entry.
    private ulong Value(string route) =>
        (_hash.Of(Encoding.UTF8.GetBytes(route)).Low & ~Confirmed) is var value and not 0 ? value : 2;
}
