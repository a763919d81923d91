using System.Collections.Immutable;
using Proxy.Cluster.Engine;
using Proxy.Cluster.Membership;

namespace Proxy.Cluster.Singletons;

/// <param name="Name">Letters, digits and what else a key takes; unique in the cluster.</param>
/// <param name="Role">Which nodes may have it; empty = all.</param>
internal readonly record struct SingletonPlace(string Name, string Role);

internal abstract record SingletonInput
{
    private SingletonInput()
    {
    }

    /// <summary>The singletons this node takes part in; replaces those before.</summary>
    internal sealed record Configured(ImmutableArray<SingletonPlace> Places) : SingletonInput;

    /// <summary>The node hands over what it has and claims nothing, or takes part again.</summary>
    internal sealed record Resting(bool Rests) : SingletonInput;

    internal sealed record Feed(FeedSignal Signal) : SingletonInput;

    internal sealed record Membership(MembershipView View, Session Session) : SingletonInput;

    internal sealed record Committed(string Name, EngineResult<CommitOutcome> Result) : SingletonInput;

    /// <summary>What <see cref="SingletonEffect.Stop"/> asked for is done.</summary>
    internal sealed record Stopped(string Name) : SingletonInput;

    internal sealed record Timer : SingletonInput;
}

/// <summary>To be carried out in the order given.</summary>
internal abstract record SingletonEffect
{
    private SingletonEffect()
    {
    }

    internal sealed record Start(SingletonTerm Term) : SingletonEffect;

    /// <summary>Its term has ended already when this was only noticed; stop at once.</summary>
    internal sealed record Stop(string Name, string Reason) : SingletonEffect;

    internal sealed record Commit(string Name, EngineTransaction Transaction) : SingletonEffect;
}

/// <param name="Wake">When to hand in <see cref="SingletonInput.Timer"/>; null = no need.</param>
/// <param name="Held">How many this node holds or is about to.</param>
internal readonly record struct SingletonEffects(
    IReadOnlyList<SingletonEffect> Effects, TimeSpan? Wake, int Held);
