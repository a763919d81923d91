using System.Globalization;
using System.Text;
using Proxy.Actors.Runtime;
using Proxy.Cluster.Engine;

namespace Proxy.Cluster.Revisions;

/// <summary>What the nodes say about revisions, and the watch that tells of it and of new revisions. Part of the actor:
/// used in its turns alone. Without an engine it knows this node only.</summary>
internal sealed class AckWatch(
    string node,
    RevisionKeys keys,
    IClusterEngine? engine,
    IActorContext<RevisionMessage> context,
    CancellationToken stop)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly SortedDictionary<string, NodeAck> _acks = new(StringComparer.Ordinal);
    private IAsyncEnumerator<WatchSignal>? _signals;
    private NodeAck? _toWrite;
    private bool _listing;
    private bool _writing;

    public IReadOnlyList<NodeAck> All => [.. _acks.Values];

    public void Begin()
    {
        if (engine is not null && _signals is null && !_listing)
        {
            _listing = true;
            context.PipeToSelf(
                engine.ListAsync(keys.Acks, stop), static result => new RevisionMessage.AcksListed(result));
        }
    }

    /// <summary>Makes the engine know it, however long that takes; a later word replaces it.</summary>
    public void Say(NodeAck ack)
    {
        _acks[node] = ack;
        _toWrite = ack;
        Write();
    }

    /// <summary>There is a commit in a journal that the engine knows nothing of. Nobody waits for it: the others look
    /// now and then.</summary>
    public void Announce(long number)
    {
        if (engine is not null)
        {
            byte[] text = Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));
            context.PipeToSelf(
                engine.CommitAsync(EngineTransaction.Of(new EngineWrite.Put(keys.Newest, text)), stop),
                static _ => new RevisionMessage.Announced());
        }
    }

    /// <returns>Whether there may be new revisions.</returns>
    public bool Handle(RevisionMessage message)
    {
        switch (message)
        {
            case RevisionMessage.AcksListed listed:
                return OnListed(listed.Result);
            case RevisionMessage.WatchMoved moved:
                return OnMoved(moved.Result);
            case RevisionMessage.AckWritten written:
                OnWritten(written);
                return false;
            case RevisionMessage.Announced:
                return false;
            case RevisionMessage.Retry:
                Begin();
                Write();
                return false;
            default:
                throw new ArgumentOutOfRangeException(nameof(message), message, "unknown message");
        }
    }

    private bool OnListed(Result<EngineResult<Listing>> result)
    {
        _listing = false;
        if (!result.TryGetValue(out EngineResult<Listing> listing) || !listing.IsOk)
        {
            StartRetry();
            return false;
        }

        foreach (EngineItem item in listing.Value.Items)
        {
            Hear(item);
        }

        _signals = engine!.WatchAsync(keys.All, listing.Value.Revision.Next, stop)
            .GetAsyncEnumerator(stop); // It was listed, so there is an engine.
        Move();
        return true;
    }

    private bool OnMoved(Result<WatchSignal?> result)
    {
        if (!result.TryGetValue(out WatchSignal? signal) || signal is null or WatchSignal.Ended)
        {
            // Too far behind, or closed: list again.
            _signals = null;
            StartRetry();
            return false;
        }

        Move();
        if (signal is not WatchSignal.Batch batch)
        {
            return signal is WatchSignal.Resumed;
        }

        bool news = false;
        foreach (EngineChange change in batch.Changes)
        {
            if (keys.NodeOf(change.Item.Key) is null)
            {
                news = true;
            }
            else if (change.Kind == ChangeKind.Put)
            {
                Hear(change.Item);
            }
        }

        return news;
    }

    private void OnWritten(RevisionMessage.AckWritten written)
    {
        _writing = false;
        if (written.Result.TryGetValue(out bool done) && done)
        {
            _toWrite = written.Ack == _toWrite ? null : _toWrite;
            Write();
        }
        else
        {
            StartRetry();
        }
    }

    private void Hear(EngineItem item)
    {
        // This node knows best what it runs itself.
        if (keys.NodeOf(item.Key) is { } other && other != node && NodeAck.Decode(other, item.Value) is { } ack)
        {
            _acks[other] = ack;
        }
    }

    private void Write()
    {
        if (engine is not null && !_writing && _toWrite is { } ack)
        {
            _writing = true;
            context.PipeToSelf(WriteAsync(engine, ack), result => new RevisionMessage.AckWritten(ack, result));
        }
    }

    private async ValueTask<bool> WriteAsync(IClusterEngine to, NodeAck ack) =>
        (await to.CommitAsync(EngineTransaction.Of(new EngineWrite.Put(keys.Ack(node), ack.Encode())), stop)).IsOk;

    private void Move()
    {
        if (_signals is { } signals)
        {
            context.PipeToSelf(NextAsync(signals), static result => new RevisionMessage.WatchMoved(result));
        }
    }

    private static async ValueTask<WatchSignal?> NextAsync(IAsyncEnumerator<WatchSignal> signals) =>
        await signals.MoveNextAsync() ? signals.Current : null;

    private void StartRetry() => context.StartTimer(this, new RevisionMessage.Retry(), RetryAfter);
}
