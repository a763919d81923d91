using System.Runtime.InteropServices;

namespace Proxy.Edge.Os.Network;

/// <summary>A socket of any family, of which the runtime's own class knows only some: raw IP of any protocol, netlink,
/// packet sockets, local sequenced packets. Always non-blocking. Every call returns what the kernel does, or the
/// negative error number; none allocates after opening. One thread at a time. Addresses and control data are the
/// kernel's structures as bytes.</summary>
public sealed unsafe class KernelSocket : IDisposable
{
    private const int NonBlockingCloseOnExec = 0x80800;
    private const int NoSignal = 0x4000;
    private const int PidfdThread = 0x80;

    private KernelSocket(int handle) => Handle = handle;

    /// <summary>The descriptor, -1 when closed.</summary>
    public int Handle { get; private set; }

    /// <summary>Null when the kernel refuses; then <paramref name="error"/> is the positive error number.</summary>
    public static KernelSocket? Open(int family, int type, int protocol, out int error) =>
        Wrap(NetworkLibc.socket(family, type | NonBlockingCloseOnExec, protocol), out error);

    /// <summary>Becomes readable when the process ends (pidfd).</summary>
    public static KernelSocket? OpenProcess(int processId, out int error) =>
        Wrap(NetworkLibc.pidfd_open(processId, 0), out error);

    /// <summary>Becomes readable when the thread ends. Null on Linux before 6.9.</summary>
    public static KernelSocket? OpenThread(int threadId, out int error) =>
        Wrap(NetworkLibc.pidfd_open(threadId, PidfdThread), out error);

    public KernelSocket? Accept(out int error) =>
        Wrap(NetworkLibc.accept4(Handle, null, null, NonBlockingCloseOnExec), out error);

    public int SetOption(int level, int option, int value) =>
        Result(NetworkLibc.setsockopt(Handle, level, option, &value, sizeof(int)));

    public int SetOption(int level, int option, ReadOnlySpan<byte> value)
    {
        fixed (byte* pointer = value)
        {
            return Result(NetworkLibc.setsockopt(Handle, level, option, pointer, (uint)value.Length));
        }
    }

    public int GetOption(int level, int option, Span<byte> value)
    {
        uint length = (uint)value.Length;
        fixed (byte* pointer = value)
        {
            return Result(NetworkLibc.getsockopt(Handle, level, option, pointer, &length));
        }
    }

    public int Bind(ReadOnlySpan<byte> address)
    {
        fixed (byte* pointer = address)
        {
            return Result(NetworkLibc.bind(Handle, pointer, (uint)address.Length));
        }
    }

    public int Connect(ReadOnlySpan<byte> address)
    {
        fixed (byte* pointer = address)
        {
            return Result(NetworkLibc.connect(Handle, pointer, (uint)address.Length));
        }
    }

    public int Listen(int backlog) => Result(NetworkLibc.listen(Handle, backlog));

    /// <summary>Sends one message; empty address and control data mean none.</summary>
    public int Send(
        ReadOnlySpan<byte> data, ReadOnlySpan<byte> address = default, ReadOnlySpan<byte> control = default)
    {
        fixed (byte* bytes = data, name = address, ancillary = control)
        {
            MessagePart part = new() { Base = bytes, Length = (nuint)data.Length };
            MessageHeader message = Message(&part, name, address.Length, ancillary, control.Length);
            return Result((int)NetworkLibc.sendmsg(Handle, &message, NoSignal));
        }
    }

    /// <summary>Receives one message.</summary>
    public int Receive(Span<byte> data) => Receive(data, default, default, out _);

    /// <summary>Receives one message with the sender's address and the control data; buffers may be empty.</summary>
    public int Receive(Span<byte> data, Span<byte> address, Span<byte> control, out int controlLength)
    {
        fixed (byte* bytes = data, name = address, ancillary = control)
        {
            MessagePart part = new() { Base = bytes, Length = (nuint)data.Length };
            MessageHeader message = Message(&part, name, address.Length, ancillary, control.Length);
            int result = Result((int)NetworkLibc.recvmsg(Handle, &message, 0));
            controlLength = result < 0 ? 0 : (int)message.ControlLength;
            return result;
        }
    }

    public void Dispose()
    {
        if (Handle >= 0)
        {
            _ = NetworkLibc.close(Handle);
            Handle = -1;
        }
    }

    private static MessageHeader Message(
        MessagePart* part, byte* address, int addressLength, byte* control, int controlLength) => new()
    {
        Name = address,
        NameLength = (uint)addressLength,
        Parts = part,
        PartCount = 1,
        Control = control,
        ControlLength = (nuint)controlLength,
    };

    private static int Result(int result) => result < 0 ? -Marshal.GetLastPInvokeError() : result;

    private static KernelSocket? Wrap(int handle, out int error)
    {
        error = handle < 0 ? Marshal.GetLastPInvokeError() : 0;
        return handle < 0 ? null : new KernelSocket(handle);
    }
}
