namespace Proxy.Tests.Cluster.Shares;

/// <summary>Virtual time, and a network that delays, loses and parts. All of a run follows from its seed.</summary>
internal abstract class SimNetwork(int seed)
{
    public const long Millisecond = 1_000_000;
    public const long Second = 1000 * Millisecond;

    private readonly PriorityQueue<Action, (long At, long Order)> _agenda = new();
    private long _order;

    public long Now { get; private set; } = Second;

    public long Delay { get; set; } = Millisecond / 2;

    public double Loss { get; set; }

    /// <summary>Whether messages pass between two nodes.</summary>
    public Func<int, int, bool> Passes { get; set; } = static (_, _) => true;

    protected Random Random { get; } = new(seed);

    public void At(long time, Action action) => _agenda.Enqueue(action, (Math.Max(time, Now), _order++));

    public void Run(long until)
    {
        while (_agenda.TryPeek(out _, out var when) && when.At <= until)
        {
            var action = _agenda.Dequeue();
            Now = when.At;
            action();
        }

        Now = until;
    }

    /// <summary>A message on its way from one node to another, if it gets there.</summary>
    protected void Send(int source, int target, Action arrive)
    {
        if (!Passes(source, target) || Random.NextDouble() < Loss)
        {
            return;
        }

        At(Now + (Delay / 2) + Random.NextInt64(Delay), () =>
        {
            if (Passes(source, target))
            {
                arrive();
            }
        });
    }
}
