using System.Runtime.InteropServices;

namespace Proxy.Edge.Os.OpenSsl;

/// <summary>The calls into libssl 3 that the proxy makes; names and numbers are those of its manual pages.
/// SuppressGCTransition stands only on calls that neither block nor call back.</summary>
internal static unsafe partial class Ssl
{
    public const int SSL_ERROR_WANT_READ = 2;
    public const int SSL_ERROR_WANT_WRITE = 3;
    public const int SSL_ERROR_ZERO_RETURN = 6;

    public const int TLS1_2_VERSION = 0x0303;
    public const int TLS1_3_VERSION = 0x0304;

    public const int SSL_VERIFY_NONE = 0;
    public const int SSL_VERIFY_PEER = 1;
    public const int SSL_VERIFY_FAIL_IF_NO_PEER_CERT = 2;

    public const int SSL_TLSEXT_ERR_OK = 0;
    public const int SSL_TLSEXT_ERR_ALERT_FATAL = 2;
    public const int SSL_TLSEXT_ERR_NOACK = 3;

    public const int SSL_AD_NO_APPLICATION_PROTOCOL = 120;
    public const int SSL_AD_UNRECOGNIZED_NAME = 112;

    public const ulong SSL_OP_NO_COMPRESSION = 1UL << 17;
    public const ulong SSL_OP_NO_RENEGOTIATION = 1UL << 30;
    public const ulong SSL_OP_CIPHER_SERVER_PREFERENCE = 1UL << 22;
    public const ulong SSL_OP_NO_TICKET = 1UL << 14;
    public const ulong SSL_OP_NO_ANTI_REPLAY = 1UL << 24;
    public const ulong SSL_OP_PRIORITIZE_CHACHA = 1UL << 21;

    public const int SSL_MODE_ENABLE_PARTIAL_WRITE = 1;
    public const int SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER = 2;
    public const int SSL_MODE_RELEASE_BUFFERS = 0x10;

    public const int SSL_SESS_CACHE_OFF = 0;
    public const int SSL_SESS_CACHE_CLIENT = 1;
    public const int SSL_SESS_CACHE_NO_INTERNAL = 0x300;

    public const int SSL_CTRL_MODE = 33;
    public const int SSL_CTRL_SET_SESS_CACHE_MODE = 44;
    public const int SSL_CTRL_SET_TLSEXT_HOSTNAME = 55;
    public const int SSL_CTRL_SET_TLSEXT_STATUS_REQ_CB = 63;
    public const int SSL_CTRL_SET_TLSEXT_STATUS_REQ_OCSP_RESP = 71;
    public const int SSL_CTRL_CHAIN_CERT = 89;
    public const int SSL_CTRL_SET_GROUPS_LIST = 92;
    public const int SSL_CTRL_SET_VERIFY_CERT_STORE = 106;
    public const int SSL_CTRL_SET_MIN_PROTO_VERSION = 123;
    public const int SSL_CTRL_SET_MAX_PROTO_VERSION = 124;

    private const string Library = "libssl.so.3";

    [LibraryImport(Library)]
    public static partial nint TLS_server_method();

    [LibraryImport(Library)]
    public static partial nint TLS_client_method();

    [LibraryImport(Library)]
    public static partial nint SSL_CTX_new(nint method);

    [LibraryImport(Library)]
    public static partial void SSL_CTX_free(nint context);

    [LibraryImport(Library)]
    public static partial nint SSL_CTX_ctrl(nint context, int command, nint number, nint pointer);

    [LibraryImport(Library)]
    public static partial nint SSL_CTX_callback_ctrl(nint context, int command, nint function);

    [LibraryImport(Library)]
    public static partial ulong SSL_CTX_set_options(nint context, ulong options);

    [LibraryImport(Library)]
    public static partial int SSL_CTX_use_certificate(nint context, nint certificate);

    [LibraryImport(Library)]
    public static partial int SSL_CTX_use_PrivateKey(nint context, nint key);

    [LibraryImport(Library)]
    public static partial int SSL_CTX_set_cipher_list(nint context, byte* text);

    [LibraryImport(Library)]
    public static partial int SSL_CTX_set_ciphersuites(nint context, byte* text);

    [LibraryImport(Library)]
    public static partial int SSL_CTX_set_num_tickets(nint context, nint count);

    [LibraryImport(Library)]
    public static partial void SSL_CTX_set_alpn_select_cb(nint context, nint function, nint argument);

    [LibraryImport(Library)]
    public static partial int SSL_set_alpn_protos(nint ssl, byte* protocols, uint length);

    [LibraryImport(Library)]
    public static partial int SSL_CTX_set_tlsext_ticket_key_evp_cb(nint context, nint function);

    [LibraryImport(Library)]
    public static partial void SSL_CTX_set_verify(nint context, int mode, nint callback);

    [LibraryImport(Library)]
    public static partial int SSL_CTX_set_default_verify_paths(nint context);

    [LibraryImport(Library)]
    public static partial void SSL_CTX_sess_set_new_cb(nint context, nint function);

    [LibraryImport(Library)]
    public static partial nint SSL_new(nint context);

    [LibraryImport(Library)]
    public static partial void SSL_free(nint ssl);

    [LibraryImport(Library)]
    public static partial void SSL_set_bio(nint ssl, nint read, nint write);

    [LibraryImport(Library)]
    public static partial void SSL_set_accept_state(nint ssl);

    [LibraryImport(Library)]
    public static partial void SSL_set_connect_state(nint ssl);

    [LibraryImport(Library)]
    public static partial int SSL_do_handshake(nint ssl);

    [LibraryImport(Library)]
    public static partial int SSL_read(nint ssl, byte* buffer, int count);

    [LibraryImport(Library)]
    public static partial int SSL_new_session_ticket(nint ssl);

    [LibraryImport(Library)]
    public static partial int SSL_write(nint ssl, byte* buffer, int count);

    [LibraryImport(Library)]
    public static partial int SSL_shutdown(nint ssl);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial int SSL_get_error(nint ssl, int result);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial int SSL_has_pending(nint ssl);

    [LibraryImport(Library)]
    public static partial nint SSL_ctrl(nint ssl, int command, nint number, nint pointer);

    [LibraryImport(Library)]
    public static partial nint SSL_set_SSL_CTX(nint ssl, nint context);

    [LibraryImport(Library)]
    public static partial void SSL_set_verify(nint ssl, int mode, nint callback);

    [LibraryImport(Library)]
    public static partial void SSL_set_verify_depth(nint ssl, int depth);

    [LibraryImport(Library)]
    public static partial void SSL_set0_CA_list(nint ssl, nint names);

    [LibraryImport(Library)]
    public static partial nint SSL_get1_peer_certificate(nint ssl);

    [LibraryImport(Library)]
    public static partial nint SSL_get_peer_cert_chain(nint ssl);

    [LibraryImport(Library)]
    public static partial nint SSL_get_verify_result(nint ssl);

    [LibraryImport(Library)]
    public static partial int SSL_set1_host(nint ssl, byte* name);

    [LibraryImport(Library)]
    public static partial nint SSL_get0_param(nint ssl);

    [LibraryImport(Library)]
    public static partial void SSL_get0_alpn_selected(nint ssl, byte** data, uint* length);

    [LibraryImport(Library)]
    public static partial int SSL_session_reused(nint ssl);

    [LibraryImport(Library)]
    public static partial byte* SSL_get_version(nint ssl);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial int SSL_version(nint ssl);

    [LibraryImport(Library)]
    public static partial nint SSL_get_current_cipher(nint ssl);

    [LibraryImport(Library)]
    public static partial byte* SSL_CIPHER_get_name(nint cipher);

    [LibraryImport(Library)]
    public static partial int SSL_set_session(nint ssl, nint session);

    [LibraryImport(Library)]
    public static partial void SSL_SESSION_free(nint session);

    [LibraryImport(Library)]
    public static partial int SSL_SESSION_get_protocol_version(nint session);

    [LibraryImport(Library)]
    public static partial nint SSL_get_rbio(nint ssl);

    public const int SSL_SENT_SHUTDOWN = 1;

    [LibraryImport(Library)]
    public static partial void SSL_set_shutdown(nint ssl, int mode);

    public const int SSL_CLIENT_HELLO_ERROR = 0;
    public const int SSL_CLIENT_HELLO_SUCCESS = 1;

    [LibraryImport(Library)]
    public static partial void SSL_CTX_set_client_hello_cb(
        nint context, delegate* unmanaged<nint, int*, nint, int> function, nint argument);

    [LibraryImport(Library)]
    public static partial int SSL_client_hello_get0_ext(nint ssl, uint type, byte** data, nuint* length);

    [LibraryImport(Library)]
    public static partial int SSL_set_session_id_context(nint ssl, byte* id, uint length);

    [LibraryImport(Library)]
    public static partial nint SSL_get_certificate(nint ssl);

    public const int SSL_READ_EARLY_DATA_SUCCESS = 1;
    public const int SSL_READ_EARLY_DATA_FINISH = 2;

    [LibraryImport(Library)]
    public static partial int SSL_CTX_set_max_early_data(nint context, uint bytes);

    [LibraryImport(Library)]
    public static partial void SSL_CTX_set_allow_early_data_cb(
        nint context, delegate* unmanaged<nint, nint, int> function, nint argument);

    [LibraryImport(Library)]
    public static partial int SSL_read_early_data(nint ssl, byte* buffer, nuint count, nuint* read);

    [LibraryImport(Library)]
    public static partial int SSL_write_early_data(nint ssl, byte* buffer, nuint count, nuint* written);

    [LibraryImport(Library)]
    public static partial nuint SSL_get_client_random(nint ssl, byte* into, nuint count);

    [LibraryImport(Library)]
    public static partial void SSL_set_read_ahead(nint ssl, int yes);

    [LibraryImport(Library)]
    public static partial ushort SSL_CIPHER_get_protocol_id(nint cipher);

    [LibraryImport(Library)]
    public static partial void SSL_CTX_set_keylog_callback(
        nint context, delegate* unmanaged<nint, byte*, void> function);
}
