using System.Text.RegularExpressions;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Architecture;

/// <summary>A C# file of the repository, with its code apart from comments and string literals.</summary>
internal sealed partial class SourceFile
{
    private SourceFile(string path)
    {
        Path = path;
        Lines = File.ReadAllLines(System.IO.Path.Combine(Repository.Root, path));
        Code = [.. WithoutText(string.Join('\n', Lines)).Split('\n')];
    }

    /// <summary>Relative to the repository, with '/'.</summary>
    public string Path { get; }

    public IReadOnlyList<string> Lines { get; }

    /// <summary>The lines without comments and without what stands in literals; as many as
    /// <see cref="Lines"/>.</summary>
    public IReadOnlyList<string> Code { get; }

    public string Project => Path[..Path.IndexOf('/')];

    /// <summary>"Edge.Http1" for Proxy.Edge/Http1/…, "Edge" for files directly in the project. The parts of Edge.Os are
    /// folders of their own, because they are of different height.</summary>
    public string Folder
    {
        get
        {
            string[] parts = Path["Proxy.".Length..].Split('/');
            return parts switch
            {
                ["Edge", "Os", var part, _, ..] => $"Edge.Os.{part}",
                [var project, var folder, _, ..] => $"{project}.{folder}",
                _ => parts[0],
            };
        }
    }

    public string At(int index) => $"{Path}:{index + 1}";

    /// <summary>Files below some folders of the repository, in order.</summary>
    public static IReadOnlyList<SourceFile> In(params string[] folders) =>
    [
        .. folders
            .SelectMany(static folder => Directory.EnumerateFiles(
                System.IO.Path.Combine(Repository.Root, folder), "*.cs", SearchOption.AllDirectories))
            .Select(static file => System.IO.Path.GetRelativePath(Repository.Root, file).Replace('\\', '/'))
            .Where(static file => !file.Contains("/bin/", StringComparison.Ordinal)
                && !file.Contains("/obj/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(static file => new SourceFile(file)),
    ];

    /// <summary>Every type declared in the file.</summary>
    public IEnumerable<(string Name, int Line)> Types()
    {
        for (int i = 0; i < Code.Count; i++)
        {
            if (Declaration().Match(Code[i]) is { Success: true } match)
            {
                yield return (match.Groups["name"].Value, i);
            }
        }
    }

    /// <summary>Blanks comments and literals out and keeps the line ends. Raw strings first: they may hold anything.
    /// </summary>
    private static string WithoutText(string text) =>
        Text().Replace(text, static match => new string('\n', match.Value.Count(static c => c == '\n')));

    [GeneratedRegex(
        """"(?<q>"{3,})[\s\S]*?\k<q>(?!")|@"(?:[^"]|"")*"|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.[^'\n]*)'|//[^\n]*|/\*[\s\S]*?\*/"""",
        RegexOptions.None,
        matchTimeoutMilliseconds: 5000)]
    private static partial Regex Text();

    [GeneratedRegex(
        @"^\s*(?:(?:public|internal|private|protected|file|static|sealed|abstract|readonly|ref|unsafe|partial|new)\s+)*"
        + @"(?:class|struct|interface|enum|record(?:\s+(?:struct|class))?|delegate\s+[\w<>?\[\]]+)\s+(?<name>[A-Z]\w*)")]
    private static partial Regex Declaration();
}
