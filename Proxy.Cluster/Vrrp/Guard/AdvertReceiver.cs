using System.Buffers.Binary;
using System.Text;
using Proxy.Cluster.Vrrp.Packets;
using Proxy.Edge.Os.Network;

namespace Proxy.Cluster.Vrrp.Guard;

/// <summary>Receives the VRRP packets of one protocol on one interface. One thread; allocates nothing after opening.
/// </summary>
internal sealed class AdvertReceiver : IDisposable
{
    private const int TypeRaw = 3;
    private const int LevelIpv6 = 41;

    // A process that was stopped must find the adverts of that time when it goes on.
    private const int ReceiveBuffer = 256 * 1024;

    private readonly KernelSocket _socket;
    private readonly byte[] _packet = new byte[16 * 1024];

    private AdvertReceiver(KernelSocket socket, IpFamily family)
    {
        _socket = socket;
        Family = family;
    }

    public IpFamily Family { get; }

    public int Descriptor => _socket.Handle;

    public static AdvertReceiver? Open(IpFamily family, string name, int link, out int error)
    {
        KernelSocket? socket = KernelSocket.Open(
            Netlink.FamilyNumber(family), TypeRaw, VrrpChecksum.Protocol, out error);
        if (socket is null)
        {
            return null;
        }

        Span<byte> device = stackalloc byte[VirtualRouterSettings.MaxInterfaceName + 1];
        device.Clear();
        Encoding.ASCII.GetBytes(name, device);
        int result = socket.SetOption(1, 25, device); // SO_BINDTODEVICE
        socket.SetOption(1, 8, ReceiveBuffer); // SO_RCVBUF
        result = Math.Min(result, family == IpFamily.V4 ? JoinIpv4(socket, link) : JoinIpv6(socket, link));
        if (result < 0)
        {
            error = -result;
            socket.Dispose();
            return null;
        }

        return new AdvertReceiver(socket, family);
    }

    /// <summary>The next packet that waits, or false. The message is good until the next call.</summary>
    public bool TryReceive(out VrrpEnvelope envelope, out ReadOnlySpan<byte> message)
    {
        Span<byte> address = stackalloc byte[28];
        Span<byte> control = stackalloc byte[128];
        while (true)
        {
            int length = _socket.Receive(_packet, address, control, out int controlLength);
            envelope = default;
            message = default;
            if (length < 0)
            {
                return false;
            }

            ReadOnlySpan<byte> packet = _packet.AsSpan(0, length);
            if (Family == IpFamily.V6)
            {
                envelope = ReadEnvelope(address, control[..controlLength]);
                message = packet;
                return true;
            }

            if (VrrpPacketReader.TryReadIpv4(packet, out envelope, out message))
            {
                return true;
            }
        }
    }

    public void Dispose() => _socket.Dispose();

    private static int JoinIpv4(KernelSocket socket, int link)
    {
        Span<byte> request = stackalloc byte[12]; // struct ip_mreqn
        request.Clear();
        VrrpRules.Group(IpFamily.V4).Write(request);
        BinaryPrimitives.WriteInt32LittleEndian(request[8..], link);
        return socket.SetOption(0, 35, request); // IP_ADD_MEMBERSHIP
    }

    private static int JoinIpv6(KernelSocket socket, int link)
    {
        Span<byte> request = stackalloc byte[20]; // struct ipv6_mreq
        VrrpRules.Group(IpFamily.V6).Write(request);
        BinaryPrimitives.WriteInt32LittleEndian(request[16..], link);
        socket.SetOption(LevelIpv6, 49, 1); // IPV6_RECVPKTINFO
        socket.SetOption(LevelIpv6, 51, 1); // IPV6_RECVHOPLIMIT
        return socket.SetOption(LevelIpv6, 20, request); // IPV6_JOIN_GROUP
    }

    /// <summary>IPv6 raw sockets deliver no header; destination and hop limit come beside the packet.</summary>
    private static VrrpEnvelope ReadEnvelope(ReadOnlySpan<byte> address, ReadOnlySpan<byte> control)
    {
        NetAddress destination = default;
        int hops = 0;
        while (control.Length >= 16)
        {
            int length = (int)BinaryPrimitives.ReadInt64LittleEndian(control);
            if (length < 16 || length > control.Length)
            {
                break;
            }

            ReadOnlySpan<byte> value = control[16..length];
            switch (BinaryPrimitives.ReadInt32LittleEndian(control[12..]))
            {
                case 50 when value.Length >= 16: // IPV6_PKTINFO
                    destination = NetAddress.Read(IpFamily.V6, value);
                    break;
                case 52 when value.Length >= 4: // IPV6_HOPLIMIT
                    hops = BinaryPrimitives.ReadInt32LittleEndian(value);
                    break;
            }

            control = control[Math.Min(control.Length, (length + 7) & ~7)..];
        }

        return new VrrpEnvelope(NetAddress.Read(IpFamily.V6, address[8..]), destination, hops);
    }
}
