using System.Globalization;

namespace Proxy.Cluster.Engine;

/// <summary>Zero is no lease.</summary>
internal readonly record struct LeaseId(long Value)
{
    public static readonly LeaseId None;

    public override string ToString() => Value.ToString("x16", CultureInfo.InvariantCulture);
}

/// <summary>A promise of the engine: the keys on it stay until <see cref="TimeToLive"/> after the engine received the
/// last keep-alive.</summary>
/// <param name="SentAt">Timestamp of the engine's TimeProvider from before the answered request was sent. Whoever holds
/// something by this lease must stop at SentAt + 0.8 × TimeToLive unless a later answer arrived: the engine cannot have
/// started its count earlier than that, and the fifth is the allowance for clocks of different speed.</param>
internal readonly record struct Lease(LeaseId Id, TimeSpan TimeToLive, long SentAt);

/// <param name="Keys">What still hangs on the lease, in ordinal order.</param>
internal sealed record AttachedLease(Lease Lease, IReadOnlyList<string> Keys);
