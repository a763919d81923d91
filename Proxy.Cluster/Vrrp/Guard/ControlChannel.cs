#pragma warning disable CA1416 // File rights: the product runs on Linux only.
using System.Buffers.Binary;
using System.Text;
using Proxy.Edge.Os.Network;

namespace Proxy.Cluster.Vrrp.Guard;

/// <summary>The guard's local socket: one node at a time, the newest wins, because a restarting node's successor may
/// come before its predecessor's end is seen. Records keep their boundaries (SOCK_SEQPACKET). One thread.</summary>
internal sealed class ControlChannel : IDisposable
{
    private const int FamilyUnix = 1;
    private const int TypeSequencedPacket = 5;
    private const int Again = -11;
    private const string EarlySuffix = "~";
    private const int MaxPath = 106; // the kernel takes 107, and the suffix is one

    private readonly KernelSocket _listener;
    private readonly string _path;
    private readonly byte[] _record = new byte[GuardProtocol.MaxRecord];
    private KernelSocket? _node;

    private ControlChannel(KernelSocket listener, string path)
    {
        _listener = listener;
        _path = path;
    }

    public int ListenDescriptor => _listener.Handle;

    /// <summary>-1 without a node.</summary>
    public int NodeDescriptor => _node?.Handle ?? -1;

    public bool HasNode => _node is not null;

    /// <summary>Null when the path cannot be used; <paramref name="problem"/> says why.</summary>
    public static ControlChannel? Open(string path, out string problem)
    {
        problem = "";
        if (Encoding.UTF8.GetByteCount(path) > MaxPath)
        {
            problem = $"{path}: longer than {MaxPath} bytes";
            return null;
        }

        byte[] address = AddressOf(path);
        KernelSocket? listener = KernelSocket.Open(FamilyUnix, TypeSequencedPacket, 0, out int error);
        if (listener is null)
        {
            problem = $"{path}: error {error}";
            return null;
        }

        using (KernelSocket? probe = KernelSocket.Open(FamilyUnix, TypeSequencedPacket, 0, out _))
        {
            if (probe?.Connect(address) == 0)
            {
                problem = $"{path}: another guard listens there";
                listener.Dispose();
                return null;
            }
        }

        // Under another name until it listens: whoever sees the path can connect.
        string early = path + EarlySuffix;
        File.Delete(early);
        int result = listener.Bind(AddressOf(early));
        if (result == 0)
        {
            // Whoever may write here moves addresses.
            File.SetUnixFileMode(early, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            result = listener.Listen(4);
        }

        if (result < 0)
        {
            problem = $"{path}: error {-result}";
            listener.Dispose();
            return null;
        }

        File.Move(early, path, overwrite: true);
        return new ControlChannel(listener, path);
    }

    public static byte[] AddressOf(string path) => [FamilyUnix, 0, .. Encoding.UTF8.GetBytes(path), 0];

    /// <summary>Takes a waiting node; true when there was one.</summary>
    public bool Accept()
    {
        if (_listener.Accept(out _) is not { } node)
        {
            return false;
        }

        _node?.Send([(byte)GuardRecord.Replaced]);
        _node?.Dispose();
        _node = node;
        return true;
    }

    /// <summary>The process at the other end, 0 when unknown.</summary>
    public int NodeProcess()
    {
        Span<byte> credentials = stackalloc byte[12]; // struct ucred
        return _node?.GetOption(1, 17, credentials) == 0 ? BinaryPrimitives.ReadInt32LittleEndian(credentials) : 0;
    }

    /// <summary>The next record; good until the next call. Empty and true: the node has gone. False: nothing waits.
    /// </summary>
    public bool TryReceive(out ReadOnlySpan<byte> record)
    {
        record = default;
        if (_node is null)
        {
            return false;
        }

        int length = _node.Receive(_record);
        if (length == Again)
        {
            return false;
        }

        if (length > 0)
        {
            record = _record.AsSpan(0, length);
            return true;
        }

        _node.Dispose();
        _node = null;
        return true;
    }

    /// <summary>To the node, if there is one. A node that does not read loses records; it gets all states again when it
    /// commits its configuration.</summary>
    public void Send(ReadOnlySpan<byte> record) => _node?.Send(record);

    public void Dispose()
    {
        // The node hears of it last: it may start another guard at once, whose socket must not be the one deleted.
        File.Delete(_path);
        _listener.Dispose();
        _node?.Dispose();
    }
}
