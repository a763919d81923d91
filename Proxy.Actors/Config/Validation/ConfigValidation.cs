namespace Proxy.Actors.Config.Validation;

/// <summary>All that is checked about a configuration beyond the single key, one concern per validator. None of them
/// stops the others.</summary>
internal static class ConfigValidation
{
    private static readonly Action<ProxyConfig, ProblemList>[] Validators =
    [
        ListenerValidator.Check,
        AcmeValidator.Check,
        ClusterValidator.Check,
        PeersValidator.Check,
        RouteValidator.Check,
        MatchValidator.Check,
        RewriteValidator.Check,
        HeaderValidator.Check,
        ReachabilityValidator.Check,
        PoolValidator.Check,
        HealthValidator.Check,
        AffinityValidator.Check,
        RateLimitValidator.Check,
        VipValidator.Check,
    ];

    public static void Run(ProxyConfig config, ProblemList problems)
    {
        foreach (Action<ProxyConfig, ProblemList> check in Validators)
        {
            check(config, problems);
        }
    }
}
