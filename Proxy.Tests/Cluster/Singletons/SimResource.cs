using Proxy.Actors.Runtime;
using Proxy.Cluster.Engine;
using Proxy.Cluster.Singletons;

namespace Proxy.Tests.Cluster.Singletons;

/// <summary>What singletons act on in a simulation: it sees every effect and who might cause one.</summary>
internal sealed class SimResource(TimeProvider time)
{
    private readonly Dictionary<string, Revision> _highest = [];
    private readonly List<(string Name, string Node, SingletonTerm Term, TimeProvider Clock)> _terms = [];

    public List<string> Violations { get; } = [];

    /// <summary>Who had what, in order: "s on a".</summary>
    public List<(TimeSpan At, string What)> History { get; } = [];

    public TimeSpan Now => time.GetElapsedTime(0);

    public IEnumerable<string> Holders(string name) => _terms
        .Where(one => one.Name == name && one.Term.IsValid(one.Clock.GetElapsedTime(0))).Select(static one => one.Node);

    /// <param name="clock">The node's own: it says how long the term lasts.</param>
    public void Begin(string name, string node, SingletonTerm term, TimeProvider clock)
    {
        _terms.Add((name, node, term, clock));
        History.Add((Now, $"{name} on {node}"));
        if (_highest.GetValueOrDefault(name) > term.Token)
        {
            Violations.Add($"{Now}: {name} on {node} begins with token {term.Token} after {_highest[name]}");
        }
    }

    public void End(string name, SingletonTerm term) => History.Add((Now, $"{name} ends {term.Token}"));

    public void Act(string name, string node, SingletonTerm term, TimeProvider clock)
    {
        if (!term.IsValid(clock.GetElapsedTime(0)))
        {
            return;
        }

        if (Holders(name).Distinct().Count() > 1)
        {
            Violations.Add($"{Now}: {name} is held by {string.Join(" and ", Holders(name))}");
        }

        if (_highest.GetValueOrDefault(name) > term.Token)
        {
            Violations.Add($"{Now}: {name} on {node} acts with token {term.Token} after {_highest[name]}");
        }

        _highest[name] = term.Token;
    }

    public Singleton Singleton(string name, string node) => new(
        new SingletonPlace(name, ""),
        (context, child, term) => context.Spawn(
            new Props<int>(own => new Effector(own, this, name, node, term)), child));

    private sealed class Effector(
        IActorContext<int> context, SimResource resource, string name, string node, SingletonTerm term)
        : Actor<int>(context)
    {
        protected internal override void PreStart()
        {
            resource.Begin(name, node, term, Context.Time);
            Context.StartTimer("act", 0, TimeSpan.Zero, TimeSpan.FromMilliseconds(200));
        }

        protected internal override void Receive(int message) => resource.Act(name, node, term, Context.Time);

        protected internal override void PostStop() => resource.End(name, term);
    }
}
