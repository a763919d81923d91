using Proxy.Cluster.Engine;

namespace Proxy.Cluster.Membership;

/// <summary>Operators' orders for members, carried out one after the other by this node, whoever leads.</summary>
internal sealed class MemberOrders
{
    private const int MaxWaiting = 64;

    private readonly Queue<(long Ticket, MemberOrder What)> _waiting = new();
    private OrderResult? _committing;

    public void Add(long ticket, MemberOrder order) => _waiting.Enqueue((ticket, order));

    public void RefuseAll(string reason, List<OrderResult> answers)
    {
        if (_committing is not null)
        {
            return; // Its answer tells.
        }

        while (_waiting.TryDequeue(out (long Ticket, MemberOrder What) order))
        {
            answers.Add(new OrderResult(order.Ticket, OrderOutcome.Unavailable, reason));
        }
    }

    /// <summary>The change for the next order; orders that need none are answered.</summary>
    public EngineTransaction? Next(ClusterState state, ClusterKeys keys, List<OrderResult> answers)
    {
        while (_waiting.TryPeek(out (long Ticket, MemberOrder What) order))
        {
            if (_waiting.Count > MaxWaiting)
            {
                answers.Add(new OrderResult(order.Ticket, OrderOutcome.Unavailable, "too many orders are waiting"));
                _waiting.Dequeue();
                continue;
            }

            if (Decide(order.Ticket, order.What, state, keys, out OrderResult result) is { } transaction)
            {
                _committing = result;
                return transaction;
            }

            answers.Add(result);
            _waiting.Dequeue();
        }

        return null;
    }

    /// <summary>Any commit has ended; when it was an order's, the order is answered or tried again.</summary>
    public void Committed(EngineResult<CommitOutcome> result, List<OrderResult> answers)
    {
        if (_committing is not { } order)
        {
            return;
        }

        _committing = null;
        if (result.IsOk && !result.Value.Succeeded)
        {
            return; // The member changed meanwhile: decide anew.
        }

        _waiting.Dequeue();
        answers.Add(result.IsOk ? order : order with
        {
            Outcome = OrderOutcome.Unavailable,
            Message = $"the cluster's engine did not answer ({result.Fault.Reason}); look whether it happened",
        });
    }

    private static EngineTransaction? Decide(
        long ticket, MemberOrder order, ClusterState state, ClusterKeys keys, out OrderResult result)
    {
        if (order.Kind == MemberOrderKind.Close)
        {
            result = new OrderResult(ticket, OrderOutcome.Done, "Preparing for full cluster shutdown");
            return state.Cluster is { Value.IsClosing: false } cluster ? Close(cluster, keys) : null;
        }

        if (Find(order.Node, state, keys.Cluster) is not { } kept
            || (order.Incarnation != 0 && order.Incarnation != kept.Value.Node.Incarnation))
        {
            result = new OrderResult(ticket, OrderOutcome.NotFound, $"Member [{order.Node}] not found");
            return null;
        }

        string address = kept.Value.Node.AddressIn(keys.Cluster);
        (MemberStatus to, string word) = order.Kind == MemberOrderKind.Down
            ? (MemberStatus.Down, "Downing")
            : (MemberStatus.Leaving, "Leaving");
        result = new OrderResult(ticket, OrderOutcome.Done, $"{word} {address}");
        if (kept.Value.Status == to || (to == MemberStatus.Leaving && kept.Value.Status == MemberStatus.Exiting))
        {
            return null; // It is on its way already.
        }

        if (!kept.Value.Status.Allows(to))
        {
            result = new OrderResult(
                ticket, OrderOutcome.Refused, $"Member [{address}] is {kept.Value.Status} and cannot become {to}");
            return null;
        }

        return LeaderDuties.Move(state, keys, kept, to);
    }

    private static EngineTransaction Close(Kept<ClusterRecord> cluster, ClusterKeys keys) => new(
        [EngineCompare.ModifiedAt(keys.Identity, cluster.Modified)],
        [new EngineWrite.Put(keys.Identity, (cluster.Value with { IsClosing = true }).Write())]);

    private static Kept<MemberRecord>? Find(string node, ClusterState state, string cluster)
    {
        foreach (Kept<MemberRecord> kept in state.Records.Values)
        {
            string address = kept.Value.Node.AddressIn(cluster);
            if (node == kept.Value.Node.Name || node == address || $"proxy://{node}" == address)
            {
                return kept;
            }
        }

        return null;
    }
}
