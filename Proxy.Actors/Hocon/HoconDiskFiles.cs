namespace Proxy.Actors.Hocon;

/// <summary>Files of the machine.</summary>
public sealed class HoconDiskFiles : IHoconFiles
{
    private const int ChunkBytes = 64 * 1024;

    public HoconFileContent Read(string path, long maxBytes)
    {
        if (path.Contains('\0', StringComparison.Ordinal) || path.Length == 0 || Directory.Exists(path))
        {
            return HoconFileContent.Missing;
        }

        try
        {
            using var file = File.OpenRead(path);
            using var content = new MemoryStream();
            var chunk = new byte[ChunkBytes];

            // Length is not asked for: a pipe has none, and a file may grow while it is read.
            for (var read = file.Read(chunk); read > 0; read = file.Read(chunk))
            {
                if (content.Length + read > maxBytes)
                {
                    return new HoconFileContent(null, $"holds more than the {maxBytes} bytes still allowed");
                }

                content.Write(chunk, 0, read);
            }

            return new HoconFileContent(content.ToArray(), null);
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return HoconFileContent.Missing;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return new HoconFileContent(null, $"cannot be read: {failure.Message}");
        }
    }
}
