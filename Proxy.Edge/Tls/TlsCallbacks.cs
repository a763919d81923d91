using System.Runtime.InteropServices;
using System.Text;
using Proxy.Edge.Os.OpenSsl;

namespace Proxy.Edge.Tls;

/// <summary>What OpenSSL asks in the middle of a server's handshake. The loop runs one handshake step at a time, so the
/// channel it is about is found in a variable of the thread; no handle per connection is needed.</summary>
internal static unsafe class TlsCallbacks
{
    private const uint ServerNameExtension = 0;
    private const uint AlpnExtension = 16;

    /// <summary>The server side whose handshake is being worked on.</summary>
    [ThreadStatic]
    private static TlsServerHandshake? _current;

    /// <summary>With its length, 10, before it.</summary>
    private static ReadOnlySpan<byte> AcmeProtocol => "\nacme-tls/1"u8;

    public static void Install(TlsContextHandle context)
    {
        Ssl.SSL_CTX_set_client_hello_cb(context.Handle, &OnClientHello, 0);
        delegate* unmanaged<nint, byte**, byte*, byte*, uint, nint, int> alpn = &OnAlpn;
        Ssl.SSL_CTX_set_alpn_select_cb(context.Handle, (nint)alpn, 0);
        delegate* unmanaged<nint, byte*, byte*, nint, nint, int, int> ticket = &OnTicket;
        _ = Ssl.SSL_CTX_set_tlsext_ticket_key_evp_cb(context.Handle, (nint)ticket);
        delegate* unmanaged<nint, nint, int> status = &OnStatusRequest;
        _ = Ssl.SSL_CTX_callback_ctrl(context.Handle, Ssl.SSL_CTRL_SET_TLSEXT_STATUS_REQ_CB, (nint)status);
        Ssl.SSL_CTX_set_allow_early_data_cb(context.Handle, &OnEarlyDataOffered, 0);
    }

    /// <summary>One step of a handshake, with its callbacks.</summary>
    public static int Step(nint ssl, TlsServerHandshake? handshake)
    {
        _current = handshake;
        int result = Ssl.SSL_do_handshake(ssl);
        _current = null;
        return result;
    }

    /// <summary>One step of a handshake that may bring early data; answers as SSL_read_early_data does.</summary>
    public static int ReadEarly(nint ssl, byte* into, int count, out int read, TlsServerHandshake handshake)
    {
        nuint got = 0;
        _current = handshake;
        int result = Ssl.SSL_read_early_data(ssl, into, (nuint)count, &got);
        _current = null;
        read = (int)got;
        return result;
    }

    /// <summary>A write that may seal a ticket on its way.</summary>
    public static int Write(nint ssl, byte* bytes, int count, TlsServerHandshake handshake)
    {
        _current = handshake;
        int result = Ssl.SSL_write(ssl, bytes, count);
        _current = null;
        return result;
    }

    [UnmanagedCallersOnly]
    private static int OnClientHello(nint ssl, int* alert, nint argument)
    {
        TlsServerHandshake handshake = _current!;
        handshake.ServerName = ReadServerName(ssl);
        TlsHost? host = handshake.Context.Find(handshake.ServerName);
        if (OffersAcme(ssl))
        {
            if (handshake.Context.Challenges?.Find(handshake.ServerName) is not { } challenge)
            {
                *alert = Ssl.SSL_AD_NO_APPLICATION_PROTOCOL;
                return Ssl.SSL_CLIENT_HELLO_ERROR;
            }

            handshake.IsChallenge = true;
            _ = Ssl.SSL_set_SSL_CTX(ssl, challenge.Handle);
            return Ssl.SSL_CLIENT_HELLO_SUCCESS;
        }

        if (host is null)
        {
            *alert = Ssl.SSL_AD_UNRECOGNIZED_NAME;
            handshake.Failure = TlsFailure.UnknownName;
            return Ssl.SSL_CLIENT_HELLO_ERROR;
        }

        handshake.Host = host;
        if (!ReferenceEquals(host.Context, handshake.Context.Default.Context))
        {
            _ = Ssl.SSL_set_SSL_CTX(ssl, host.Context.Handle);
        }

        host.Auth.Apply(ssl);
        return Ssl.SSL_CLIENT_HELLO_SUCCESS;
    }

    [UnmanagedCallersOnly]
    private static int OnAlpn(nint ssl, byte** chosen, byte* chosenLength, byte* offered, uint length, nint argument)
    {
        TlsServerHandshake? handshake = _current;
        var offers = new ReadOnlySpan<byte>(offered, (int)length);
        ReadOnlySpan<byte> own = handshake is { IsChallenge: true } ? AcmeProtocol
            : handshake is null ? default
            : handshake.Context.Alpn;
        for (int i = 0; i < own.Length; i += own[i] + 1)
        {
            int at = IndexOf(offers, own.Slice(i, own[i] + 1));
            if (at >= 0)
            {
                *chosen = offered + at + 1;
                *chosenLength = own[i];
                return Ssl.SSL_TLSEXT_ERR_OK;
            }
        }

        if (handshake is not null)
        {
            handshake.Failure = TlsFailure.NoProtocol;
        }

        return Ssl.SSL_TLSEXT_ERR_ALERT_FATAL;
    }

    [UnmanagedCallersOnly]
    private static int OnTicket(nint ssl, byte* name, byte* iv, nint cipher, nint mac, int seal) =>
        _current is { } handshake
            ? handshake.Context.TicketKeys.Serve(
                name, iv, cipher, mac, seal, Ssl.SSL_version(ssl) >= Ssl.TLS1_3_VERSION)
            : 0;

    /// <summary>A good ticket of the right age came with early data. Whose certificate matters is not served on the
    /// word of a ticket alone.</summary>
    [UnmanagedCallersOnly]
    private static int OnEarlyDataOffered(nint ssl, nint argument)
    {
        if (_current is not { Host.Auth.Policy.Mode: ClientAuthentication.None } handshake)
        {
            return 0;
        }

        UInt128 random = 0;
        nuint length = Ssl.SSL_get_client_random(ssl, (byte*)&random, (nuint)sizeof(UInt128));
        bool first = length == (nuint)sizeof(UInt128)
            && handshake.Context.TicketKeys.EarlyHellos.IsFirst(random, handshake.Now);
        return first ? 1 : 0;
    }

    [UnmanagedCallersOnly]
    private static int OnStatusRequest(nint ssl, nint argument)
    {
        byte[]? response = _current?.Host?.Context.OcspResponse(Ssl.SSL_get_certificate(ssl));
        if (response is null)
        {
            return Ssl.SSL_TLSEXT_ERR_NOACK;
        }

        // OpenSSL frees the copy.
        nint copy = Crypto.CRYPTO_malloc((nuint)response.Length, 0, 0);
        Marshal.Copy(response, 0, copy, response.Length);
        _ = Ssl.SSL_ctrl(ssl, Ssl.SSL_CTRL_SET_TLSEXT_STATUS_REQ_OCSP_RESP, response.Length, copy);
        return Ssl.SSL_TLSEXT_ERR_OK;
    }

    /// <summary>The name in the client's hello, lower case; empty when there is none (RFC 6066 §3).</summary>
    private static string ReadServerName(nint ssl)
    {
        byte* data;
        nuint length;
        if (Ssl.SSL_client_hello_get0_ext(ssl, ServerNameExtension, &data, &length) == 0)
        {
            return "";
        }

        // list length (2), type (1), name length (2), name
        var bytes = new ReadOnlySpan<byte>(data, (int)length);
        if (bytes.Length < 5 || bytes[2] != 0)
        {
            return "";
        }

        int count = (bytes[3] << 8) | bytes[4];
        if (count == 0 || count > 255 || 5 + count > bytes.Length)
        {
            return "";
        }

        return Encoding.Latin1.GetString(bytes.Slice(5, count)).ToLowerInvariant().TrimEnd('.');
    }

    private static bool OffersAcme(nint ssl)
    {
        byte* data;
        nuint length;
        return Ssl.SSL_client_hello_get0_ext(ssl, AlpnExtension, &data, &length) != 0
            && length > 2
            && IndexOf(new ReadOnlySpan<byte>(data + 2, (int)length - 2), AcmeProtocol) >= 0;
    }

    /// <summary>Where a protocol, with its length before it, stands in a list of such; -1 when it does not.</summary>
    private static int IndexOf(ReadOnlySpan<byte> list, ReadOnlySpan<byte> protocol)
    {
        for (int i = 0; i < list.Length; i += list[i] + 1)
        {
            if (list[i..].StartsWith(protocol))
            {
                return i;
            }
        }

        return -1;
    }
}
