using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Proxy.Cluster.Peers.Blobs;
using Proxy.Cluster.Peers.Mesh;

namespace Proxy.Cluster.Peers;

/// <summary>Hands what came from peers to whoever wants it: one at a time, in the order in which it came, never under
/// the mesh's lock, so that a handler may send.</summary>
/// <param name="reply">Connection, correlation, channel, and the answer or null.</param>
internal sealed class PeerDelivery(
    BlobReplica blobs, ILogger logger, Func<long> wall, Action<MeshEffect.RequestDone> completed,
    Action<long, uint, string, byte[]?> reply) : IDisposable
{
    private readonly ConcurrentDictionary<string, PeerHandler> _handlers = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<Action> _waiting = new();
    private readonly CancellationTokenSource _stop = new();
    private bool _stopped;
    private IPeerObserver[] _observers = [];
    private int _running;

    public void Listen(string channel, PeerHandler handler)
    {
        if (!_handlers.TryAdd(channel, handler))
        {
            throw new InvalidOperationException($"channel {channel} has a handler already");
        }
    }

    /// <summary>Under the mesh's lock, so that no change falls between what is there and what comes.</summary>
    public void Observe(IPeerObserver observer, List<(string Node, long Incarnation)> present)
    {
        _waiting.Enqueue(() =>
        {
            _observers = [.. _observers, observer];
            present.ForEach(peer => observer.PeerUp(peer.Node, peer.Incarnation));
        });
    }

    /// <summary>Under the mesh's lock.</summary>
    public void Add(MeshEffect effect) => _waiting.Enqueue(() => Deliver(effect));

    /// <summary>Without the lock. Whoever comes while somebody delivers leaves it to him.</summary>
    public void Run()
    {
        while (!_waiting.IsEmpty && Interlocked.Exchange(ref _running, 1) == 0)
        {
            while (_waiting.TryDequeue(out Action? next))
            {
                try
                {
                    next();
                }
                catch (Exception error)
                {
                    PeerLog.HandlerFailed(logger, "events", error);
                }
            }

            Interlocked.Exchange(ref _running, 0);
        }
    }

    public void Dispose()
    {
        Volatile.Write(ref _stopped, true);
        _stop.Cancel();
    }

    private void Deliver(MeshEffect effect)
    {
        switch (effect)
        {
            case MeshEffect.PeerUp up:
                Array.ForEach(_observers, observer => observer.PeerUp(up.Node, up.Incarnation));
                break;
            case MeshEffect.PeerDown down:
                Array.ForEach(
                    _observers,
                    observer => observer.PeerDown(down.Node, down.Incarnation, down.Kind == PeerLoss.Broken));
                break;
            case MeshEffect.BlobChanged changed:
                blobs.Notify(changed.Name, wall());
                break;
            case MeshEffect.RequestDone done:
                completed(done);
                break;
            case MeshEffect.Message message:
                _ = AnswerAsync(message);
                break;
            default:
                throw new InvalidOperationException($"nobody delivers {effect}");
        }
    }

    private async Task AnswerAsync(MeshEffect.Message message)
    {
        byte[]? answer = null;
        if (!Volatile.Read(ref _stopped) && _handlers.TryGetValue(message.Channel, out PeerHandler? handler))
        {
            try
            {
                answer = await handler(
                    new PeerMessage(message.Node, message.Channel, message.Content, message.Correlation != 0),
                    _stop.Token);
            }
            catch (Exception error)
            {
                PeerLog.HandlerFailed(logger, message.Channel, error);
            }
        }

        if (message.Correlation != 0)
        {
            reply(message.Connection, message.Correlation, message.Channel, answer);
        }
    }
}
