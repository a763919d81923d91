using System.Text;
using System.Text.Unicode;
using Proxy.Actors.Hocon.Syntax;

namespace Proxy.Actors.Hocon.Resolving;

/// <summary>
/// Reads and parses the files of one document, each once, within the bound on their bytes together. Parse errors go
/// to the document's list the first time a file is met.
/// </summary>
internal sealed class HoconFileSet(HoconOptions options, HoconErrorList errors)
{
    private static readonly string[] Extensions = [".json", ".conf"];

    private readonly Dictionary<string, HoconSyntax?> _files = new(StringComparer.Ordinal);
    private long _bytesLeft = options.MaxBytes;

    public HoconSyntax Parse(string text, string file)
    {
        var source = new HoconText(text, file);
        if (text.Length > _bytesLeft)
        {
            errors.AddLast(source.At(0), $"the document holds more than {options.MaxBytes} bytes");
            return new ObjectSyntax(source.At(0), []);
        }

        _bytesLeft -= text.Length;
        return HoconParser.Parse(source, errors, options.MaxDepth);
    }

    /// <summary>
    /// Null when there is no such file; an empty object when it could not be read, which is reported at <paramref
    /// name="at"/>.
    /// </summary>
    public HoconSyntax? Read(string path, HoconOrigin at)
    {
        if (!_files.TryGetValue(path, out var syntax))
        {
            syntax = ReadNew(path, at);
            _files.Add(path, syntax);
        }

        return syntax;
    }

    /// <summary>
    /// The files an include may mean, in the order they are merged. A name without a known extension stands for itself
    /// and for both known extensions.
    /// </summary>
    public static IEnumerable<string> Candidates(IncludeSyntax include)
    {
        var folder = Path.GetDirectoryName(include.Origin.File) ?? string.Empty;
        var path = Normalise(Path.Combine(folder, include.Name));
        yield return path;
        if (!Array.Exists(Extensions, extension => path.EndsWith(extension, StringComparison.Ordinal)))
        {
            foreach (var extension in Extensions)
            {
                yield return path + extension;
            }
        }
    }

    /// <summary>
    /// Removes "." so that one file has one name in the check for circles. ".." stays: behind a symbolic link it is
    /// not the folder before it.
    /// </summary>
    private static string Normalise(string path)
    {
        var parts = path.Split('/');
        var kept = parts.Where((part, i) => part != "." && (part.Length > 0 || i == 0));
        return string.Join('/', kept);
    }

    private HoconSyntax? ReadNew(string path, HoconOrigin at)
    {
        var content = options.Files.Read(path, _bytesLeft);
        if (content.Error is not null)
        {
            errors.Add(at, $"file '{path}' {content.Error}");
            return new ObjectSyntax(at, []);
        }

        if (content.Bytes is not { } bytes)
        {
            return null;
        }

        if (bytes.Length > _bytesLeft)
        {
            errors.AddLast(at, $"with file '{path}' the document holds more than {options.MaxBytes} bytes");
            return new ObjectSyntax(at, []);
        }

        _bytesLeft -= bytes.Length;
        return Decode(bytes, path) is { } text
            ? HoconParser.Parse(new HoconText(text, path), errors, options.MaxDepth)
            : new ObjectSyntax(at, []);
    }

    private string? Decode(ReadOnlySpan<byte> bytes, string path)
    {
        if (Utf8.IsValid(bytes))
        {
            return Encoding.UTF8.GetString(bytes);
        }

        var good = 0;
        while (Rune.DecodeFromUtf8(bytes[good..], out _, out var length) == System.Buffers.OperationStatus.Done)
        {
            good += length;
        }

        var before = Encoding.UTF8.GetString(bytes[..good]);
        errors.Add(new HoconText(before, path).At(before.Length), $"byte 0x{bytes[good]:x2} is not valid UTF-8 here");
        return null;
    }
}
