namespace Proxy.Edge.Limits;

public enum LimitOutcome : byte
{
    /// <summary>The request may go on, after <see cref="LimitVerdict.Wait"/>.</summary>
    Admitted,

    /// <summary>Too many; it may try again after <see cref="LimitVerdict.Wait"/>.</summary>
    Refused,

    /// <summary>The owner of the key has to be asked.</summary>
    Unknown,
}

/// <summary>What a rate limit says about a request.</summary>
/// <param name="Wait">Nanoseconds.</param>
public readonly record struct LimitVerdict(LimitOutcome Outcome, long Wait)
{
    public static LimitVerdict Admitted(long wait = 0) => new(LimitOutcome.Admitted, wait);

    public static LimitVerdict Refused(long wait) => new(LimitOutcome.Refused, wait);
}
