using Proxy.Edge.Topology;

namespace Proxy.Actors.Config;

/// <summary>HTTP requests sent to find out whether a member can answer.</summary>
public sealed record ActiveHealthConfig
{
    public string Method { get; init; } = "GET";

    /// <summary>Put behind the path of the member's URL.</summary>
    public string Path { get; init; } = "/";

    /// <summary>Host field of the check; empty = host of the member's URL.</summary>
    public string Host { get; init; } = "";

    public ConfigList<NamedText> Headers { get; init; } = [];

    /// <summary>Port to check instead of the member's; 0 = the member's.</summary>
    public int Port { get; init; }

    /// <summary>From the end of one check to the start of the next.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>While a member is between up and down; zero = as <see cref="Interval"/>.</summary>
    public TimeSpan FastInterval { get; init; }

    /// <summary>While a member is down; zero = as <see cref="Interval"/>.</summary>
    public TimeSpan DownInterval { get; init; }

    /// <summary>For the whole check, connecting included.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Consecutive successes that bring a member up.</summary>
    public int Rise { get; init; } = 2;

    /// <summary>Consecutive failures that take a member down.</summary>
    public int Fall { get; init; } = 3;

    /// <summary>Statuses that count as success.</summary>
    public StatusSet Expect { get; init; } = Statuses.Parse("200-399");

    /// <summary>Percent of the interval by which each check is moved at random, so that checks do not come in
    /// step.</summary>
    public int Jitter { get; init; } = 10;
}
