namespace Proxy.Edge.Limits;

/// <summary>Which node keeps the allowance of a key: the one that draws the highest number for it (rendezvous hashing),
/// so that a node that comes or goes moves only its own part of the keys. Immutable.</summary>
public sealed class LimitOwners
{
    /// <summary>One node, which owns everything.</summary>
    public static readonly LimitOwners Alone = new([0], 0, [false]);

    private readonly ulong[] _nodes;
    private readonly bool[] _silent;

    /// <param name="nodes">A number per live node that all nodes agree on.</param>
    /// <param name="self">Index of this node.</param>
    /// <param name="silent">Nodes that count as live but do not answer; their keys are judged by fractions.</param>
    public LimitOwners(ulong[] nodes, int self, bool[] silent)
    {
        ArgumentOutOfRangeException.ThrowIfZero(nodes.Length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(silent.Length, nodes.Length, nameof(silent));
        _nodes = nodes;
        _silent = silent;
        Self = self;
    }

    public int Count => _nodes.Length;

    public int Self { get; }

    public bool IsSilent(int node) => _silent[node];

    /// <summary>Index of the owner.</summary>
    public int OwnerOf(ulong key)
    {
        int best = 0;
        ulong highest = 0;
        for (int i = 0; _nodes.Length > 1 && i < _nodes.Length; i++)
        {
            ulong draw = Mix(key ^ _nodes[i]);
            if (draw >= highest)
            {
                (best, highest) = (i, draw);
            }
        }

        return best;
    }

    // The finaliser of SplitMix64: every bit of the input changes half of the output.
    private static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
        x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
        return x ^ (x >> 31);
    }
}
