using System.Diagnostics.CodeAnalysis;

namespace Proxy.Edge.Balancing;

/// <summary>The balancing methods by the name they have in configuration. A new method is one file and one line here.</summary>
public static class BalancerCatalog
{
    private static readonly BalancerFactory[] Known =
    [
        new(RoundRobin.Name, static () => new RoundRobin()),
        new(LeastRequests.Name, static () => new LeastRequests()),
    ];

    public static IBalancerFactory Default => Known[0];

    /// <summary>All names, in the order they are documented.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Known.Select(static factory => factory.Name)];

    /// <summary>The factory of a method; false when there is none of that name, then <see cref="Names"/> says what there is.</summary>
    public static bool TryFind(string name, [NotNullWhen(true)] out IBalancerFactory? factory)
    {
        factory = Array.Find(Known, known => known.Name == name);
        return factory is not null;
    }

    private sealed class BalancerFactory(string name, Func<IBalancer> create) : IBalancerFactory
    {
        public string Name { get; } = name;

        public IBalancer Create() => create();
    }
}
