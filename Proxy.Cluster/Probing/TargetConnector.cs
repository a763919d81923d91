using System.Net;
using System.Net.Sockets;
using Proxy.Edge.Topology;

namespace Proxy.Cluster.Probing;

/// <summary>Opens a connection to the first of several addresses that accepts, as requests do.</summary>
internal static class TargetConnector
{
    /// <summary>The caller owns the socket. Fails with the <see cref="SocketException"/> of the last address, or when cancelled.</summary>
    /// <param name="perTarget">Share of the time for each address but the last, so that a silent one leaves time for the others.</param>
    public static async ValueTask<Socket> ConnectAsync(
        IReadOnlyList<SocketTarget> targets, TimeSpan perTarget, TimeProvider time, CancellationToken cancellation)
    {
        for (int i = 0; ; i++)
        {
            bool last = i == targets.Count - 1;
            using var limit = new CancellationTokenSource(last ? Timeout.InfiniteTimeSpan : perTarget, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
            try
            {
                return await ConnectAsync(targets[i], either.Token);
            }
            catch (Exception error) when (!last && !cancellation.IsCancellationRequested && Says(error, limit.Token))
            {
                // The next address may do better.
            }
        }
    }

    private static bool Says(Exception error, CancellationToken limit) =>
        (error is SocketException { SocketErrorCode: var code } && !IsOwnTrouble(code))
        || (error is OperationCanceledException && limit.IsCancellationRequested);

    /// <summary>True for failures of this process, which say nothing about the other side.</summary>
    public static bool IsOwnTrouble(SocketError code) =>
        code is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable;

    private static async ValueTask<Socket> ConnectAsync(SocketTarget target, CancellationToken cancellation)
    {
        EndPoint address = target.IsUnix
            ? new UnixDomainSocketEndPoint(target.UnixPath!)
            : new IPEndPoint(target.Ip!, target.Port);
        var socket = target.IsUnix
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(target.Ip!.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address, cancellation);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
