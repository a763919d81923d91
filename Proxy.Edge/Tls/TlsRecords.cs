using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Proxy.Edge.Os.OpenSsl;

namespace Proxy.Edge.Tls;

/// <summary>What opening a piece of input came to.</summary>
internal enum RecordOutcome : byte
{
    /// <summary>The record is not there as a whole.</summary>
    Incomplete,

    /// <summary>Data of the application.</summary>
    Data,

    /// <summary>It was the protocol's own business; look at the next.</summary>
    Handled,

    /// <summary>The peer has ended its direction (close_notify).</summary>
    Closed,

    /// <summary>The connection cannot go on.</summary>
    Broken,
}

/// <summary>The records of one TLS 1.3 connection once its handshake is over (RFC 8446 §5), in place of OpenSSL's: from
/// the received bytes to the plaintext and back nothing is copied, and an idle connection owns 250 bytes instead of
/// 14 KB. OpenSSL does the ciphering. Loop thread only.</summary>
internal sealed unsafe class TlsRecords : IDisposable
{
    /// <summary>Plaintext of one record.</summary>
    public const int MaxData = 16 * 1024;

    /// <summary>Header, type and tag.</summary>
    public const int Overhead = HeaderBytes + 1 + TagBytes;

    public const int HeaderBytes = 5;

    private const int TagBytes = 16;
    private const byte AlertType = 21;
    private const byte Handshake = 22;
    private const byte Application = 23;
    private const byte KeyUpdate = 24;
    private const byte UnexpectedMessage = 10;
    private const byte BadRecordMac = 20;
    private const byte RecordOverflow = 22;
    private const byte IllegalParameter = 47;
    private const byte UserCanceled = 90;

    /// <summary>Records without data that may follow each other: they are work that costs a peer little.</summary>
    private const int MostIdle = 32;

    private readonly TlsCipherSlots _ciphers;
    private Directions* _keys;
    private int _idle;
    private bool _owesUpdate;
    private ulong _message;
    private int _messageBytes;

    /// <param name="read">The peer's traffic secret, and how many records it has protected already.</param>
    /// <param name="write">Likewise for ours.</param>
    public TlsRecords(
        TlsCipherSlots ciphers, TlsRecordSuite suite, ReadOnlySpan<byte> read, ulong readCount,
        ReadOnlySpan<byte> write, ulong writeCount)
    {
        _ciphers = ciphers;
        Suite = suite;
        Number = ciphers.NextNumber();
        _keys = (Directions*)NativeMemory.AllocZeroed((nuint)sizeof(Directions));
        _keys->Read.Set(suite, read, readCount);
        _keys->Write.Set(suite, write, writeCount);
    }

    public TlsRecordSuite Suite { get; }

    /// <summary>Its place in the slots.</summary>
    public int Number { get; }

    /// <summary>What the peer is told when the connection is <see cref="RecordOutcome.Broken"/>; 0 when it told
    /// us.</summary>
    public byte Alert { get; private set; }

    /// <summary>The fatal alert that the peer has sent; 0 when none.</summary>
    public byte PeerAlert { get; private set; }

    /// <summary>After so many records our keys change (§5.5 allows 2^24.5).</summary>
    public ulong UpdateAfter { get; init; } = 1 << 23;

    /// <summary>Bytes of the record that begins there, its header included; 0 when that cannot be told yet.</summary>
    public static int Length(ReadOnlySpan<byte> input) =>
        input.Length < HeaderBytes ? 0 : HeaderBytes + BinaryPrimitives.ReadUInt16BigEndian(input[3..]);

    public ReadOnlySpan<byte> Key(bool seal) => seal ? _keys->Write.Key : _keys->Read.Key;

    /// <summary>Opens the first record of the input.</summary>
    /// <param name="into">Room for <see cref="MaxData"/> bytes and one more.</param>
    /// <param name="taken">Bytes of the input that are done with.</param>
    /// <param name="count">Bytes of data.</param>
    public RecordOutcome Open(byte* input, int available, byte* into, out int taken, out int count)
    {
        taken = count = 0;
        int length = Length(new ReadOnlySpan<byte>(input, available));
        if (length == 0)
        {
            return RecordOutcome.Incomplete;
        }

        // §5.2: an outer type of "application data", and at most 255 bytes of expansion behind the type.
        if (input[0] != Application)
        {
            return Break(UnexpectedMessage);
        }

        if (length > HeaderBytes + MaxData + 256)
        {
            return Break(RecordOverflow);
        }

        if (available < length)
        {
            return RecordOutcome.Incomplete;
        }

        taken = length;
        int inner = length - HeaderBytes - TagBytes;
        if (inner > MaxData + 1)
        {
            return Break(RecordOverflow);
        }

        if (inner < 1 || !Decipher(input, inner, into))
        {
            return Break(BadRecordMac);
        }

        // Padding is zeros behind the type (§5.4).
        int end = new ReadOnlySpan<byte>(into, inner).LastIndexOfAnyExcept((byte)0);
        return end < 0 ? Break(UnexpectedMessage) : Judge(into[end], into, end, out count);
    }

    /// <summary>Seals data of at most <see cref="MaxData"/> bytes; <paramref name="into"/> has room for them, two
    /// records' <see cref="Overhead"/> and an update of the keys. Returns the bytes written.</summary>
    public int Seal(byte* data, int count, byte* into)
    {
        int updated = _owesUpdate || _keys->Write.Sequence >= UpdateAfter ? SealUpdate(into) : 0;
        return updated + Seal(Application, data, count, into + updated);
    }

    /// <summary>Tells the peer that new keys follow, and changes to them (§4.6.3).</summary>
    public int SealUpdate(byte* into)
    {
        ReadOnlySpan<byte> message = [KeyUpdate, 0, 0, 1, 0];
        int written;
        fixed (byte* bytes = message)
        {
            written = Seal(Handshake, bytes, message.Length, into);
        }

        ChangeKeys();
        return written;
    }

    /// <summary>An alert: close_notify is 0, every other ends the connection.</summary>
    public int SealAlert(byte code, byte* into)
    {
        byte* alert = stackalloc byte[2] { (byte)(code == 0 ? 1 : 2), code };
        return Seal(AlertType, alert, 2, into);
    }

    public void Dispose()
    {
        if (_keys != null)
        {
            _ciphers.Forget(this, seal: false);
            _ciphers.Forget(this, seal: true);
            Crypto.OPENSSL_cleanse(_keys, (nuint)sizeof(Directions));
            NativeMemory.Free(_keys);
            _keys = null;
        }
    }

    /// <summary>What is sealed from now on is sealed with new keys.</summary>
    internal void ChangeKeys()
    {
        _owesUpdate = false;
        _ciphers.Forget(this, seal: true);
        _keys->Write.Update(Suite);
    }

    /// <summary>A record of any type (§5.2).</summary>
    internal int Seal(byte type, byte* data, int count, byte* into)
    {
        int length = count + 1 + TagBytes;
        into[0] = Application;
        into[1] = into[2] = 3;
        BinaryPrimitives.WriteUInt16BigEndian(new Span<byte>(into + 3, 2), (ushort)length);
        nint context = _ciphers.Take(this, seal: true);
        byte* nonce = stackalloc byte[TlsRecordKeys.IvBytes];
        _keys->Write.TakeNonce(new Span<byte>(nonce, TlsRecordKeys.IvBytes));
        byte* body = into + HeaderBytes;
        int written;
        bool done = Crypto.EVP_CipherInit_ex(context, 0, 0, null, nonce, 1) == 1
            && Crypto.EVP_CipherUpdate(context, null, &written, into, HeaderBytes) == 1
            && (count == 0 || Crypto.EVP_CipherUpdate(context, body, &written, data, count) == 1)
            && Crypto.EVP_CipherUpdate(context, body + count, &written, &type, 1) == 1
            && Crypto.EVP_CipherFinal_ex(context, body + count + 1, &written) == 1
            && Crypto.EVP_CIPHER_CTX_ctrl(context, Crypto.EVP_CTRL_AEAD_GET_TAG, TagBytes, body + count + 1) == 1;
        return done ? HeaderBytes + length : throw new InvalidOperationException("OpenSSL could not seal a record");
    }

    private bool Decipher(byte* input, int inner, byte* into)
    {
        nint context = _ciphers.Take(this, seal: false);
        byte* nonce = stackalloc byte[TlsRecordKeys.IvBytes];
        _keys->Read.TakeNonce(new Span<byte>(nonce, TlsRecordKeys.IvBytes));
        byte* body = input + HeaderBytes;
        int written;
        return Crypto.EVP_CipherInit_ex(context, 0, 0, null, nonce, 0) == 1
            && Crypto.EVP_CIPHER_CTX_ctrl(context, Crypto.EVP_CTRL_AEAD_SET_TAG, TagBytes, body + inner) == 1
            && Crypto.EVP_CipherUpdate(context, null, &written, input, HeaderBytes) == 1
            && Crypto.EVP_CipherUpdate(context, into, &written, body, inner) == 1
            && Crypto.EVP_CipherFinal_ex(context, into + inner, &written) == 1;
    }

    private RecordOutcome Judge(byte type, byte* content, int length, out int count)
    {
        count = 0;
        if (_messageBytes > 0 && type != Handshake)
        {
            // §5.1: nothing comes between the pieces of a message.
            return Break(UnexpectedMessage);
        }

        if (type == Application && length > 0)
        {
            _idle = 0;
            count = length;
            return RecordOutcome.Data;
        }

        if (++_idle > MostIdle)
        {
            return Break(UnexpectedMessage);
        }

        if (type == Application)
        {
            return RecordOutcome.Handled;
        }

        if (type == AlertType && length == 2)
        {
            // §6: all but close_notify and user_canceled are fatal, whatever their level says.
            PeerAlert = content[1] == UserCanceled ? (byte)0 : content[1];
            return content[1] switch
            {
                0 => RecordOutcome.Closed,
                UserCanceled => RecordOutcome.Handled,
                _ => Break(0),
            };
        }

        return type == Handshake
            ? JudgeMessage(new ReadOnlySpan<byte>(content, length))
            : Break(UnexpectedMessage);
    }

    /// <summary>A server is sent no other message than KeyUpdate after the handshake (§4.6.3). It may come in pieces,
    /// but nothing stands behind it in its record, for what follows is under other keys (§5.1).</summary>
    private RecordOutcome JudgeMessage(ReadOnlySpan<byte> piece)
    {
        if (piece.IsEmpty || _messageBytes + piece.Length > 5 || (_messageBytes == 0 && piece[0] != KeyUpdate))
        {
            return Break(UnexpectedMessage);
        }

        foreach (byte one in piece)
        {
            _message = (_message << 8) | one;
        }

        _messageBytes += piece.Length;
        if (_messageBytes < 5)
        {
            return RecordOutcome.Handled;
        }

        // Type, three bytes of length, 1 = answer with new keys of your own.
        bool asked = (_message & 1) == 1;
        bool known = (_message & ~1UL) == ((ulong)KeyUpdate << 32 | 1 << 8);
        _message = 0;
        _messageBytes = 0;
        if (!known)
        {
            return Break(IllegalParameter);
        }

        // Answered before the next data is sealed and not at once: however many ask meanwhile, one answer does for
        // all, and reading writes nothing.
        _owesUpdate |= asked;
        _ciphers.Forget(this, seal: false);
        _keys->Read.Update(Suite);
        return RecordOutcome.Handled;
    }

    private RecordOutcome Break(byte alert)
    {
        Alert = alert;
        return RecordOutcome.Broken;
    }

    private struct Directions
    {
        public TlsRecordKeys Read;
        public TlsRecordKeys Write;
    }
}
