using System.Text.RegularExpressions;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Architecture;

/// <summary>House rules that no analyzer knows. They look at every C# file, the tests included.</summary>
public sealed partial class TidyTests
{
    private const int MaxColumns = 120;

    /// <summary>Messages on the wire are easier to read, and to compare with the specification, in one piece.</summary>
    private const int MaxColumnsOfTestText = 160;
    private const int MaxLines = 600;
    private const int MaxFunctionLines = 70;

    private static readonly IReadOnlyList<SourceFile> Sources =
        SourceFile.In("Proxy.Edge", "Proxy.Actors", "Proxy.Cluster", "Proxy.Tests");

    [Fact]
    public void Lines_fit_the_screen()
    {
        Report(EveryLine(static (file, line) =>
        {
            bool text = file.Project == "Proxy.Tests" && line.Contains('"', StringComparison.Ordinal);
            int most = text ? MaxColumnsOfTestText : MaxColumns;
            return line.Length > most ? $"{line.Length} columns, at most {most}" : null;
        }));
    }

    [Fact]
    public void Scripts_and_configurations_fit_the_screen()
    {
        Report(
        [
            .. from file in TrackedFiles.Paths
               where file.StartsWith("ops/", StringComparison.Ordinal)
                   || file.StartsWith("hocon/", StringComparison.Ordinal)
               from line in File.ReadLines(Path.Combine(Repository.Root, file)).Select(static (text, i) => (text, i))
               where line.text.Length > MaxColumns
               select $"{file}:{line.i + 1}: {line.text.Length} columns, at most {MaxColumns}",
        ]);
    }

    [Fact]
    public void Files_are_short() =>
        Report(
        [
            .. Sources.Where(static file => file.Lines.Count > MaxLines)
                .Select(static file => $"{file.Path}: {file.Lines.Count} lines, at most {MaxLines}"),
        ]);

    [Fact]
    public void Functions_are_short() =>
        Report(
        [
            .. from file in Sources
               from function in Functions(file)
               where function.Lines > MaxFunctionLines
               select $"{file.At(function.Start)}: {function.Lines} lines, at most {MaxFunctionLines}",
        ]);

    [Theory]
    [InlineData(@"^\s*#region", "a region is a type that wants out")]
    [InlineData(@"\bNotImplementedException\b", "what is not there must not look as if it were")]
    [InlineData(@"\bSkip\s*=|\bAssert\.Skip\b", "a skipped test proves nothing; delete it or make it run")]
    [InlineData(@"\bAssert\.True\(true\b", "an assertion that cannot fail")]
    [InlineData(@"\b(Thread\.Sleep|DateTime\.Now|DateTime\.UtcNow)\b", "takes the time as an argument or a TimeProvider")]
    public void Code_is_free_of(string pattern, string why) =>
        Report(EveryCodeLine(line => Regex.IsMatch(line, pattern) ? why : null));

    [Fact]
    public void Work_left_over_is_an_issue_and_not_a_comment() =>
        Report(EveryLine(static (file, line) =>
            LeftOver().IsMatch(line) && !file.Path.StartsWith("Proxy.Tests/Architecture/", StringComparison.Ordinal)
                ? "work left over belongs to the issues"
                : null));

    /// <summary>Partial types exist for source generators only, so such a file uses one.</summary>
    [Fact]
    public void Partial_types_belong_to_generators() =>
        Report(
        [
            .. from file in Sources
               where !file.Code.Any(static line => Generated().IsMatch(line))
               from line in Enumerable.Range(0, file.Code.Count)
               where PartialType().IsMatch(file.Code[line])
               select $"{file.At(line)}: partial without a source generator",
        ]);

    [Fact]
    public void Types_are_named_by_what_they_do() =>
        Report(
        [
            .. from file in Sources
               from type in file.Types()
               where EmptyName().IsMatch(type.Name)
               select $"{file.At(type.Line)}: {type.Name} could be anything",
        ]);

    [Fact]
    public void Namespaces_are_folders() =>
        Report(
        [
            .. from file in Sources
               let expected = $"namespace {Path.GetDirectoryName(file.Path)!.Replace('/', '.')};"
               where file.Path.Contains('/', StringComparison.Ordinal)
                   && file.Code.Any(static line => line.StartsWith("namespace ", StringComparison.Ordinal))
                   && !file.Code.Contains(expected)
               select $"{file.Path}: expected \"{expected}\"",
        ]);

    [Fact]
    public void A_function_that_is_too_long_is_seen()
    {
        string[] code = ["    void F()", "    {", .. Enumerable.Repeat("        G();", 80), "    }"];

        Assert.Equal([(0, 83)], Functions(code));
    }

    private static IEnumerable<(int Start, int Lines)> Functions(SourceFile file) => Functions(file.Code);

    /// <summary>Blocks of members: a brace alone on a line behind a line that ends a parameter list, and its closing
    /// brace in the same column.</summary>
    private static IEnumerable<(int Start, int Lines)> Functions(IReadOnlyList<string> code)
    {
        for (int i = 1; i < code.Count; i++)
        {
            bool opens = code[i].Trim() == "{" && FunctionHead().IsMatch(code[i - 1]);
            string close = code[i].Replace('{', '}');
            int indent = code[i].IndexOf('{', StringComparison.Ordinal);
            if (!opens || indent is not (4 or 8))
            {
                continue;
            }

            int end = i + 1;
            while (end < code.Count && !code[end].StartsWith(close, StringComparison.Ordinal))
            {
                end++;
            }

            // A collection or an object ends with "};" or "},". Blocks of statements are deeper or have a keyword.
            if (end < code.Count && code[end].TrimEnd() == close)
            {
                yield return (i - 1, end - i + 2);
            }
        }
    }

    private static List<string> EveryLine(Func<SourceFile, string, string?> judge) =>
    [
        .. from file in Sources
           from line in Enumerable.Range(0, file.Lines.Count)
           let problem = judge(file, file.Lines[line])
           where problem is not null
           select $"{file.At(line)}: {problem}",
    ];

    private static List<string> EveryCodeLine(Func<string, string?> judge) =>
    [
        .. from file in Sources
           from line in Enumerable.Range(0, file.Code.Count)
           let problem = judge(file.Code[line])
           where problem is not null
           select $"{file.At(line)}: {problem}",
    ];

    private static void Report(List<string> problems) =>
        Assert.True(problems.Count == 0, string.Join('\n', problems));

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b")]
    private static partial Regex LeftOver();

    [GeneratedRegex(@"\bpartial\s+(class|struct|record|interface)\b")]
    private static partial Regex PartialType();

    [GeneratedRegex(@"\b(LibraryImport|LoggerMessage|GeneratedRegex)\b")]
    private static partial Regex Generated();

    [GeneratedRegex("(Manager|Helpers?|Utils?|Common|Misc)$")]
    private static partial Regex EmptyName();

    [GeneratedRegex(
        @"^(?!\s*(if|for|foreach|while|switch|using|lock|catch|fixed|return|new|case)\b)(?!.*\b(class|struct|record)\b).*\)\s*$")]
    private static partial Regex FunctionHead();
}
