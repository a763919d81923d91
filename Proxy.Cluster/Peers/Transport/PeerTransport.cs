using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Proxy.Cluster.Peers.Codec;
using Proxy.Cluster.Peers.Mesh;
using Proxy.Cluster.Peers.Session;

namespace Proxy.Cluster.Peers.Transport;

/// <summary>Sockets for a mesh machine: calls and takes calls, reads into sessions, writes what waits in their
/// outboxes. The machine is only touched inside <c>step</c>, which holds the mesh's lock.</summary>
internal sealed class PeerTransport(
    MeshMachine machine, Action<Action<MeshMachine, PeerInstant>> step, PeerLoop loop, PeerTlsFiles? tls,
    TimeProvider time, ILogger logger) : IDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan TellAgain = TimeSpan.FromMinutes(1);
    private const int MostTold = 64;
    private const int CloseAfter = 1_000;

    private readonly Dictionary<long, PeerConnection> _connections = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<string, long> _told = new(StringComparer.Ordinal);
    private Socket? _listener;

    /// <param name="problem">Why the address cannot be used.</param>
    public bool TryListen(IPEndPoint address, [NotNullWhen(true)] out IPEndPoint? bound, out string problem)
    {
        _listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            _listener.Bind(address);
            _listener.Listen(128);
        }
        catch (SocketException error)
        {
            _listener.Dispose();
            bound = null;
            problem = error.Message;
            return false;
        }

        _ = AcceptAsync(_listener);
        bound = (IPEndPoint)_listener.LocalEndPoint!;
        problem = "";
        return true;
    }

    /// <summary>Under the lock, after every step: the connections that have something to write and nobody who does.
    /// <see cref="Write"/> is for the caller to do, without the lock.</summary>
    public List<PeerConnection>? TakeSendable()
    {
        List<PeerConnection>? found = null;
        foreach (PeerSession session in machine.Sendable)
        {
            if (_connections.TryGetValue(session.Connection, out PeerConnection? connection) && !connection.IsWriting)
            {
                connection.IsWriting = true;
                (found ??= []).Add(connection);
            }
        }

        return found;
    }

    /// <summary>Writes what the socket takes at once; the rest goes on by itself.</summary>
    public void Write(PeerConnection connection) => _ = WriteAsync(connection);

    public void Dial(MeshEffect.Dial dial) => _ = DialAsync(dial.Connection, dial.Target);

    /// <summary>Under the lock.</summary>
    public void Close(long connection, PeerInstant now)
    {
        if (!_connections.TryGetValue(connection, out PeerConnection? known))
        {
            machine.Closed(connection, "closed", now);
            return;
        }

        if (machine.Find(connection) is null)
        {
            Remove(connection);
            return;
        }

        known.CloseAt = now.Monotonic + CloseAfter;
        if (!known.IsWriting && !known.Session.Outbox.HasFrames)
        {
            known.EndSending();
        }
    }

    /// <summary>Under the lock, some times a second: ends what should have ended by itself.</summary>
    public void Tick(PeerInstant now)
    {
        foreach (PeerConnection connection in _connections.Values.Where(
            c => c.CloseAt > 0 && c.CloseAt <= now.Monotonic)
            .ToList())
        {
            machine.Closed(connection.Session.Connection, "closed", now);
            Remove(connection.Session.Connection);
        }
    }

    /// <summary>Under the lock. What waits is not sent any more.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _listener?.Dispose();
        foreach (long connection in _connections.Keys.ToList())
        {
            Remove(connection);
        }
    }

    private void Remove(long connection)
    {
        if (_connections.Remove(connection, out PeerConnection? removed))
        {
            removed.Dispose();
        }
    }

    private async Task AcceptAsync(Socket listener)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                _ = WelcomeAsync(await listener.AcceptAsync(_stop.Token));
            }
            catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                // Out of descriptors, or the caller left: the next one may do better.
                await Task.Delay(TimeSpan.FromMilliseconds(100), time, CancellationToken.None);
            }
        }
    }

    private async Task WelcomeAsync(Socket socket)
    {
        string address = socket.RemoteEndPoint?.ToString() ?? "?";
        var plain = new LoopStream(loop, socket);
        (Stream Stream, IReadOnlyList<string>? Names)? opened = await OpenAsync(plain, address, asServer: true);
        if (opened is not { } open)
        {
            return;
        }

        PeerConnection? connection = null;
        step((mesh, now) =>
        {
            if (!_stop.IsCancellationRequested && mesh.Accept(address, open.Names, now) is { } session)
            {
                connection = new PeerConnection(session, plain, open.Stream);
                _connections.Add(session.Connection, connection);
            }
        });
        await RunAsync(connection, plain);
    }

    private async Task DialAsync(long id, PeerTarget target)
    {
        await Task.Yield(); // The caller has the lock.
        LoopStream? plain = null;
        string why = "not connected";
        (Stream Stream, IReadOnlyList<string>? Names)? opened = null;
        try
        {
            using var timeout = new CancellationTokenSource(ConnectTimeout, time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _stop.Token);
            PeerAddress address = PeerAddress.Parse(target.Address)
                ?? throw new SocketException((int)SocketError.AddressNotAvailable);
            plain = await LoopStream.ConnectAsync(loop, address, both.Token);
            opened = await OpenAsync(plain, target.Address, asServer: false);
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            why = error.Message;
        }

        PeerConnection? connection = null;
        step((mesh, now) =>
        {
            if (opened is { } open && mesh.Find(id) is { State: SessionState.Dialing } session
                && !_stop.IsCancellationRequested)
            {
                connection = new PeerConnection(session, plain!, open.Stream); // Opened, so connected.
                _connections.Add(id, connection);
                mesh.Connected(id, open.Names, now);
            }
            else
            {
                mesh.Closed(id, why, now);
            }
        });
        await RunAsync(connection, plain);
    }

    private async Task<(Stream Stream, IReadOnlyList<string>? Names)?> OpenAsync(
        LoopStream plain, string address, bool asServer)
    {
        try
        {
            if (tls is null)
            {
                return (plain, null);
            }

            using var timeout = new CancellationTokenSource(HandshakeTimeout, time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _stop.Token);
            return await PeerTls.SecureAsync(plain, tls, asServer, both.Token);
        }
        catch (Exception error) when (error is AuthenticationException or IOException or SocketException
            or OperationCanceledException or CryptographicException or UnauthorizedAccessException
            or ObjectDisposedException)
        {
            if (!_stop.IsCancellationRequested)
            {
                TellTls(address, error.Message);
            }

            await plain.DisposeAsync();
            return null;
        }
    }

    private async Task RunAsync(PeerConnection? connection, LoopStream? plain)
    {
        if (connection is null)
        {
            plain?.Dispose();
            return;
        }

        string why = "closed by the peer";
        long id = connection.Session.Connection;
        bool heard = false;
        try
        {
            int count;
            while ((count = await connection.Stream.ReadAsync(connection.Session.Reader.Free)) > 0)
            {
                int read = count;
                heard = true;
                step((mesh, now) => mesh.Received(id, read, now));
            }
        }
        catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException
            or OperationCanceledException)
        {
            why = error.InnerException?.Message ?? error.Message;
        }

        if (!heard && !_stop.IsCancellationRequested)
        {
            // A refused certificate shows like this only, as the other side is done with the handshake last.
            TellTls(connection.Session.Address, tls is null
                ? $"it hung up without a word ({why}); perhaps it wants a cluster.peers.certificate from this node"
                : $"it hung up without a word ({why}); its log says why, perhaps it does not trust "
                    + "cluster.peers.certificate of this node");
        }

        step((mesh, now) =>
        {
            mesh.Closed(id, why, now);
            Remove(id);
        });
    }

    /// <summary>A peer calls again and again, each time from another port.</summary>
    private void TellTls(string address, string why)
    {
        string what = $"{PeerAddress.Parse(address)?.Host ?? address} {why}";
        lock (_told)
        {
            foreach (string old in _told.Where(one => time.GetElapsedTime(one.Value) >= TellAgain)
                .Select(static one => one.Key).ToList())
            {
                _told.Remove(old);
            }

            if (_told.Count >= MostTold || !_told.TryAdd(what, time.GetTimestamp()))
            {
                return;
            }
        }

        PeerLog.TlsFailed(logger, address, why);
    }

    private async Task WriteAsync(PeerConnection connection)
    {
        long id = connection.Session.Connection;
        int sent = 0;
        FrameBuffer? frame = null;
        try
        {
            while (true)
            {
                ReadOnlyMemory<byte> next = default;
                step((mesh, now) =>
                {
                    frame?.Release();
                    frame = null;
                    if (sent > 0)
                    {
                        mesh.Sent(id, sent, now);
                    }

                    next = connection.Next(out frame);
                    connection.IsWriting = !next.IsEmpty;
                    if (next.IsEmpty && connection.CloseAt > 0)
                    {
                        connection.EndSending();
                    }
                });
                if (next.IsEmpty)
                {
                    return;
                }

                await connection.Stream.WriteAsync(next);
                sent = next.Length;
            }
        }
        catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException
            or OperationCanceledException)
        {
            // The reader of the connection notices too, and says why.
            step((_, _) =>
            {
                frame?.Release();
                Remove(id);
            });
        }
    }
}
