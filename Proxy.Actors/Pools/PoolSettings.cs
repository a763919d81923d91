using Proxy.Actors.Config;
using Proxy.Edge.Topology;

namespace Proxy.Actors.Pools;

/// <summary>A pool's configuration together with the live objects that outlive it.</summary>
/// <param name="Members">Live sides of <see cref="PoolConfig.Members"/>, at the same positions. A member whose URL
/// changed has a new one.</param>
public sealed record PoolSettings(PoolConfig Config, PoolState State, IReadOnlyList<MemberState> Members)
{
    public string Name => Config.Name;

    public BackendSettings SettingsOf(int index, MemberOverride changed) => new(
        Config.Members[index],
        Config.Health,
        Config.SlowStart,
        Config.InitialState,
        Config.Resolve,
        changed,
        HasPeers: Config.Members.Count > 1,
        Config.Protocol);
}
