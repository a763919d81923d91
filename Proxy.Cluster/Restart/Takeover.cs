using System.Net.Sockets;
using System.Text;
using Proxy.Edge.Node;
using Proxy.Edge.Os.Network;

namespace Proxy.Cluster.Restart;

/// <summary>What came of asking the running process for its sockets.</summary>
/// <param name="Taken">The sockets and state; null when there are none.</param>
/// <param name="Refusal">Why the running process gives nothing; null when none runs, or it gives.</param>
internal sealed record TakeoverAnswer(Takeover? Taken, string? Refusal);

/// <summary>The new process's side: it has the listening sockets of the running one, which goes on serving until it
/// hears <see cref="Serving"/>. Blocks; used only while the node starts. Dropped without that, the running process
/// stays.</summary>
internal sealed class Takeover : IDisposable
{
    private readonly Socket _peer;
    private readonly List<SharedListener> _sockets = [];

    private Takeover(Socket peer) => _peer = peer;

    /// <summary>The listening sockets; whoever uses them owns the descriptors.</summary>
    public IReadOnlyList<SharedListener> Sockets => _sockets;

    /// <summary>State by name.</summary>
    public Dictionary<string, ReadOnlyMemory<byte>> State { get; } = new(StringComparer.Ordinal);

    /// <param name="patience">How long the other side may keep silent.</param>
    public static TakeoverAnswer Ask(string path, TimeSpan patience)
    {
        var peer = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
        {
            SendTimeout = (int)patience.TotalMilliseconds,
        };
        try
        {
            peer.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException)
        {
            peer.Dispose();
            return new TakeoverAnswer(null, null);
        }

        var takeover = new Takeover(peer);
        string? refusal;
        try
        {
            peer.Send(HandoverFrame.Hello(Environment.ProcessId));
            refusal = takeover.ReadAll(patience);
        }
        catch (Exception error) when (error is SocketException or IOException)
        {
            refusal = error.Message;
        }

        if (refusal is null)
        {
            return new TakeoverAnswer(takeover, null);
        }

        takeover._sockets.ForEach(static socket => DescriptorPassing.Close(socket.Descriptor));
        takeover.Dispose();
        return new TakeoverAnswer(null, refusal);
    }

    /// <summary>Tells the running process to give way; true when it has done so within the time. False changes nothing
    /// for connections: both have the sockets. <see cref="State"/> then has what changed meanwhile.</summary>
    public bool Serving(TimeSpan patience)
    {
        State.Clear();
        try
        {
            _peer.Send(HandoverFrame.Write(HandoverKind.Serving, []));
            while (true)
            {
                (HandoverKind kind, byte[] payload) = Read(patience, []);
                if (kind != HandoverKind.State)
                {
                    return kind == HandoverKind.Left;
                }

                if (HandoverFrame.TryReadState(payload, out string name, out var bytes))
                {
                    State[name] = bytes;
                }
            }
        }
        catch (Exception error) when (error is SocketException or IOException)
        {
            return false;
        }
    }

    public void Dispose() => _peer.Dispose();

    /// <summary>Null when all is there, else why not.</summary>
    private string? ReadAll(TimeSpan patience)
    {
        while (true)
        {
            var descriptors = new List<int>();
            (HandoverKind kind, byte[] payload) = Read(patience, descriptors);
            switch (kind)
            {
                case HandoverKind.Sockets when HandoverFrame.ReadSockets(payload, descriptors) is { } sockets:
                    _sockets.AddRange(sockets);
                    break;
                case HandoverKind.State when HandoverFrame.TryReadState(payload, out string name, out var bytes):
                    State[name] = bytes;
                    break;
                case HandoverKind.Refusal:
                    return Encoding.UTF8.GetString(payload);
                case HandoverKind.End:
                    return null;
                default:
                    descriptors.ForEach(DescriptorPassing.Close);
                    return "the running process says something this program does not understand";
            }
        }
    }

    private (HandoverKind Kind, byte[] Payload) Read(TimeSpan patience, List<int> descriptors)
    {
        var head = new byte[HandoverFrame.HeadBytes];
        Fill(head, patience, descriptors);
        if (!HandoverFrame.TryReadHead(head, out HandoverKind kind, out int length))
        {
            throw new IOException("the running process says something this program does not understand");
        }

        var payload = new byte[length];
        Fill(payload, patience, descriptors);
        return (kind, payload);
    }

    private void Fill(Span<byte> buffer, TimeSpan patience, List<int> descriptors)
    {
        while (buffer.Length > 0)
        {
            if (!_peer.Poll(patience, SelectMode.SelectRead))
            {
                throw new IOException($"the running process is silent for {patience.TotalSeconds} s");
            }

            int received = DescriptorPassing.Receive((int)_peer.Handle, buffer, descriptors);
            if (received <= 0)
            {
                throw new IOException("the running process has ended the conversation");
            }

            buffer = buffer[received..];
        }
    }
}
