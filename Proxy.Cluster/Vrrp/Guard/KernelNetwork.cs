using System.Buffers.Binary;
using System.Text;
using Proxy.Cluster.Vrrp.Packets;
using Proxy.Edge.Os.Network;

namespace Proxy.Cluster.Vrrp.Guard;

/// <summary>Interfaces and addresses of this machine over rtnetlink: asks, changes and hears of changes. Requests are
/// answered within the call (tens of microseconds). One thread; allocates nothing after construction. Results are 0 or
/// a negative error number.</summary>
internal sealed class KernelNetwork : IDisposable
{
    /// <summary>Addresses looked at on the whole machine.</summary>
    public const int MaxAddresses = 4096;

    private const int FamilyNetlink = 16;
    private const int TypeRaw = 3;
    private const int GroupLink = 1;
    private const int GroupIpv4Address = 0x10;
    private const int GroupIpv6Address = 0x100;
    private const int Again = 11;

    private readonly KernelSocket _requests;
    private readonly KernelSocket _events;
    private readonly byte[] _request = new byte[512];
    private readonly byte[] _answer = new byte[64 * 1024];
    private readonly AddressEntry[] _addresses = new AddressEntry[MaxAddresses];
    private int _addressCount;
    private uint _sequence;

    private KernelNetwork(KernelSocket requests, KernelSocket events)
    {
        _requests = requests;
        _events = events;
    }

    /// <summary>Readable when something changed.</summary>
    public int EventDescriptor => _events.Handle;

    /// <summary>As of the last <see cref="ReadAddresses"/>.</summary>
    public ReadOnlySpan<AddressEntry> Addresses => _addresses.AsSpan(0, _addressCount);

    public static KernelNetwork? Open(out int error)
    {
        KernelSocket? requests = KernelSocket.Open(FamilyNetlink, TypeRaw, 0, out error);
        KernelSocket? events = KernelSocket.Open(FamilyNetlink, TypeRaw, 0, out int eventError);
        if (requests is null || events is null)
        {
            requests?.Dispose();
            events?.Dispose();
            error = Math.Max(error, eventError);
            return null;
        }

        Span<byte> address = stackalloc byte[12];
        address.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(address, FamilyNetlink);
        BinaryPrimitives.WriteInt32LittleEndian(address[8..], GroupLink | GroupIpv4Address | GroupIpv6Address);
        error = -events.Bind(address);
        return new KernelNetwork(requests, events);
    }

    /// <summary>Takes everything that was heard; true when there was something. What it says is not looked at: after a
    /// change the state is read anew, which also covers changes that were lost to a full buffer.</summary>
    public bool DrainEvents()
    {
        bool any = false;
        while (_events.Receive(_answer) is var length && length != -Again)
        {
            any = true;
            if (length is <= 0 and not -105)
            {
                break; // 105 = ENOBUFS: some were lost, the rest can be read.
            }
        }

        return any;
    }

    /// <summary>The interface of that name, or -ENODEV.</summary>
    public int FindLink(string name, out LinkEntry link)
    {
        link = default;
        var message = new NetlinkWriter(_request, Netlink.GetLink, Netlink.Request, ++_sequence);
        message.LinkHeader(0, 0, 0);
        WriteName(ref message, name);
        int length = Exchange(message.Finish());
        var answer = new NetlinkReader(_answer.AsSpan(0, Math.Max(0, length)));
        while (length > 0 && answer.NextMessage())
        {
            if (answer.Type == Netlink.NewLink && LinkEntry.TryRead(answer.Body, out link))
            {
                return 0;
            }
        }

        return Math.Min(length, -1);
    }

    /// <summary>Reads all addresses of the machine into <see cref="Addresses"/>.</summary>
    public int ReadAddresses()
    {
        var message = new NetlinkWriter(_request, Netlink.GetAddress, Netlink.Request | Netlink.Dump, ++_sequence);
        message.AddressHeader(0, 0, 0, 0);
        int length = Exchange(message.Finish());
        _addressCount = 0;
        while (length > 0)
        {
            var answer = new NetlinkReader(_answer.AsSpan(0, length));
            while (answer.NextMessage())
            {
                if (answer.Type is Netlink.Done or Netlink.Error)
                {
                    return 0;
                }

                if (answer.Type == Netlink.NewAddress && _addressCount < MaxAddresses
                    && AddressEntry.TryRead(answer.Body, out _addresses[_addressCount]))
                {
                    _addressCount++;
                }
            }

            length = _requests.Receive(_answer);
        }

        return length;
    }

    public bool HasAddress(int link, NetAddress address)
    {
        foreach (ref readonly AddressEntry entry in Addresses)
        {
            if (entry.Link == link && entry.Address == address)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Puts an address on an interface; no error when it is there. For IPv6 without duplicate address
    /// detection, or it could not be used for a second.</summary>
    /// <param name="link">Number of the interface.</param>
    /// <param name="address">The address.</param>
    /// <param name="prefix">Its prefix length.</param>
    /// <param name="seconds">After which the kernel removes it by itself; 0 = never.</param>
    public int AddAddress(int link, NetAddress address, byte prefix, int seconds = 0)
    {
        var message = new NetlinkWriter(
            _request,
            Netlink.NewAddress,
            Netlink.Request | Netlink.Acknowledge | Netlink.Create | Netlink.Replace,
            ++_sequence);
        WriteAddress(ref message, link, address, prefix);
        Span<byte> mark = [Netlink.OwnMark];
        message.Attribute(Netlink.AddressProtocol, mark);
        if (address.Family == IpFamily.V6)
        {
            message.Attribute(Netlink.AddressFlags, Netlink.FlagNoDuplicateDetection);
        }

        if (address.Family == IpFamily.V6 || seconds > 0)
        {
            // Preferred for no time: connections of this machine's own must not start from an address that may move
            // away.
            Span<byte> lifetimes = stackalloc byte[16];
            lifetimes.Clear();
            BinaryPrimitives.WriteUInt32LittleEndian(lifetimes[4..], seconds > 0 ? (uint)seconds : uint.MaxValue);
            message.Attribute(Netlink.AddressCacheInfo, lifetimes);
        }

        return Change(message.Finish());
    }

    public int RemoveAddress(int link, NetAddress address, byte prefix)
    {
        var message = new NetlinkWriter(
            _request, Netlink.DeleteAddress, Netlink.Request | Netlink.Acknowledge, ++_sequence);
        WriteAddress(ref message, link, address, prefix);
        return Change(message.Finish());
    }

    /// <summary>Makes an interface with a MAC of its own on top of another.</summary>
    public int AddMacvlan(string name, int parent, ReadOnlySpan<byte> mac)
    {
        var message = new NetlinkWriter(
            _request,
            Netlink.NewLink,
            Netlink.Request | Netlink.Acknowledge | Netlink.Create | Netlink.Exclusive,
            ++_sequence);
        message.LinkHeader(0, 0, 0);
        WriteName(ref message, name);
        message.Attribute(Netlink.LinkParent, (uint)parent);
        message.Attribute(Netlink.LinkAddress, mac);
        int info = message.BeginNested(Netlink.LinkInfo);
        message.Attribute(Netlink.LinkInfoKind, "macvlan"u8);
        int data = message.BeginNested(Netlink.LinkInfoData);
        message.Attribute(Netlink.MacvlanMode, Netlink.MacvlanPrivate);
        message.EndNested(data);
        message.EndNested(info);
        return Change(message.Finish());
    }

    public int SwitchOn(int link)
    {
        var message = new NetlinkWriter(
            _request, Netlink.NewLink, Netlink.Request | Netlink.Acknowledge, ++_sequence);
        message.LinkHeader(link, Netlink.LinkUp, Netlink.LinkUp);
        return Change(message.Finish());
    }

    public int RemoveLink(int link)
    {
        var message = new NetlinkWriter(
            _request, Netlink.DeleteLink, Netlink.Request | Netlink.Acknowledge, ++_sequence);
        message.LinkHeader(link, 0, 0);
        return Change(message.Finish());
    }

    public void Dispose()
    {
        _requests.Dispose();
        _events.Dispose();
    }

    private static void WriteName(ref NetlinkWriter message, string name)
    {
        Span<byte> bytes = stackalloc byte[VirtualRouterSettings.MaxInterfaceName + 1];
        bytes.Clear();
        int length = Encoding.ASCII.GetBytes(name, bytes);
        message.Attribute(Netlink.LinkName, bytes[..(length + 1)]);
    }

    private static void WriteAddress(ref NetlinkWriter message, int link, NetAddress address, byte prefix)
    {
        const byte ScopeLink = 253;
        Span<byte> bytes = stackalloc byte[16];
        address.Write(bytes);
        ReadOnlySpan<byte> value = bytes[..address.Length];
        message.AddressHeader(
            Netlink.FamilyNumber(address.Family), prefix, address.IsLinkLocal ? ScopeLink : (byte)0, link);
        message.Attribute(Netlink.AddressLocal, value);
        message.Attribute(Netlink.AddressAddress, value);
    }

    /// <summary>Sends and waits for the acknowledgement, which the kernel queues before the send returns.</summary>
    private int Change(ReadOnlySpan<byte> message)
    {
        int length = Exchange(message);
        return length < 0 ? length : 0;
    }

    /// <summary>Length of the first datagram of the answer to this request, or the error it carries.</summary>
    private int Exchange(ReadOnlySpan<byte> message)
    {
        int sent = _requests.Send(message);
        if (sent < 0)
        {
            return sent;
        }

        while (true)
        {
            int length = _requests.Receive(_answer);
            if (length < 0)
            {
                return length;
            }

            var answer = new NetlinkReader(_answer.AsSpan(0, length));
            if (!answer.NextMessage() || answer.Sequence != _sequence)
            {
                continue; // an answer nobody waited for any more
            }

            if (answer.Type == Netlink.Error && answer.Body.Length >= 4
                && BinaryPrimitives.ReadInt32LittleEndian(answer.Body) is < 0 and var error)
            {
                return error;
            }

            return length;
        }
    }
}
