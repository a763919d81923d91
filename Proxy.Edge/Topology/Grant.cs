namespace Proxy.Edge.Topology;

/// <summary>Whether and which traffic a member takes.</summary>
public enum GrantState : byte
{
    /// <summary>Nothing: down, failed its checks, in maintenance, or its name does not resolve.</summary>
    Closed,

    /// <summary>Only requests whose affinity already names the member (drain).</summary>
    StickyOnly,

    Open,
}

/// <summary>What a member's actor allows the loops to do with it. Immutable; replaced as a whole. The loops read it
/// without locks; only the member's BackendActor writes it.</summary>
/// <param name="Epoch">Grows with every grant of the member.</param>
/// <param name="Weight">Share of traffic relative to the pool's other members, 0 to 1,000,000; ramps included.</param>
/// <param name="Addresses">Where to connect, at least one when the state is not Closed; tried in order on connect
/// failure.</param>
/// <param name="Reason">Why, for operators: "up", "health check failed 3/3: connection refused", "drain by
/// admin".</param>
public sealed record Grant(
    long Epoch, GrantState State, int Weight, IReadOnlyList<SocketTarget> Addresses, string Reason)
{
    public static readonly Grant None = new(0, GrantState.Closed, 0, [], "not started");
}
