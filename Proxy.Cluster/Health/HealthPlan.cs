using System.Collections.Immutable;
using Proxy.Actors.Config;

namespace Proxy.Cluster.Health;

/// <summary>What a supervisor has to check.</summary>
internal sealed record HealthPlan(string Pool, ActiveHealthConfig Active, ImmutableArray<string> Members)
{
    private const string Prefix = "health/";

    /// <summary>Name of the pool's supervisor among the cluster's singletons.</summary>
    public string Singleton => SingletonOf(Pool);

    /// <summary>Of every pool that is checked at all; members that an operator stopped are not.</summary>
    public static ImmutableArray<HealthPlan> Of(ProxyConfig config) =>
    [
        .. config.Pools
            .Where(static pool => pool.Health.Active is not null)
            .Select(static pool => new HealthPlan(
                pool.Name,
                pool.Health.Active!, // not null: filtered
                [
                    .. pool.Members
                        .Where(static member => (member.State & MemberFlags.Stopped) == 0)
                        .Select(static member => member.Name),
                ])),
    ];

    public static string SingletonOf(string pool) => Prefix + pool;

    public bool Equals(HealthPlan? other) =>
        other is not null && other.Pool == Pool && other.Active == Active && other.Members.SequenceEqual(Members);

    public override int GetHashCode() => HashCode.Combine(Pool, Members.Length);
}
