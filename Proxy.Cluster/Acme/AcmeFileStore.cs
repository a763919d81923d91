#pragma warning disable CA1416 // Files with rights: the product runs on Linux only.
using System.Security.Cryptography;
using System.Text;

namespace Proxy.Cluster.Acme;

/// <summary>A store in a folder. Every file is sealed with the node's key, so a copy of the folder without node.key
/// gives nothing away:
/// <code>
/// "PXA1" | nonce, 12 bytes | tag, 16 bytes | AES-256-GCM of the content; the name is authenticated with it
/// </code></summary>
internal sealed class AcmeFileStore : IAcmeStore
{
    private const string KeyFile = "node.key";
    private const int KeyBytes = 32;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const UnixFileMode OwnerFolder =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _folder;
    private readonly byte[] _key;

    /// <summary>Opens the store, and makes it when it is not there.</summary>
    /// <exception cref="AcmeStoreException">The folder or its key cannot be made or read.</exception>
    public AcmeFileStore(string folder)
        : this(folder, create: true)
    {
    }

    private AcmeFileStore(string folder, bool create)
    {
        _folder = folder;
        try
        {
            string file = Path.Combine(folder, KeyFile);
            if (create)
            {
                Directory.CreateDirectory(folder, OwnerFolder);
                // It may have been there with other rights.
                File.SetUnixFileMode(folder, OwnerFolder);
                if (!File.Exists(file))
                {
                    Replace(file, RandomNumberGenerator.GetBytes(KeyBytes));
                }
            }

            _key = File.ReadAllBytes(file);
            if (_key.Length != KeyBytes)
            {
                throw new AcmeStoreException($"{file}: not a key of {KeyBytes} bytes");
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new AcmeStoreException($"{folder}: {error.Message}");
        }
    }

    /// <summary>The store as it is; null when there is none. Nothing is changed.</summary>
    /// <exception cref="AcmeStoreException">It is there and cannot be read.</exception>
    public static AcmeFileStore? OpenExisting(string folder) =>
        Directory.Exists(folder) ? new AcmeFileStore(folder, create: false) : null;

    private static ReadOnlySpan<byte> Magic => "PXA1"u8;

    private static int HeaderBytes => Magic.Length + NonceBytes + TagBytes;

    public byte[]? Read(string name)
    {
        string file = FileOf(name);
        try
        {
            byte[] all = File.ReadAllBytes(file);
            if (all.Length < HeaderBytes || !all.AsSpan().StartsWith(Magic))
            {
                throw new AcmeStoreException($"{file}: damaged, it does not begin as it should");
            }

            byte[] content = new byte[all.Length - HeaderBytes];
            using var cipher = new AesGcm(_key, TagBytes);
            cipher.Decrypt(
                all.AsSpan(Magic.Length, NonceBytes), all.AsSpan(HeaderBytes),
                all.AsSpan(Magic.Length + NonceBytes, TagBytes), content, Encoding.UTF8.GetBytes(name));
            return content;
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (CryptographicException)
        {
            throw new AcmeStoreException($"{file}: damaged, or sealed with another node.key");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new AcmeStoreException($"{file}: {error.Message}");
        }
    }

    public void Write(string name, byte[] content)
    {
        string file = FileOf(name);
        byte[] all = new byte[HeaderBytes + content.Length];
        Magic.CopyTo(all);
        RandomNumberGenerator.Fill(all.AsSpan(Magic.Length, NonceBytes));
        using var cipher = new AesGcm(_key, TagBytes);
        cipher.Encrypt(
            all.AsSpan(Magic.Length, NonceBytes), content, all.AsSpan(HeaderBytes),
            all.AsSpan(Magic.Length + NonceBytes, TagBytes), Encoding.UTF8.GetBytes(name));
        try
        {
            Replace(file, all);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new AcmeStoreException($"{file}: {error.Message}");
        }
    }

    private string FileOf(string name) => Path.Combine(_folder, name + ".sealed");

    /// <summary>By renaming, so that a crash leaves the old file or the new one.</summary>
    private static void Replace(string file, byte[] content)
    {
        string next = file + ".new";
        File.Delete(next);
        using (var stream = new FileStream(next, new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerFile,
        }))
        {
            stream.Write(content);
            stream.Flush(flushToDisk: true);
        }

        File.Move(next, file, overwrite: true);
    }
}
