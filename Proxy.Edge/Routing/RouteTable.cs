namespace Proxy.Edge.Routing;

public sealed class RouteTable(IReadOnlyList<RouteMatch> rules)
{
    public IReadOnlyList<RouteMatch> Rules { get; } = rules;
}
