using System.Globalization;
using Proxy.Actors.Pools;
using Proxy.Actors.Ports;
using Proxy.Actors.Runtime;

namespace Proxy.Actors.Publishing;

/// <summary>Publishes revisions: parent of all pools, and the only one who hands snapshots to the loops. One revision at a time;
/// others wait. What it does in which order is in <see cref="PublishMachine"/>.</summary>
internal sealed class PublisherActor : Actor<PublisherMessage>
{
    // Longer than a pool takes by itself to give up waiting for names.
    private static readonly TimeSpan PoolTimeout = TimeSpan.FromSeconds(10);

    private readonly PublisherMemory _memory;
    private readonly IEdge _edge;
    private readonly PoolServices _services;
    private readonly PoolDirectory _directory;
    private readonly PublishMachine _machine;
    private ReplyTo<PublishAnswer>? _asker;
    private long _spawned;

    public PublisherActor(
        IActorContext<PublisherMessage> context,
        PublisherMemory memory,
        IEdge edge,
        PoolServices services,
        PoolDirectory directory)
        : base(context)
    {
        _memory = memory;
        _edge = edge;
        _services = services;
        _directory = directory;
        _machine = new PublishMachine(memory.Pools.Keys);
    }

    protected internal override void PreStart()
    {
        foreach ((string name, PoolMemory memory) in _memory.Pools)
        {
            Spawn(name, memory);
        }
    }

    protected internal override void Receive(PublisherMessage message)
    {
        switch (message)
        {
            case PublisherMessage.Publish publish when _machine.IsBusy:
                if (!Context.Stash(publish))
                {
                    publish.Undelivered(new InvalidOperationException("too many revisions wait to be published"));
                }

                break;
            case PublisherMessage.Publish publish:
                _asker = publish.Reply;
                Perform(new PublishInput.Publish(publish.Revision));
                break;
            case PublisherMessage.PoolAnswered answered:
                Perform(answered.Result.TryGetValue(out PoolReady? ready)
                    ? new PublishInput.PoolReady(answered.Pool, ready.Unsettled)
                    : new PublishInput.PoolFailed(answered.Pool, answered.Result.Error!.Message));
                break;
            case PublisherMessage.EdgeAnswered answered:
                Perform(answered.Result.Error is { } error
                    ? new PublishInput.SnapshotFailed(error.Message)
                    : new PublishInput.SnapshotTaken());
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(message), message, "unknown message");
        }
    }

    protected internal override void PostStop() =>
        _asker?.Fail(new InvalidOperationException("the publisher stopped before the revision was live"));

    private void Perform(PublishInput input)
    {
        foreach (PublishEffect effect in _machine.Handle(input))
        {
            Perform(effect);
        }
    }

    private void Perform(PublishEffect effect)
    {
        switch (effect)
        {
            case PublishEffect.ConfigurePool configure:
                Configure(configure.Settings);
                break;
            case PublishEffect.PublishSnapshot publish:
                Context.PipeToSelf(
                    Published(_edge.Publish(publish.Snapshot)),
                    static result => new PublisherMessage.EdgeAnswered(result));
                break;
            case PublishEffect.SettlePool settle:
                if (_directory.TryFind(settle.Pool, out IRef<PoolMessage>? pool))
                {
                    pool.Tell(new PoolMessage.Settled());
                }

                break;
            case PublishEffect.StopPool stop:
                Stop(stop.Pool);
                break;
            case PublishEffect.Answer answer:
                _asker?.Reply(answer.Value);
                _asker = null;
                Context.UnstashAll();
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(effect), effect, "unknown effect");
        }
    }

    private void Configure(PoolSettings settings)
    {
        if (!_memory.Pools.TryGetValue(settings.Name, out PoolMemory? memory))
        {
            _memory.Pools[settings.Name] = memory = new PoolMemory();
            Spawn(settings.Name, memory);
        }

        if (_directory.TryFind(settings.Name, out IRef<PoolMessage>? pool))
        {
            Context.PipeToSelf(
                pool.Ask<PoolReady, PoolSettings>(
                    static (reply, own) => new PoolMessage.Configure(own, reply), settings, PoolTimeout),
                result => new PublisherMessage.PoolAnswered(settings.Name, result));
        }
    }

    private void Spawn(string name, PoolMemory memory)
    {
        // A pool of the same name may still be stopping, hence the number.
        string unique = string.Create(CultureInfo.InvariantCulture, $"{name.Replace('/', '_')}-{++_spawned}");
        _directory.Set(name, Context.Spawn(PoolActor.Props(memory, _services), unique));
    }

    private void Stop(string name)
    {
        if (_directory.TryFind(name, out IRef<PoolMessage>? pool))
        {
            _directory.Remove(name);
            _memory.Pools.Remove(name);
            Context.Stop(pool);
        }
    }

    private static async ValueTask<bool> Published(ValueTask publishing)
    {
        await publishing.ConfigureAwait(false);
        return true;
    }
}
