using System.Runtime.InteropServices;

namespace Proxy.Edge.Os.Network;

/// <summary>Open descriptors from process to process over a local stream socket (SCM_RIGHTS, unix(7)). Both processes
/// then share the open file: a listening socket keeps its queue and stays open until the last of them has closed
/// it.</summary>
public static unsafe class DescriptorPassing
{
    /// <summary>The kernel's SCM_MAX_FD is 253.</summary>
    public const int MaxDescriptors = 200;

    private const int SocketLevel = 1;
    private const int Rights = 1;
    private const int HeaderBytes = 16;
    private const int ControlBytes = HeaderBytes + (MaxDescriptors * sizeof(int));
    private const int CloseOnExec = 0x40000000;
    private const int NoSignal = 0x4000;
    private const int DuplicateCloseOnExec = 1030;
    private const int SetDescriptorFlags = 2;

    /// <summary>Sends bytes, and the descriptors with the first of them. Bytes sent, or the negative error
    /// number.</summary>
    public static int Send(int socket, ReadOnlySpan<byte> data, ReadOnlySpan<int> descriptors)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(descriptors.Length, MaxDescriptors);
        // struct cmsghdr: length, level, type; then the descriptors.
        byte* control = stackalloc byte[ControlBytes];
        *(nuint*)control = (nuint)(HeaderBytes + (descriptors.Length * sizeof(int)));
        *(int*)(control + 8) = SocketLevel;
        *(int*)(control + 12) = Rights;
        descriptors.CopyTo(new Span<int>(control + HeaderBytes, MaxDescriptors));
        fixed (byte* pointer = data)
        {
            MessagePart part = new() { Base = pointer, Length = (nuint)data.Length };
            MessageHeader message = new() { Parts = &part, PartCount = 1 };
            if (descriptors.Length > 0)
            {
                message.Control = control;
                message.ControlLength = (nuint)(HeaderBytes + (descriptors.Length * sizeof(int)));
            }

            nint sent = NetworkLibc.sendmsg(socket, &message, NoSignal);
            return sent < 0 ? -Marshal.GetLastPInvokeError() : (int)sent;
        }
    }

    /// <summary>Receives bytes and appends the descriptors that come with them; they are the caller's to close. Bytes
    /// received, 0 at the end, or the negative error number.</summary>
    public static int Receive(int socket, Span<byte> data, ICollection<int> descriptors)
    {
        byte* control = stackalloc byte[ControlBytes];
        fixed (byte* pointer = data)
        {
            MessagePart part = new() { Base = pointer, Length = (nuint)data.Length };
            MessageHeader message = new()
            {
                Parts = &part, PartCount = 1, Control = control, ControlLength = ControlBytes,
            };
            nint received = NetworkLibc.recvmsg(socket, &message, CloseOnExec);
            if (received < 0)
            {
                return -Marshal.GetLastPInvokeError();
            }

            bool hasRights = message.ControlLength >= HeaderBytes && *(int*)(control + 8) == SocketLevel
                && *(int*)(control + 12) == Rights;
            int count = hasRights ? ((int)*(nuint*)control - HeaderBytes) / sizeof(int) : 0;
            for (int i = 0; i < count; i++)
            {
                descriptors.Add(*(int*)(control + HeaderBytes + (i * sizeof(int))));
            }

            return (int)received;
        }
    }

    /// <summary>Another descriptor of the same open file; negative error number when there is none left.</summary>
    public static int Duplicate(int descriptor)
    {
        int duplicate = NetworkLibc.fcntl(descriptor, DuplicateCloseOnExec, 0);
        return duplicate < 0 ? -Marshal.GetLastPInvokeError() : duplicate;
    }

    /// <summary>The runtime disconnects a socket when it closes it, for everybody who shares it, unless children may
    /// inherit it. From now on they may.</summary>
    public static void MarkShared(int descriptor) => _ = NetworkLibc.fcntl(descriptor, SetDescriptorFlags, 0);

    public static void Close(int descriptor) => _ = NetworkLibc.close(descriptor);
}
