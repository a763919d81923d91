namespace Proxy.Actors.Config.Validation;

/// <summary>Rate limits: numbers that make sense together.</summary>
internal static class RateLimitValidator
{
    /// <summary>Beyond, a burst is no burst.</summary>
    private static readonly TimeSpan LongestBurst = TimeSpan.FromDays(366);

    public static void Check(ProxyConfig config, ProblemList problems)
    {
        for (int i = 0; i < config.Routes.Count; i++)
        {
            string path = $"{Keys.Route(i)}.rate-limit";
            if (config.Routes[i].RateLimit is not { Rate.Count: > 0 } limit)
            {
                continue;
            }

            if (TimeSpan.FromTicks(limit.Rate.Period.Ticks / limit.Rate.Count) > LongestBurst / limit.Rule.Burst)
            {
                problems.Error(
                    $"{path}.burst", "the rate would take more than a year for it", "a smaller burst or a higher rate");
            }

            if (limit.Action == LimitAction.Refuse && limit.MaxDelay != new RateLimitConfig().MaxDelay)
            {
                problems.Warn($"{path}.max-delay", "has no effect without action = delay");
            }
        }
    }
}
