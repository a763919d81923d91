using System.Runtime.InteropServices;

namespace Proxy.Edge.Os.OpenSsl;

/// <summary>The calls into libcrypto 3 that the proxy makes; see <see cref="Ssl"/>.</summary>
internal static unsafe partial class Crypto
{
    public const int BIO_FLAGS_READ = 1;
    public const int BIO_FLAGS_SHOULD_RETRY = 8;
    public const int BIO_FLAGS_ALL_RETRY = 15;
    public const int BIO_CTRL_FLUSH = 11;
    public const int BIO_CTRL_DUP = 12;
    public const int BIO_TYPE_SOURCE_SINK = 0x400;

    public const ulong X509_V_FLAG_CRL_CHECK = 4;
    public const int X509_V_OK = 0;
    public const int EVP_AES_CBC_IV = 16;

    private const string Library = "libcrypto.so.3";

    [LibraryImport(Library)]
    public static partial ulong OpenSSL_version_num();

    [LibraryImport(Library)]
    public static partial nint BIO_meth_new(int type, byte* name);

    [LibraryImport(Library)]
    public static partial int BIO_meth_set_read(nint method, delegate* unmanaged<nint, byte*, int, int> function);

    [LibraryImport(Library)]
    public static partial int BIO_meth_set_write(nint method, delegate* unmanaged<nint, byte*, int, int> function);

    [LibraryImport(Library)]
    public static partial int BIO_meth_set_ctrl(nint method, delegate* unmanaged<nint, int, nint, nint, nint> function);

    [LibraryImport(Library)]
    public static partial nint BIO_new(nint method);

    [LibraryImport(Library)]
    public static partial nint BIO_new_mem_buf(byte* data, int length);

    [LibraryImport(Library)]
    public static partial int BIO_free(nint bio);

    [LibraryImport(Library)]
    public static partial void BIO_set_init(nint bio, int init);

    [LibraryImport(Library)]
    public static partial void BIO_set_data(nint bio, nint data);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial nint BIO_get_data(nint bio);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial void BIO_set_flags(nint bio, int flags);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial void BIO_clear_flags(nint bio, int flags);

    [LibraryImport(Library)]
    public static partial void ERR_clear_error();

    [LibraryImport(Library)]
    public static partial ulong ERR_get_error();

    [LibraryImport(Library)]
    public static partial byte* ERR_reason_error_string(ulong error);

    [LibraryImport(Library)]
    public static partial nint PEM_read_bio_X509(nint bio, nint* into, nint callback, nint argument);

    [LibraryImport(Library)]
    public static partial nint PEM_read_bio_X509_CRL(nint bio, nint* into, nint callback, nint argument);

    [LibraryImport(Library)]
    public static partial nint PEM_read_bio_PrivateKey(nint bio, nint* into, nint callback, nint argument);

    [LibraryImport(Library)]
    public static partial void X509_free(nint certificate);

    [LibraryImport(Library)]
    public static partial void X509_CRL_free(nint list);

    [LibraryImport(Library)]
    public static partial void EVP_PKEY_free(nint key);

    [LibraryImport(Library)]
    public static partial int i2d_X509(nint certificate, byte** into);

    [LibraryImport(Library)]
    public static partial nint X509_get_subject_name(nint certificate);

    [LibraryImport(Library)]
    public static partial nint X509_NAME_dup(nint name);

    [LibraryImport(Library)]
    public static partial nint X509_STORE_new();

    [LibraryImport(Library)]
    public static partial void X509_STORE_free(nint store);

    [LibraryImport(Library)]
    public static partial int X509_STORE_add_cert(nint store, nint certificate);

    [LibraryImport(Library)]
    public static partial int X509_STORE_add_crl(nint store, nint list);

    [LibraryImport(Library)]
    public static partial int X509_STORE_set_flags(nint store, ulong flags);

    [LibraryImport(Library)]
    public static partial int X509_VERIFY_PARAM_set1_ip_asc(nint param, byte* address);

    [LibraryImport(Library)]
    public static partial nint OPENSSL_sk_new_null();

    [LibraryImport(Library)]
    public static partial int OPENSSL_sk_push(nint stack, nint item);

    [LibraryImport(Library)]
    public static partial int OPENSSL_sk_num(nint stack);

    [LibraryImport(Library)]
    public static partial nint OPENSSL_sk_value(nint stack, int index);

    [LibraryImport(Library)]
    public static partial nint CRYPTO_malloc(nuint count, nint file, int line);

    public const int EVP_CTRL_AEAD_GET_TAG = 0x10;
    public const int EVP_CTRL_AEAD_SET_TAG = 0x11;

    [LibraryImport(Library)]
    public static partial nint EVP_CIPHER_fetch(nint library, byte* name, byte* properties);

    [LibraryImport(Library)]
    public static partial nint EVP_CIPHER_CTX_new();

    [LibraryImport(Library)]
    public static partial void EVP_CIPHER_CTX_free(nint context);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial int EVP_CIPHER_CTX_ctrl(nint context, int command, int number, byte* pointer);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial int EVP_CipherInit_ex(nint context, nint cipher, nint engine, byte* key, byte* iv, int seal);

    [LibraryImport(Library)]
    public static partial int EVP_CipherUpdate(nint context, byte* into, int* written, byte* from, int count);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    public static partial int EVP_CipherFinal_ex(nint context, byte* into, int* written);

    [LibraryImport(Library)]
    public static partial int BIO_new_bio_pair(nint* one, nuint oneBytes, nint* other, nuint otherBytes);

    [LibraryImport(Library)]
    public static partial void OPENSSL_cleanse(void* memory, nuint count);

    [LibraryImport(Library)]
    public static partial nint EVP_aes_256_cbc();

    [LibraryImport(Library)]
    public static partial int EVP_EncryptInit_ex(nint context, nint cipher, nint engine, byte* key, byte* iv);

    [LibraryImport(Library)]
    public static partial int EVP_DecryptInit_ex(nint context, nint cipher, nint engine, byte* key, byte* iv);

    [LibraryImport(Library)]
    public static partial int EVP_MAC_CTX_set_params(nint context, OsslParam* parameters);

    [LibraryImport(Library)]
    public static partial int RAND_bytes(byte* into, int count);
}

/// <summary>OSSL_PARAM of openssl/core.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct OsslParam
{
    public const uint Utf8String = 4;
    public const uint OctetString = 5;

    public byte* Key;
    public uint Type;
    public void* Data;
    public nuint Size;
    public nuint Returned;
}
