using System.Runtime.InteropServices;
using Proxy.Edge.Buffers;
using Proxy.Edge.Engine;
using Proxy.Edge.Os.OpenSsl;

namespace Proxy.Edge.Tls;

/// <summary>What the handler did before the handshake was done, and can only be done behind it.</summary>
internal enum EarlyEnd : byte
{
    None,
    Shutdown,
    Close,
}

/// <summary>Early data (0-RTT, RFC 8446 §2.3) of one connection, up to the end of its handshake. Only where a listener
/// takes it. Loop thread only.</summary>
internal sealed unsafe class TlsEarlyData(TlsServerHandshake handshake)
{
    private KeptBytes _kept;

    /// <summary>OpenSSL has not said yet that no more comes.</summary>
    public bool IsReading { get; private set; } = true;

    /// <summary>Some was taken, and the handler is connected.</summary>
    public bool HasBegun { get; set; }

    /// <summary>Plaintext waits for a handler that had paused.</summary>
    public bool HasKept => _kept.Count > 0;

    public EarlyEnd End { get; set; }

    /// <summary>A step of the handshake, and the early data that comes with it. Answers as SSL_do_handshake does; the
    /// channel may be closed afterwards.</summary>
    public int Step(TlsChannel channel, TlsLoop shared, nint ssl)
    {
        handshake.Now = shared.Loop.Now;
        while (true)
        {
            int result = Read(ssl, shared.Plain, out int count);
            if (result == Ssl.SSL_READ_EARLY_DATA_FINISH)
            {
                IsReading = false;
                return TlsCallbacks.Step(ssl, handshake);
            }

            if (result != Ssl.SSL_READ_EARLY_DATA_SUCCESS)
            {
                return 0;
            }

            if (!HasBegun)
            {
                HasBegun = true;
                channel.Handler.OnConnected();
            }

            Pass(channel, shared, count);
            if (!channel.IsOpen)
            {
                return 0;
            }

            shared.Claim(channel);
        }
    }

    /// <summary>To the handler; aside when it has paused, or when older waits. OpenSSL keeps to the limit of early
    /// data, so that it cannot grow.</summary>
    private void Pass(TlsChannel channel, TlsLoop shared, int count)
    {
        if (channel.TakesInput && _kept.Count == 0)
        {
            channel.Show(shared.Plain, count);
        }
        else if (channel.IsOpen)
        {
            _kept.Add(shared.Loop.Buffers, shared.Plain.AsSpan(Channel.Headroom, count));
        }
    }

    private int Read(nint ssl, byte[] plain, out int count)
    {
        fixed (byte* into = &MemoryMarshal.GetArrayDataReference(plain))
        {
            return TlsCallbacks.ReadEarly(ssl, into + Channel.Headroom, TlsLoop.PlainBytes, out count, handshake);
        }
    }

    /// <summary>Moves what was put aside back into the loop's plaintext; returns how much it is.</summary>
    public int Restore(TlsLoop shared)
    {
        byte[] kept = _kept.Take(out int count)!;
        kept.AsSpan(0, count).CopyTo(shared.Plain.AsSpan(Channel.Headroom));
        shared.Loop.Buffers.Return(kept);
        return count;
    }

    /// <summary>SSL_write to a client that has not finished its handshake. What it gets is no secret of its own: it has
    /// shown that it knows the ticket.</summary>
    public static int Write(nint ssl, byte* bytes, int count)
    {
        nuint written = 0;
        return Ssl.SSL_write_early_data(ssl, bytes, (nuint)count, &written) == 1 ? (int)written : -1;
    }

    public void Drop(BufferPool buffers) => _kept.Drop(buffers);
}
