using System.Globalization;

namespace Proxy.Cluster.Commands.Roll;

/// <summary>Exchanges the nodes of a fleet one by one: never begins a node while another is not ready, watches the
/// answers of the whole fleet, and stops at the first sign of trouble with everything else untouched. Pure: times come
/// with the inputs.</summary>
internal sealed class RollMachine(RollPlan plan, int done = 0)
{
    private readonly ErrorWatch _watch = new();
    private readonly List<RollEffect> _effects = [];
    private Stage _stage = Stage.Look;
    private int _node = done;
    private DateTimeOffset _since;
    private double _shareBefore;
    private NodeSample? _old;

    private enum Stage
    {
        Look,
        WatchBefore,
        Drain,
        Draining,
        Exchange,
        Coming,
        WatchAfter,
        End,
    }

    public IReadOnlyList<RollEffect> Handle(RollInput input, DateTimeOffset now)
    {
        _effects.Clear();
        if (_stage != Stage.End)
        {
            if (input is RollInput.Looked look)
            {
                _watch.Add(look.Nodes);
                Looked(look.Nodes, now);
            }
            else if (input is RollInput.Commanded command)
            {
                Commanded(command.Problem, now);
            }
        }

        return [.. _effects];
    }

    private void Looked(IReadOnlyList<NodeSample?> nodes, DateTimeOffset now)
    {
        switch (_stage)
        {
            case Stage.Look:
                if (AllReady(nodes, "nothing was changed"))
                {
                    _watch.Reset();
                    Go(Stage.WatchBefore, now);
                    Say($"watching {nodes.Count} nodes for {plan.Watch.TotalSeconds:0} s");
                }

                break;
            case Stage.WatchBefore when now - _since >= plan.Watch:
                _shareBefore = _watch.Share;
                Say($"before: {Told()}");
                Begin(nodes, now);
                break;
            case Stage.Draining:
                Draining(nodes[_node], now);
                break;
            case Stage.Coming:
                Coming(nodes[_node], now);
                break;
            case Stage.WatchAfter:
                WatchAfter(nodes, now);
                break;
        }
    }

    private void Commanded(string? problem, DateTimeOffset now)
    {
        if (problem is not null)
        {
            // What was drained for nothing serves again.
            if (_stage == Stage.Exchange && plan.How == RollHow.Replace)
            {
                _effects.Add(new RollEffect.Command(_node, "undrain"));
            }

            Stop($"{Name}: {problem}");
        }
        else if (_stage == Stage.Drain)
        {
            Go(Stage.Draining, now);
        }
        else if (_stage == Stage.Exchange)
        {
            Go(Stage.Coming, now);
        }
    }

    /// <summary>The next node, when every node is ready.</summary>
    private void Begin(IReadOnlyList<NodeSample?> nodes, DateTimeOffset now)
    {
        if (_node == plan.Nodes.Count)
        {
            _stage = Stage.End;
            _effects.Add(new RollEffect.End(null));
            return;
        }

        if (!AllReady(nodes, $"{_node} of {plan.Nodes.Count} nodes are done"))
        {
            return;
        }

        _old = nodes[_node];
        if (plan.How == RollHow.Upgrade)
        {
            Exchange("upgrade", now);
        }
        else
        {
            Say($"{Name}: drain");
            Go(Stage.Drain, now);
            _effects.Add(new RollEffect.Command(_node, "drain"));
        }
    }

    private void Draining(NodeSample? node, DateTimeOffset now)
    {
        // Streams that outlast this are cut by the node itself, after its own limit.
        if (node is null || node.Connections == 0 || now - _since >= plan.Drain)
        {
            Exchange("leave", now);
        }
    }

    private void Exchange(string verb, DateTimeOffset now)
    {
        Say($"{Name}: {verb}");
        Go(Stage.Exchange, now);
        _effects.Add(new RollEffect.Command(_node, verb));
    }

    private void Coming(NodeSample? node, DateTimeOffset now)
    {
        if (node is { IsReady: true } && node.Identity != _old?.Identity)
        {
            Say($"{Name}: version {node.Version} is ready");
            _watch.Reset();
            Go(Stage.WatchAfter, now);
        }
        else if (now - _since >= plan.Patience)
        {
            string why = node is null ? "does not answer"
                : node.Identity == _old?.Identity ? "is still the old process"
                : $"is not ready: {node.Reason}";
            Stop($"{Name} {why} after {plan.Patience.TotalSeconds:0} s");
        }
    }

    private void WatchAfter(IReadOnlyList<NodeSample?> nodes, DateTimeOffset now)
    {
        bool isWorse = _watch.Requests >= plan.MinRequests && _watch.Share > _shareBefore + plan.MaxErrors;
        if (isWorse)
        {
            Stop($"errors have grown since {Name} was exchanged: {Told()}, before it were {Percent(_shareBefore)}");
        }
        else if (nodes[_node] is not { IsReady: true })
        {
            Stop($"{Name} is not ready any more");
        }
        else if (now - _since >= plan.Watch)
        {
            Say($"{Name}: done; {Told()}");
            _effects.Add(new RollEffect.Save(++_node));
            Begin(nodes, now);
        }
    }

    private string Name => _old?.Name ?? plan.Nodes[_node];

    private bool AllReady(IReadOnlyList<NodeSample?> nodes, string state)
    {
        for (int i = 0; i < nodes.Count; i++)
        {
            if (nodes[i] is not { IsReady: true })
            {
                string why = nodes[i] is { } node ? $"{node.Name} is not ready: {node.Reason}" : "does not answer";
                Stop($"{plan.Nodes[i]}: {why}; {state}");
                return false;
            }
        }

        return true;
    }

    private string Told() => $"{_watch.Requests} requests, {Percent(_watch.Share)} of them with status 5xx";

    private static string Percent(double share) => share.ToString("0.00 %", CultureInfo.InvariantCulture);

    private void Say(string text) => _effects.Add(new RollEffect.Say(text));

    private void Stop(string problem)
    {
        _stage = Stage.End;
        _effects.Add(new RollEffect.End(problem));
    }

    private void Go(Stage stage, DateTimeOffset now) => (_stage, _since) = (stage, now);
}
