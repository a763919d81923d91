using Proxy.Cluster.Peers.Blobs;
using Proxy.Edge.Tls;

namespace Proxy.Cluster.Peers.Shared;

/// <summary>One set of ticket keys for all nodes, so that a client resumes its TLS session wherever it lands. Whichever
/// node's time comes first exchanges the key; the others see that it was done. Safe on every thread.</summary>
/// <param name="interval">How often keys are exchanged.</param>
/// <param name="wall">Milliseconds since 1970.</param>
/// <param name="trouble">Told when keys come that cannot be opened.</param>
internal sealed class SharedTicketKeys(
    BlobReplica blobs, BlobSeal seal, TlsTicketKeys keys, Func<TimeSpan> interval, Func<long> wall,
    Action<string> trouble)
{
    public const string Name = "tls/ticket-keys";

    /// <summary>The one that seals and two before it: a ticket is good for two exchanges.</summary>
    private const int Shared = 3;

    private readonly Lock _lock = new();

    public void Start() => blobs.Watch(Name, (_, content) => TakeOver(content));

    /// <summary>This node's time has come.</summary>
    public void Rotate()
    {
        lock (_lock)
        {
            long now = wall();
            if (blobs.WrittenAt(Name, now) is { } written && now - written < interval().TotalMilliseconds / 2)
            {
                return;
            }

            keys.Rotate(Shared - 1);
            Publish(now);
        }
    }

    /// <summary>Makes this node's keys the cluster's, when there are none yet. Only one node should be asked.</summary>
    public void Offer()
    {
        lock (_lock)
        {
            long now = wall();
            if (blobs.WrittenAt(Name, now) is null)
            {
                Publish(now);
            }
        }
    }

    private void Publish(long now)
    {
        byte[] all = keys.Export();
        byte[] shared = all[..Math.Min(all.Length, Shared * TlsTicketKeys.KeyBytes)];
        // Kept for longer than any exchange is late: a node that comes back must not begin with keys of its own.
        blobs.Write(Name, seal.Seal(Name, shared), TimeSpan.FromDays(1) + (4 * interval()), now);
    }

    private void TakeOver(byte[]? content)
    {
        if (content is null)
        {
            return;
        }

        if (seal.Open(Name, content) is not { Length: > 0 } shared || shared.Length % TlsTicketKeys.KeyBytes != 0)
        {
            trouble("the ticket keys of a peer are sealed with another secret");
            return;
        }

        lock (_lock)
        {
            byte[] own = keys.Export();
            ReadOnlySpan<byte> current = own.AsSpan(0, TlsTicketKeys.KeyBytes);
            // What this node sealed with until now must still open.
            byte[] next = Holds(shared, current) ? shared : [.. shared, .. current];
            if (!next.AsSpan().SequenceEqual(own))
            {
                keys.Import(next);
            }
        }
    }

    private static bool Holds(ReadOnlySpan<byte> keys, ReadOnlySpan<byte> key)
    {
        for (int i = 0; i < keys.Length; i += TlsTicketKeys.KeyBytes)
        {
            if (keys.Slice(i, TlsTicketKeys.KeyBytes).SequenceEqual(key))
            {
                return true;
            }
        }

        return false;
    }
}
