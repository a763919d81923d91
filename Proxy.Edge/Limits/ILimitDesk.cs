namespace Proxy.Edge.Limits;

/// <summary>Port to the nodes that own keys. Used only when this node has nothing left of a key it does not own; must
/// not block.</summary>
public interface ILimitDesk
{
    /// <summary>Asks on behalf of one request. The answer comes within milliseconds in any case.</summary>
    /// <returns>False when nobody can be asked; then no answer comes.</returns>
    bool TryAsk(RateLimiter limiter, ulong key, ILimitAnswer answer);
}

/// <summary>Hears from the desk.</summary>
public interface ILimitAnswer
{
    /// <summary>Called once, on any thread: store and wake, nothing more.</summary>
    void Answered(LimitVerdict verdict);
}

/// <summary>For a node without others.</summary>
public sealed class NoLimitDesk : ILimitDesk
{
    public bool TryAsk(RateLimiter limiter, ulong key, ILimitAnswer answer) => false;
}

/// <summary>What all rate limits of a node share: who owns keys, and how an owner is asked. Any thread.</summary>
public sealed class LimitShares(ILimitDesk desk)
{
    private LimitOwners _owners = LimitOwners.Alone;

    public ILimitDesk Desk { get; } = desk;

    /// <summary>Read by loops; set when nodes come, go, fall silent or answer again.</summary>
    public LimitOwners Owners
    {
        get => Volatile.Read(ref _owners);
        set => Volatile.Write(ref _owners, value);
    }
}
