using System.Security.Cryptography;
using System.Text;

namespace Proxy.Cluster.Peers.Shared;

/// <summary>Seals what nodes share and others must not read or forge:
/// <code>
/// nonce, 12 bytes | tag, 16 bytes | AES-256-GCM of the content; the name is authenticated with it
/// </code>
/// Thread-safe.</summary>
internal sealed class BlobSeal(ClusterSecret secret)
{
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    private readonly byte[] _key = secret.Derive("blobs", 32);

    public byte[] Seal(string name, ReadOnlySpan<byte> content)
    {
        byte[] all = new byte[NonceBytes + TagBytes + content.Length];
        RandomNumberGenerator.Fill(all.AsSpan(0, NonceBytes));
        using var cipher = new AesGcm(_key, TagBytes);
        cipher.Encrypt(
            all.AsSpan(0, NonceBytes), content, all.AsSpan(NonceBytes + TagBytes), all.AsSpan(NonceBytes, TagBytes),
            Encoding.UTF8.GetBytes(name));
        return all;
    }

    /// <summary>Null when it was sealed with another secret, under another name, or changed.</summary>
    public byte[]? Open(string name, ReadOnlySpan<byte> all)
    {
        if (all.Length < NonceBytes + TagBytes)
        {
            return null;
        }

        byte[] content = new byte[all.Length - NonceBytes - TagBytes];
        try
        {
            using var cipher = new AesGcm(_key, TagBytes);
            cipher.Decrypt(
                all[..NonceBytes], all[(NonceBytes + TagBytes)..], all.Slice(NonceBytes, TagBytes), content,
                Encoding.UTF8.GetBytes(name));
            return content;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }
}
