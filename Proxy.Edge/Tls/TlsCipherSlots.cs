using Proxy.Edge.Os.OpenSsl;

namespace Proxy.Edge.Tls;

/// <summary>OpenSSL's cipher contexts, lent to the connections of one loop. A context is over a kilobyte, and giving it
/// another key takes 0.2 µs, so busy connections find theirs as they left it and idle ones own none. Loop thread
/// only.</summary>
internal sealed unsafe class TlsCipherSlots : IDisposable
{
    /// <summary>A power of two. All slots in use take about 1 MB a loop for a suite.</summary>
    private const int Slots = 512;

    private readonly Slot[]?[] _opening = new Slot[]?[TlsRecordSuite.All.Length];
    private readonly Slot[]?[] _sealing = new Slot[]?[TlsRecordSuite.All.Length];
    private int _connections;

    /// <summary>Number for a new connection; neighbours get different slots.</summary>
    public int NextNumber() => _connections++ & (Slots - 1);

    /// <summary>A context with the key of one direction of a connection. Good for one record.</summary>
    public nint Take(TlsRecords owner, bool seal)
    {
        ref Slot slot = ref ((seal ? _sealing : _opening)[owner.Suite.Index] ??= new Slot[Slots])[owner.Number];
        if (!ReferenceEquals(slot.Owner, owner))
        {
            // Nobody's while it changes hands: a failure must not leave one connection with another's key.
            slot.Owner = null;
            nint cipher = 0;
            if (slot.Context == 0)
            {
                slot.Context = Crypto.EVP_CIPHER_CTX_new();
                cipher = owner.Suite.Cipher;
            }

            fixed (byte* key = owner.Key(seal))
            {
                if (slot.Context == 0
                    || Crypto.EVP_CipherInit_ex(slot.Context, cipher, 0, key, null, seal ? 1 : 0) != 1)
                {
                    Crypto.EVP_CIPHER_CTX_free(slot.Context);
                    slot.Context = 0;
                    throw new InvalidOperationException("OpenSSL could not take the key of a connection");
                }
            }

            slot.Owner = owner;
        }

        return slot.Context;
    }

    /// <summary>The keys of a connection are no longer in use: what was made of them is overwritten.</summary>
    public void Forget(TlsRecords owner, bool seal)
    {
        if ((seal ? _sealing : _opening)[owner.Suite.Index] is { } slots
            && ReferenceEquals(slots[owner.Number].Owner, owner))
        {
            slots[owner.Number].Owner = null;
            byte* nothing = stackalloc byte[32];
            new Span<byte>(nothing, 32).Clear();
            _ = Crypto.EVP_CipherInit_ex(slots[owner.Number].Context, 0, 0, nothing, null, seal ? 1 : 0);
        }
    }

    public void Dispose()
    {
        foreach (Slot[]? slots in (Slot[]?[])[.. _opening, .. _sealing])
        {
            foreach (Slot slot in slots ?? [])
            {
                if (slot.Context != 0)
                {
                    Crypto.EVP_CIPHER_CTX_free(slot.Context);
                }
            }

            // A connection that is closed afterwards finds nothing to overwrite.
            Array.Clear(slots ?? []);
        }
    }

    private struct Slot
    {
        public nint Context;
        public TlsRecords? Owner;
    }
}
