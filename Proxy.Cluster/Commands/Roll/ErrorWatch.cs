namespace Proxy.Cluster.Commands.Roll;

/// <summary>Requests and errors of the whole fleet since a moment. Counters of a node begin at 0 with each process, so
/// a new identity counts from there.</summary>
internal sealed class ErrorWatch
{
    private readonly Dictionary<int, NodeSample> _last = [];

    public long Requests { get; private set; }

    public long Errors { get; private set; }

    public double Share => Requests == 0 ? 0 : (double)Errors / Requests;

    public void Reset() => (Requests, Errors) = (0, 0);

    public void Add(IReadOnlyList<NodeSample?> nodes)
    {
        for (int i = 0; i < nodes.Count; i++)
        {
            if (nodes[i] is not { } now)
            {
                continue;
            }

            if (_last.TryGetValue(i, out NodeSample? before))
            {
                bool isSame = before.Identity == now.Identity;
                Requests += Math.Max(0, now.Requests - (isSame ? before.Requests : 0));
                Errors += Math.Max(0, now.Errors - (isSame ? before.Errors : 0));
            }

            _last[i] = now;
        }
    }
}
