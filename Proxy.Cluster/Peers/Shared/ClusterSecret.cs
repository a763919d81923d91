using System.Security.Cryptography;
using System.Text;

namespace Proxy.Cluster.Peers.Shared;

/// <summary>What all nodes of a cluster know and nobody else: keys for single purposes are derived from it, so none of
/// them gives another away.</summary>
internal sealed class ClusterSecret
{
    /// <summary>Shorter could be guessed.</summary>
    private const int MinBytes = 32;

    private readonly byte[] _secret;

    private ClusterSecret(byte[] secret) => _secret = secret;

    /// <exception cref="IOException">It cannot be read; likewise UnauthorizedAccessException.</exception>
    /// <exception cref="FormatException">It is too short to be a secret.</exception>
    public static ClusterSecret Read(string file)
    {
        ReadOnlySpan<byte> content = File.ReadAllBytes(file);
        content = content.TrimEnd(" \t\r\n"u8);
        return content.Length >= MinBytes
            ? new ClusterSecret(content.ToArray())
            : throw new FormatException($"{file}: a secret has {MinBytes} bytes or more");
    }

    /// <summary>Not secret at all: for what only has to be equal on all nodes.</summary>
    public static ClusterSecret OfName(string cluster) => new(Encoding.UTF8.GetBytes(cluster));

    public byte[] Derive(string purpose, int bytes) => HKDF.DeriveKey(
        HashAlgorithmName.SHA256, _secret, bytes, salt: "proxy cluster"u8.ToArray(), Encoding.UTF8.GetBytes(purpose));
}
