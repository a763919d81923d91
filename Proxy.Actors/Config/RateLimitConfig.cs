using Proxy.Edge.Limits;

namespace Proxy.Actors.Config;

/// <summary>How many requests a route takes.</summary>
public sealed record RateLimitConfig
{
    public RateConfig Rate { get; init; } = new(0, TimeSpan.Zero);

    /// <summary>Requests that may come at once; 0 = a tenth of the rate's number, at least 1.</summary>
    public int Burst { get; init; }

    /// <summary>What requests are counted by.</summary>
    public LimitKey Key { get; init; } = new(LimitKeyKind.ClientAddress);

    /// <summary>Bits of an IPv4 address that tell clients apart.</summary>
    public int PrefixV4 { get; init; } = 32;

    /// <summary>Bits of an IPv6 address that tell clients apart.</summary>
    public int PrefixV6 { get; init; } = 64;

    public LimitAction Action { get; init; } = LimitAction.Refuse;

    /// <summary>How long a request is held back at most; for <see cref="LimitAction.Delay"/>.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Keys remembered at once.</summary>
    public int Keys { get; init; } = 65_536;

    public RateRule Rule => new(Rate.Count, Rate.Period, Burst > 0 ? Burst : Math.Max(1, Rate.Count / 10));
}

/// <summary>So many per period.</summary>
public readonly record struct RateConfig(int Count, TimeSpan Period);

public enum LimitAction
{
    /// <summary>429.</summary>
    Refuse,

    /// <summary>Held back until the rate allows it.</summary>
    Delay,
}
