using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Proxy.Cluster.Journal;

namespace Proxy.Cluster.Revisions;

/// <summary>The revision the node ran last, in a file of its state folder: two lines and the journal's event. The first
/// line has the hash of the rest; a file that does not fit it is passed over. Replaced as a whole, after it is on
/// disk. The configuration is in it with its secrets, so only its owner may read it.</summary>
internal sealed class LocalRevisionFile(string folder) : IRevisionMemory
{
    public const string FileName = "revision";

    private const string Format = "proxy-revision-1";
    private const byte LineEnd = (byte)'\n';

    private string Target => Path.Combine(folder, FileName);

    public async ValueTask<RememberedRevision?> LoadAsync()
    {
        try
        {
            return File.Exists(Target) ? Decode(await File.ReadAllBytesAsync(Target)) : null;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public async ValueTask<string?> SaveAsync(RememberedRevision remembered)
    {
        try
        {
            Directory.CreateDirectory(folder);
            string written = Target + ".new";
            var options = new FileStreamOptions
            {
                Mode = FileMode.Create,
                Access = FileAccess.Write,
                Options = FileOptions.Asynchronous,
            };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            await using (var file = new FileStream(written, options))
            {
                await file.WriteAsync(Encode(remembered));
                file.Flush(flushToDisk: true);
            }

            File.Move(written, Target, overwrite: true);
            return null;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return $"{Target}: {problem.Message}";
        }
    }

    internal static byte[] Encode(RememberedRevision remembered)
    {
        ConfigRevision? revision = remembered.Revision;
        string line = string.Create(
            CultureInfo.InvariantCulture,
            $"file={remembered.FileHash} number={revision?.Number ?? 0} id={revision?.Id ?? Guid.Empty:N} "
            + $"at={revision?.At.ToUnixTimeMilliseconds() ?? 0}\n");
        ReadOnlyMemory<byte> payload = revision is null ? default : RevisionCodec.Encode(revision).Payload;
        byte[] rest = [.. Encoding.ASCII.GetBytes(line), .. payload.Span];
        return [.. Encoding.ASCII.GetBytes($"{Format} {Convert.ToHexStringLower(SHA256.HashData(rest))}\n"), .. rest];
    }

    /// <summary>Null when it is damaged or of another version.</summary>
    internal static RememberedRevision? Decode(byte[] bytes)
    {
        int first = Array.IndexOf(bytes, LineEnd);
        int second = first < 0 ? -1 : Array.IndexOf(bytes, LineEnd, first + 1);
        if (second < 0)
        {
            return null;
        }

        string expected = $"{Format} {Convert.ToHexStringLower(SHA256.HashData(bytes.AsSpan(first + 1)))}";
        if (Encoding.ASCII.GetString(bytes, 0, first) != expected)
        {
            return null;
        }

        string[] values =
        [
            .. Encoding.ASCII.GetString(bytes, first + 1, second - first - 1).Split(' ')
                .Select(static pair => pair[(pair.IndexOf('=') + 1)..]),
        ];
        long number = long.Parse(values[1], CultureInfo.InvariantCulture);
        if (number == 0)
        {
            return new RememberedRevision(values[0], null);
        }

        var stored = new StoredEvent(number, new JournalEvent(
            Guid.Parse(values[2]), RevisionCodec.EventType,
            DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(values[3], CultureInfo.InvariantCulture)),
            bytes.AsMemory(second + 1)));
        return new RememberedRevision(values[0], RevisionCodec.Decode(stored));
    }
}
