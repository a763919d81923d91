using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Proxy.Edge.Engine;
using Proxy.Edge.Os.OpenSsl;

namespace Proxy.Edge.Tls;

/// <summary>What the TLS channels of one loop share: the place where OpenSSL finds received bytes, the buffer it writes
/// to, and the buffer that plaintext is handed out in. An idle connection owns none of them. Loop thread
/// only.</summary>
public sealed unsafe class TlsLoop : IDisposable, ITurnEnd
{
    /// <summary>Plaintext handed to a handler at once.</summary>
    internal const int PlainBytes = 128 * 1024;

    /// <summary>Ciphertext that makes one send: three records. At 1 MB a response three are 15 % cheaper than ten,
    /// which go beyond the 64 KB that the kernel handles in one piece, and 22 % cheaper than one.</summary>
    internal const int SendBytes = 48 * 1024;

    /// <summary>A send just not complete, and one more record (16 KB and what TLS adds).</summary>
    internal const int OutBytes = SendBytes + (20 * 1024);

    /// <summary>Sessions of all origins that are kept for resumption; each costs a few KB with its
    /// certificates.</summary>
    internal const int MostOriginSessions = 1024;

    private readonly nint _method;
    private readonly Area* _area;
    private bool _collecting;

    public TlsLoop(IEventLoop loop)
    {
        Loop = loop;
        Plain = GC.AllocateUninitializedArray<byte>(Channel.Headroom + PlainBytes + Channel.Tailroom, pinned: true);
        Out = GC.AllocateUninitializedArray<byte>(OutBytes, pinned: true);
        _area = (Area*)NativeMemory.AllocZeroed((nuint)sizeof(Area));
        _area->Loop = GCHandle.ToIntPtr(GCHandle.Alloc(this, GCHandleType.Weak));
        _area->Out = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(Out));
        fixed (byte* name = "loop\0"u8)
        {
            _method = Crypto.BIO_meth_new(Crypto.BIO_TYPE_SOURCE_SINK | 100, name);
        }

        _ = Crypto.BIO_meth_set_read(_method, &Read);
        _ = Crypto.BIO_meth_set_write(_method, &Write);
        _ = Crypto.BIO_meth_set_ctrl(_method, &Control);
    }

    internal IEventLoop Loop { get; }

    internal byte[] Plain { get; }

    internal byte[] Out { get; }

    /// <summary>Bytes OpenSSL has written and nobody has sent yet.</summary>
    internal int OutCount
    {
        get => _area->OutCount;
        set => _area->OutCount = value;
    }

    /// <summary>Whose bytes are in <see cref="Out"/>.</summary>
    internal TlsChannel? OutOwner { get; set; }

    /// <summary>Received bytes that OpenSSL has not taken.</summary>
    internal int InCount => _area->InCount;

    internal byte* In => _area->In;

    /// <summary>Where the next byte of output goes.</summary>
    internal byte* OutEnd => _area->Out + _area->OutCount;

    internal TlsCipherSlots Ciphers { get; } = new();

    internal int OriginSessions { get; set; }

    /// <summary>The areas are a loop's; connections must be gone.</summary>
    public void Dispose()
    {
        Ciphers.Dispose();
        GCHandle.FromIntPtr(_area->Loop).Free();
        NativeMemory.Free(_area);
    }

    /// <summary>The loop of a connection that OpenSSL is working on.</summary>
    internal static TlsLoop Of(nint ssl) =>
        (TlsLoop)GCHandle.FromIntPtr(((Area*)Crypto.BIO_get_data(Ssl.SSL_get_rbio(ssl)))->Loop).Target!;

    public void OnTurnEnd()
    {
        _collecting = false;
        OutOwner?.Flush();
    }

    /// <summary>What is in <see cref="Out"/> leaves at the end of the turn, or when another channel needs the
    /// place.</summary>
    internal void SendAtTurnEnd()
    {
        if (!_collecting)
        {
            _collecting = true;
            Loop.AtTurnEnd(this);
        }
    }

    /// <summary>What OpenSSL writes from now on is this channel's; what another one has not sent yet goes
    /// first.</summary>
    internal void Claim(TlsChannel channel)
    {
        if (!ReferenceEquals(OutOwner, channel))
        {
            OutOwner?.Flush();
            OutOwner = channel;
        }
    }

    internal void SetInput(byte* bytes, int count)
    {
        _area->In = bytes;
        _area->InCount = count;
    }

    /// <summary>Decrypts into <see cref="Plain"/> as much as fits. The end is <see cref="TlsReadEnd.None"/> when more
    /// may be there.</summary>
    internal int Fill(TlsSession session, out TlsReadEnd end)
    {
        int filled = 0;
        fixed (byte* into = &MemoryMarshal.GetArrayDataReference(Plain))
        {
            while (filled <= PlainBytes - 16384)
            {
                filled += session.Read(into + Channel.Headroom + filled, PlainBytes - filled, out end);
                if (end != TlsReadEnd.None)
                {
                    return filled;
                }

                if (InCount == 0 && !session.HasPending)
                {
                    end = TlsReadEnd.Empty;
                    return filled;
                }
            }
        }

        end = TlsReadEnd.None;
        return filled;
    }

    /// <summary>Encrypts into <see cref="Out"/>; what fills it is sent.</summary>
    internal void Encrypt(TlsChannel channel, byte* bytes, int count)
    {
        Claim(channel);
        while (count > 0)
        {
            if (OutCount > SendBytes)
            {
                channel.Flush();
            }

            int written = channel.Write(bytes, count);
            if (written == 0)
            {
                Crypto.ERR_clear_error();
                return;
            }

            bytes += written;
            count -= written;
        }
    }

    /// <summary>A BIO for one connection; SSL_free frees it.</summary>
    internal nint NewBio()
    {
        nint bio = Crypto.BIO_new(_method);
        Crypto.BIO_set_init(bio, 1);
        Crypto.BIO_set_data(bio, (nint)_area);
        return bio;
    }

    [UnmanagedCallersOnly]
    private static int Read(nint bio, byte* into, int count)
    {
        var area = (Area*)Crypto.BIO_get_data(bio);
        Crypto.BIO_clear_flags(bio, Crypto.BIO_FLAGS_ALL_RETRY);
        if (area->InCount == 0)
        {
            Crypto.BIO_set_flags(bio, Crypto.BIO_FLAGS_READ | Crypto.BIO_FLAGS_SHOULD_RETRY);
            return -1;
        }

        int take = Math.Min(count, area->InCount);
        Unsafe.CopyBlockUnaligned(into, area->In, (uint)take);
        area->In += take;
        area->InCount -= take;
        return take;
    }

    [UnmanagedCallersOnly]
    private static int Write(nint bio, byte* from, int count)
    {
        var area = (Area*)Crypto.BIO_get_data(bio);
        Crypto.BIO_clear_flags(bio, Crypto.BIO_FLAGS_ALL_RETRY);
        int take = Math.Min(count, OutBytes - area->OutCount);
        if (take == 0)
        {
            Crypto.BIO_set_flags(bio, WriteRetry);
            return -1;
        }

        Unsafe.CopyBlockUnaligned(area->Out + area->OutCount, from, (uint)take);
        area->OutCount += take;
        return take;
    }

    private const int WriteRetry = 2 | Crypto.BIO_FLAGS_SHOULD_RETRY;

    [UnmanagedCallersOnly]
    private static nint Control(nint bio, int command, nint number, nint pointer) =>
        command is Crypto.BIO_CTRL_FLUSH or Crypto.BIO_CTRL_DUP ? 1 : 0;

    private struct Area
    {
        public byte* In;
        public int InCount;
        public byte* Out;
        public int OutCount;
        public nint Loop;
    }
}
