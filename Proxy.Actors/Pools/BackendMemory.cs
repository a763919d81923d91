using Proxy.Edge.Topology;

namespace Proxy.Actors.Pools;

/// <summary>What a member's actor finds again after a crash: who it is and the newest settings. The grant itself is in the
/// <see cref="MemberState"/>. Written by the pool's actor, read when an incarnation starts.</summary>
internal sealed class BackendMemory(MemberState member, BackendSettings settings)
{
    private BackendSettings _settings = settings;

    public MemberState Member { get; } = member;

    public BackendSettings Settings
    {
        get => Volatile.Read(ref _settings);
        set => Volatile.Write(ref _settings, value);
    }
}
