using System.Net.Sockets;
using Proxy.Edge.Node;
using Proxy.Edge.Os.Network;

namespace Proxy.Cluster.Restart;

/// <summary>What the process that is taken over from has to give and to do. Called one at a time.</summary>
internal interface IPredecessor
{
    IReadOnlyList<IHandoverState> State { get; }

    /// <summary>Why nobody may take over now; null when somebody may.</summary>
    string? Refusal { get; }

    /// <summary>All listening sockets, edge and management; the desk closes the descriptors.</summary>
    Task<IReadOnlyList<SharedListener>> ShareSocketsAsync();

    /// <summary>The successor serves. Gives up what only one can have; draining begins, its end is not waited
    /// for.</summary>
    Task GiveWayAsync(int successor);

    void Log(string what);
}

/// <summary>Where the next process of this node asks for the listening sockets: a local socket in the state directory,
/// open to the same user and root only. Until a successor says that it serves, nothing changes for this
/// process.</summary>
internal sealed class HandoverDesk : IAsyncDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly IPredecessor _node;
    private readonly TimeProvider _time;
    private readonly TimeSpan _patience;
    private readonly CancellationTokenSource _stop = new();
    private readonly Socket _listener;
    private readonly Task _serving;

    private HandoverDesk(Socket listener, IPredecessor node, TimeProvider time, TimeSpan patience)
    {
        _listener = listener;
        _node = node;
        _time = time;
        _patience = patience;
        _serving = ServeAsync();
    }

    /// <param name="patience">Within this time a successor has to serve.</param>
    /// <exception cref="IOException">The socket cannot be made.</exception>
    /// <exception cref="SocketException">Likewise.</exception>
    public static HandoverDesk Open(string path, IPredecessor node, TimeProvider time, TimeSpan patience)
    {
        // Made under another name and moved, so that whoever finds it can connect, and the old one goes in one step.
        string fresh = $"{path}.{Environment.ProcessId}";
        File.Delete(fresh);
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            listener.Bind(new UnixDomainSocketEndPoint(fresh));
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(fresh, OwnerOnly);
            }

            listener.Listen(4);
            File.Move(fresh, path, overwrite: true);
            return new HandoverDesk(listener, node, time, patience);
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _serving;
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using Socket peer = await _listener.AcceptAsync(_stop.Token);
                using var limit = new CancellationTokenSource(_patience, _time);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _stop.Token);
                await HandOverAsync(peer, either.Token);
            }
            catch (OperationCanceledException) when (!_stop.IsCancellationRequested)
            {
                _node.Log($"the successor does not serve within {_patience.TotalSeconds} s; this process goes on");
            }
            catch (Exception error) when (error is SocketException or IOException)
            {
                _node.Log($"the successor is gone ({error.Message}); this process goes on");
            }
            catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task HandOverAsync(Socket peer, CancellationToken cancellation)
    {
        byte[]? hello = await ReadAsync(peer, HandoverKind.Hello, 64, cancellation);
        if (hello is null || !HandoverFrame.TryReadHello(hello, out int version, out int process))
        {
            return;
        }

        string? refusal = version == HandoverFrame.Version
            ? _node.Refusal
            : $"it speaks version {version} of the handover, this process {HandoverFrame.Version}";
        if (refusal is not null)
        {
            _node.Log($"process {process} may not take over: {refusal}");
            await SendAsync(peer, HandoverFrame.Refusal(refusal), cancellation);
            return;
        }

        _node.Log($"process {process} takes over");
        await SendSocketsAsync(peer, cancellation);
        await SendStateAsync(peer, _node.State, cancellation);
        await SendAsync(peer, HandoverFrame.Write(HandoverKind.End, []), cancellation);
        if (await ReadAsync(peer, HandoverKind.Serving, 0, cancellation) is null)
        {
            throw new IOException("it ended the conversation");
        }

        await _node.GiveWayAsync(process);
        await SendStateAsync(peer, _node.State.Where(static state => state.IsLive), cancellation);
        await SendAsync(peer, HandoverFrame.Write(HandoverKind.Left, []), cancellation);
    }

    private async Task SendSocketsAsync(Socket peer, CancellationToken cancellation)
    {
        IReadOnlyList<SharedListener> sockets = await _node.ShareSocketsAsync();
        try
        {
            foreach (SharedListener[] some in sockets.Chunk(DescriptorPassing.MaxDescriptors))
            {
                byte[] frame = HandoverFrame.Sockets(some);
                int[] descriptors = [.. some.Select(static socket => socket.Descriptor)];
                int sent = DescriptorPassing.Send((int)peer.Handle, frame, descriptors);
                if (sent <= 0)
                {
                    throw new IOException($"sockets could not be passed, error {-sent}");
                }

                await SendAsync(peer, frame.AsMemory(sent), cancellation);
            }
        }
        finally
        {
            foreach (SharedListener socket in sockets)
            {
                DescriptorPassing.Close(socket.Descriptor);
            }
        }
    }

    private static async Task SendStateAsync(
        Socket peer, IEnumerable<IHandoverState> states, CancellationToken cancellation)
    {
        foreach (IHandoverState state in states)
        {
            await SendAsync(peer, HandoverFrame.State(state.Name, state.Export()), cancellation);
        }
    }

    private static async Task SendAsync(Socket peer, ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[await peer.SendAsync(bytes, cancellation)..];
        }
    }

    /// <summary>The payload of the next frame; null when the peer ended or sends something else.</summary>
    private static async Task<byte[]?> ReadAsync(
        Socket peer, HandoverKind wanted, int most, CancellationToken cancellation)
    {
        var head = new byte[HandoverFrame.HeadBytes];
        if (!await FillAsync(peer, head, cancellation)
            || !HandoverFrame.TryReadHead(head, out HandoverKind kind, out int length)
            || kind != wanted || length > most)
        {
            return null;
        }

        var payload = new byte[length];
        return await FillAsync(peer, payload, cancellation) ? payload : null;
    }

    private static async Task<bool> FillAsync(Socket peer, Memory<byte> buffer, CancellationToken cancellation)
    {
        while (buffer.Length > 0)
        {
            int received = await peer.ReceiveAsync(buffer, cancellation);
            if (received == 0)
            {
                return false;
            }

            buffer = buffer[received..];
        }

        return true;
    }
}
