using System.Buffers.Binary;
using System.Net;
using System.Text;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Os.Native;

/// <summary>Translates between our addresses and the kernel's sockaddr structures.</summary>
internal static class SocketAddress
{
    /// <summary>sizeof(struct sockaddr_un), the largest in use.</summary>
    public const int MaxLength = 110;

    public static int Family(SocketTarget target) =>
        target.IsUnix ? Libc.AF_UNIX
        : target.Ip!.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? Libc.AF_INET
        : Libc.AF_INET6;

    /// <summary>Writes the sockaddr; returns its length.</summary>
    public static int Write(SocketTarget target, Span<byte> destination)
    {
        destination[..MaxLength].Clear();
        int family = Family(target);
        BinaryPrimitives.WriteUInt16LittleEndian(destination, (ushort)family);
        if (family == Libc.AF_UNIX)
        {
            int length = Encoding.UTF8.GetBytes(target.UnixPath!, destination.Slice(2, 107));
            return 2 + length + 1;
        }

        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)target.Port);
        if (family == Libc.AF_INET)
        {
            target.Ip!.TryWriteBytes(destination[4..], out _);
            return 16;
        }

        target.Ip!.TryWriteBytes(destination[8..], out _);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[24..], (uint)target.Ip!.ScopeId);
        return 28;
    }

    /// <summary>Address and port of a peer as accept returned it; unknown for a Unix socket.</summary>
    public static ClientAddress Read(ReadOnlySpan<byte> address, out int port)
    {
        port = BinaryPrimitives.ReadUInt16BigEndian(address[2..]);
        switch (BinaryPrimitives.ReadUInt16LittleEndian(address))
        {
            case Libc.AF_INET:
                return ClientAddress.FromIpv4(BinaryPrimitives.ReadUInt32BigEndian(address[4..]));
            case Libc.AF_INET6:
                return ClientAddress.FromIpv6(address.Slice(8, 16));
            default:
                port = 0;
                return ClientAddress.Unknown;
        }
    }

    public static SocketTarget ReadTarget(ReadOnlySpan<byte> address, SocketTarget asked)
    {
        if (asked.IsUnix)
        {
            return asked;
        }

        int port = BinaryPrimitives.ReadUInt16BigEndian(address[2..]);
        return SocketTarget.Inet(asked.Ip ?? IPAddress.Any, port);
    }
}
