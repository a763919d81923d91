using Proxy.Cluster.Peers.Codec;
using Proxy.Cluster.Peers.Session;

namespace Proxy.Cluster.Peers.Transport;

/// <summary>The socket under one session. The fields that are not read-only change under the mesh's lock.</summary>
internal sealed class PeerConnection(PeerSession session, LoopStream plain, Stream stream) : IDisposable
{
    /// <summary>Small frames leave together: one system call, one TLS record.</summary>
    private const int GatherBytes = 16 * 1024;

    private readonly byte[] _gather = new byte[GatherBytes];

    public PeerSession Session => session;

    /// <summary>Over the plain one, or the same.</summary>
    public Stream Stream => stream;

    /// <summary>Somebody is writing, and goes on as long as there are frames.</summary>
    public bool IsWriting { get; set; }

    /// <summary>Monotonic milliseconds at which it is closed, whatever waits; 0 = it stays.</summary>
    public long CloseAt { get; set; }

    /// <summary>What to write next; empty when nothing waits. The frame, if any, is given back after writing.</summary>
    public ReadOnlyMemory<byte> Next(out FrameBuffer? frame)
    {
        frame = null;
        int used = 0;
        while (session.Outbox.Take(used == 0 ? int.MaxValue : GatherBytes - used) is { } next)
        {
            if (next.Length > GatherBytes - used)
            {
                frame = next;
                return next.Bytes.AsMemory(0, next.Length);
            }

            next.Written.CopyTo(_gather.AsSpan(used));
            used += next.Length;
            next.Release();
        }

        return _gather.AsMemory(0, used);
    }

    /// <summary>Nothing more is sent; what was sent still arrives.</summary>
    public void EndSending() => plain.EndSending();

    public void Dispose()
    {
        // The socket first: disposing a TLS stream would wait for its closing alert.
        plain.Dispose();
        stream.Dispose();
    }
}
