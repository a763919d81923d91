using Proxy.Cluster.Engine;

namespace Proxy.Cluster.Singletons;

/// <summary>One stretch of ownership of a singleton by this node. Whoever acts for the singleton asks
/// <see cref="IsValid"/> right before every effect and sends <see cref="Token"/> along, so that what still slips
/// through is refused where it arrives. Any thread.</summary>
internal sealed class SingletonTerm(string name, Revision token)
{
    private long _validUntil;

    public string Name => name;

    /// <summary>The fencing token: a later owner's is always higher.</summary>
    public Revision Token => token;

    /// <param name="now">Monotonic, as <see cref="TimeProvider.GetElapsedTime(long)"/> of 0 gives it.</param>
    public bool IsValid(TimeSpan now) => now.Ticks < Volatile.Read(ref _validUntil);

    internal void Extend(TimeSpan until) => Volatile.Write(ref _validUntil, until.Ticks);

    internal void End() => Volatile.Write(ref _validUntil, long.MinValue);
}
