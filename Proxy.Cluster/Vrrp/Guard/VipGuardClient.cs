using System.Net.Sockets;
using Proxy.Cluster.Vrrp.Machine;
using Proxy.Cluster.Vrrp.Packets;

namespace Proxy.Cluster.Vrrp.Guard;

/// <summary>The node's end of the guard's socket. Order of a session: Hello, then Configure for every router and what
/// is already known about its faults and weights, then Commit; from then on events, orders, and a heartbeat if Hello
/// promised one. Sending is safe from any thread; one reader.</summary>
internal sealed class VipGuardClient : IDisposable
{
    private readonly Socket _socket;
    private readonly byte[] _record = new byte[GuardProtocol.MaxRecord];

    private VipGuardClient(Socket socket) => _socket = socket;

    /// <summary>Throws SocketException when no guard listens there.</summary>
    public static async Task<VipGuardClient> ConnectAsync(string path, CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
            return new VipGuardClient(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <param name="hangAfter">Without any record for this long the node counts as hung; zero = never.</param>
    /// <param name="processId">Whose end is the node's end; 0 = this process.</param>
    /// <param name="threadId">A thread of it that lives as long, by the kernel's number; 0 = none.</param>
    public void Hello(TimeSpan hangAfter, int processId = 0, int threadId = 0)
    {
        Span<byte> record = stackalloc byte[32];
        int length = GuardProtocol.Write(
            record, new GuardHello(processId, (long)hangAfter.TotalMicroseconds, threadId));
        _socket.Send(record[..length]);
    }

    public void Configure(VirtualRouterSettings settings) => _socket.Send(SettingsRecord.Write(settings));

    /// <summary>The configuration is complete: routers not named since Hello go.</summary>
    public void Commit() => Send(GuardRecord.Commit);

    public void Heartbeat() => Send(GuardRecord.Heartbeat);

    /// <summary>Asks for <see cref="GuardEvent.Counters"/> of every router.</summary>
    public void Query() => Send(GuardRecord.Query);

    /// <summary>Every router resigns, and the guard ends.</summary>
    public void Stop() => Send(GuardRecord.Stop);

    public void Fault(ushort id, VrrpTrack track, bool isFaulty) =>
        Order(GuardRecord.Fault, id, (byte)track, isFaulty ? 1 : 0);

    public void Weight(ushort id, VrrpTrack track, int weight) => Order(GuardRecord.Weight, id, (byte)track, weight);

    public void Resign(ushort id) => Order(GuardRecord.Resign, id);

    public void TakeOver(ushort id) => Order(GuardRecord.TakeOver, id);

    /// <summary>When the router steps back next, its addresses stay on the loopback for so long, where nobody is told
    /// of them. Zero: they go now.</summary>
    public void Linger(ushort id, TimeSpan time) =>
        Order(GuardRecord.Linger, id, 0, (int)Math.Ceiling(time.TotalSeconds));

    public void Hint(ushort id, PeerHint hint, NetAddress peer) => Order(GuardRecord.Hint, id, (byte)hint, 0, peer);

    /// <summary>This node ends and another one will connect within that time; until then nothing moves. Zero: give
    /// everything away now.</summary>
    public void Goodbye(TimeSpan keepFor) =>
        Order(GuardRecord.Goodbye, GuardProtocol.All, 0, (int)keepFor.TotalMilliseconds);

    /// <summary>The next event; null when the guard has gone.</summary>
    public async ValueTask<GuardEvent?> ReceiveAsync(CancellationToken cancellation)
    {
        while (true)
        {
            int length;
            try
            {
                length = await _socket.ReceiveAsync(_record, cancellation);
            }
            catch (SocketException)
            {
                return null;
            }

            if (length == 0)
            {
                return null;
            }

            if (GuardEvent.Read(_record.AsSpan(0, length)) is { } known)
            {
                return known;
            }
        }
    }

    public void Dispose() => _socket.Dispose();

    private void Send(GuardRecord kind) => _socket.Send([(byte)kind]);

    private void Order(GuardRecord kind, ushort id, byte source = 0, int amount = 0, NetAddress address = default)
    {
        Span<byte> record = stackalloc byte[32];
        int length = GuardProtocol.WriteOrder(record, kind, id, source, amount, address);
        _socket.Send(record[..length]);
    }
}
