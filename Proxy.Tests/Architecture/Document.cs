using System.Text.RegularExpressions;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Architecture;

/// <summary>A Markdown file, as far as its names matter.</summary>
internal sealed partial class Document
{
    /// <summary>Language of the fenced block each line is in; null outside of blocks.</summary>
    private readonly string?[] _block;

    public Document(string path)
    {
        Path = path;
        Lines = File.ReadAllLines(System.IO.Path.Combine(Repository.Root, path));
        _block = new string?[Lines.Count];
        string? language = null;
        for (int i = 0; i < Lines.Count; i++)
        {
            if (Lines[i].StartsWith("```", StringComparison.Ordinal))
            {
                _block[i] = "fence";
                language = language is null ? Lines[i][3..] : null;
            }
            else
            {
                _block[i] = language;
            }
        }
    }

    /// <summary>Relative to the repository.</summary>
    public string Path { get; }

    public IReadOnlyList<string> Lines { get; }

    public string At(int index) => $"{Path}:{index + 1}";

    /// <summary>A path written in this document, relative to the repository.</summary>
    public string Resolve(string relative)
    {
        string full = System.IO.Path.GetFullPath(
            System.IO.Path.Combine(Repository.Root, System.IO.Path.GetDirectoryName(Path) ?? "", relative));
        return System.IO.Path.GetRelativePath(Repository.Root, full);
    }

    public IEnumerable<(int Line, string Text)> Spans() => Find(Span());

    public IEnumerable<(int Line, string Target)> Links() => Find(Link());

    /// <summary>Lines of blocks that show a shell.</summary>
    public IEnumerable<(int Line, string Text)> ShellLines() =>
        Lines.Select(static (text, i) => (i, text)).Where(line => _block[line.i] is "sh" or "");

    /// <summary>Lines of the first block in a language.</summary>
    public IEnumerable<string> FirstBlock(string language)
    {
        int start = Array.IndexOf(_block, language);
        return start < 0 ? [] : Lines.Skip(start).TakeWhile((_, i) => _block[start + i] == language);
    }

    /// <summary>Names by which links reach headings.</summary>
    public HashSet<string> Anchors() =>
        Lines.Where((line, i) => _block[i] is null && line.StartsWith('#'))
            .Select(static line => NotInAnchors().Replace(line.TrimStart('#', ' ').ToLowerInvariant(), "").Replace(' ', '-'))
            .ToHashSet();

    private IEnumerable<(int Line, string Text)> Find(Regex pattern) =>
        from i in Enumerable.Range(0, Lines.Count)
        where _block[i] is null
        from match in pattern.Matches(Lines[i])
        select (i, match.Groups[1].Value);

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Span();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchors();
}
