using System.Text.RegularExpressions;
using Proxy.Actors.Config;
using Proxy.Actors.Hocon;
using Proxy.Edge.Relay;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Architecture;

/// <summary>Documents name only what exists: files, folders, commands, types, keys. Names are looked for in code spans
/// and links; what is in fenced blocks is example text, except the commands of shell blocks.</summary>
public sealed partial class DocumentTests
{
    /// <summary>Single words in code spans that are of others: the platform, HTTP, placeholders.</summary>
    private static readonly HashSet<string> Foreign = new(StringComparer.Ordinal)
    {
        "TimeProvider", "XConfig", "XPlan", "XState",
    };

    /// <summary>Words with a hyphen that look like keys and are names of something else.</summary>
    private static readonly HashSet<string> NotKeys = new(StringComparer.Ordinal) { "access-log", "edge-0" };

    private static readonly IReadOnlyList<Document> Documents =
    [
        .. TrackedFiles.Paths.Where(static path => path.EndsWith(".md", StringComparison.Ordinal))
            .Select(static path => new Document(path)),
    ];

    private static readonly Lazy<IReadOnlyDictionary<string, List<SourceFile>>> Types = new(static () =>
        SourceFile.In("Proxy.Edge", "Proxy.Actors", "Proxy.Cluster", "Proxy.Tests")
            .SelectMany(static file => file.Types(), static (file, type) => (type.Name, File: file))
            .GroupBy(static type => type.Name)
            .ToDictionary(static group => group.Key, static group => group.Select(static type => type.File).ToList()));

    [Fact]
    public void There_are_documents() =>
        Assert.Superset(
            new HashSet<string> { "README.md", "ARCHITECTURE.md", "CHANGELOG.md", "THREAT-MODEL.md" },
            Documents.Select(static document => document.Path).ToHashSet());

    [Fact]
    public void Links_lead_somewhere()
    {
        var problems = new List<string>();
        foreach ((Document document, int line, string target) in
            Documents.SelectMany(static d => d.Links(), static (d, link) => (d, link.Line, link.Target)))
        {
            if (target.Contains("://", StringComparison.Ordinal))
            {
                continue;
            }

            string[] parts = target.Split('#', 2);
            string path = parts[0].Length == 0 ? document.Path : document.Resolve(parts[0]);
            if (!Exists(path))
            {
                problems.Add($"{document.At(line)}: there is no {path}");
            }
            else if (parts.Length == 2 && !new Document(path).Anchors().Contains(parts[1]))
            {
                problems.Add($"{document.At(line)}: {path} has no heading #{parts[1]}");
            }
        }

        Report(problems);
    }

    [Fact]
    public void Paths_in_code_spans_exist() =>
        Report(Judge(static (document, span) =>
        {
            string word = span.Split(' ')[0];
            if (!TopLevelPath().IsMatch(word) && !FolderName().IsMatch(word))
            {
                return null;
            }

            string path = FolderName().IsMatch(word) ? document.Resolve(word) : word;
            return Exists(path) ? null : $"there is no {path}";
        }));

    [Fact]
    public void Commands_exist_and_can_be_run() =>
        Report(
        [
            .. Judge(static (_, span) => Command(span)),
            .. Documents.SelectMany(static document => document.ShellLines()
                .Select(line => (document, line.Line, Problem: Command(line.Text.TrimStart('$', ' '))))
                .Where(static found => found.Problem is not null)
                .Select(static found => $"{found.document.At(found.Line)}: {found.Problem}")),
        ]);

    [Fact]
    public void Scripts_can_be_run() =>
        Report(
        [
            .. TrackedFiles.Paths
                .Where(static path => Script().IsMatch(path))
                .Where(static path => !IsExecutable(path))
                .Select(static path => $"{path}: not executable"),
        ]);

    [Fact]
    public void Types_in_code_spans_exist() =>
        Report(Judge(static (_, span) =>
        {
            if (TypeName().Match(span) is not { Success: true } match || Foreign.Contains(span))
            {
                return null;
            }

            if (!Types.Value.TryGetValue(match.Groups["type"].Value, out List<SourceFile>? files))
            {
                return $"there is no type {match.Groups["type"].Value}";
            }

            string member = match.Groups["member"].Value;
            bool known = member.Length == 0
                || files.Any(file => file.Code.Any(line => Regex.IsMatch(line, $@"\b{member}\b")));
            return known ? null : $"{match.Groups["type"].Value} has no {member}";
        }));

    [Fact]
    public void Keys_in_code_spans_are_in_the_reference()
    {
        List<string> keys = ReferenceKeys();

        Report(Judge((_, span) =>
        {
            if (!KeyName().IsMatch(span) || NotKeys.Contains(span) || span.StartsWith("demo-", StringComparison.Ordinal))
            {
                return null;
            }

            var pattern = new Regex(
                @"(^|\.)" + Regex.Replace(Regex.Escape(span), @"\b[A-Z]+\b", "[^.]+") + "$", RegexOptions.NonBacktracking);
            return keys.Any(key => pattern.IsMatch(key)) ? null : $"hocon/reference.conf has no key {span}";
        }));
    }

    [Fact]
    public void The_first_configuration_of_the_readme_has_ten_lines_and_loads()
    {
        string[] lines = [.. Documents.Single(static document => document.Path == "README.md").FirstBlock("hocon")];
        using var folder = new TempFolder();

        ConfigLoading loading = ConfigLoader.Load(folder.Write("first.conf", string.Join('\n', lines)));

        Assert.Equal(10, lines.Length);
        Assert.Empty(loading.Errors.Select(static error => error.ToString()));
        Assert.Empty(loading.Warnings.Select(static warning => warning.ToString()));
    }

    [Fact]
    public void The_twelve_steps_are_those_of_the_code()
    {
        string[] steps =
        [
            .. Documents.Single(static document => document.Path == "ARCHITECTURE.md").Lines
                .Select(static line => Step().Match(line))
                .Where(static match => match.Success)
                .Select(static match => match.Groups[1].Value + " " + match.Groups[2].Value.Replace(" ", "")),
        ];
        string[] phases =
        [
            .. Enum.GetValues<ExchangePhase>().Select(static phase => $"{(int)phase} {phase}"),
        ];

        Assert.Equal(phases, steps, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>What is written here is read elsewhere.</summary>
    [Fact]
    public void No_file_names_a_place_of_one_machine()
    {
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        List<string> places = [Repository.Root + "/", string.Concat("shar", "ed/")];
        if (home.Length > 1 && home != "/root")
        {
            places.Add(home + "/");
        }


        Report(
        [
            .. from path in TrackedFiles.Paths
               from line in File.ReadLines(Path.Combine(Repository.Root, path)).Select(static (text, i) => (text, i))
               from place in places
               where line.text.Contains(place, StringComparison.Ordinal)
               select $"{path}:{line.i + 1}: {place} is of one machine",
        ]);
    }

    private static string? Command(string text)
    {
        string[] words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0 || !Script().IsMatch(words[0]))
        {
            return null;
        }

        if (!Exists(words[0]) || !IsExecutable(words[0]))
        {
            return $"{words[0]} is no command";
        }

        string[] sources = ["Proxy.Cluster/Commands/ProxyCommand.cs", "Proxy.Cluster/Commands/Ctl/CtlCommand.cs"];
        string source = string.Concat(
            sources.Select(static path => File.ReadAllText(Path.Combine(Repository.Root, path))));
        string[] known =
            ["help", .. CommandName().Matches(source).Select(static match => match.Groups[1].Value)];
        string? verb = words.Skip(1).FirstOrDefault(static word => Verb().IsMatch(word));
        bool wrong = words[0] == "ops/proxy" && verb is not null && !known.Contains(verb);
        return wrong ? $"ops/proxy has no command {verb}" : null;
    }

    private static List<string> ReferenceKeys()
    {
        var keys = new List<string>();
        Collect(HoconDocument.ParseFile(Path.Combine(Repository.Root, "hocon/reference.conf")).Root!, "");
        return keys;

        void Collect(HoconValue value, string path)
        {
            if (value is HoconObject block)
            {
                foreach (HoconMember member in block.Members)
                {
                    string inner = path.Length == 0 ? member.Key : $"{path}.{member.Key}";
                    keys.Add(inner);
                    Collect(member.Value, inner);
                }
            }
            else if (value is HoconArray list)
            {
                foreach (HoconValue item in list.Items)
                {
                    Collect(item, path);
                }
            }
        }
    }

    private static List<string> Judge(Func<Document, string, string?> judge) =>
    [
        .. from document in Documents
           from span in document.Spans()
           let problem = judge(document, span.Text)
           where problem is not null
           select $"{document.At(span.Line)}: {problem}",
    ];

    private static bool Exists(string path)
    {
        string full = Path.Combine(Repository.Root, path);
        return File.Exists(full) || Directory.Exists(full);
    }

    private static bool IsExecutable(string path) =>
        OperatingSystem.IsLinux()
        && File.GetUnixFileMode(Path.Combine(Repository.Root, path)).HasFlag(UnixFileMode.UserExecute);

    private static void Report(List<string> problems) =>
        Assert.True(problems.Count == 0, string.Join('\n', problems));

    [GeneratedRegex(@"^(Proxy\.(Edge|Actors|Cluster|Tests)|ops|hocon|\.ci)/[\w./*-]*$|^[A-Z][A-Z-]+\.md$|^[A-Z]\w+\.txt$")]
    private static partial Regex TopLevelPath();

    [GeneratedRegex(@"^[A-Z]\w+/(\w+/)*$")]
    private static partial Regex FolderName();

    [GeneratedRegex(@"^(ops/[a-z-]+|\.ci/[a-z-]+)$")]
    private static partial Regex Script();

    [GeneratedRegex("new(?: Command)?\\(\\s*\"([a-z-]+)\"")]
    private static partial Regex CommandName();

    [GeneratedRegex("^[a-z-]+$")]
    private static partial Regex Verb();

    [GeneratedRegex(@"^(?<type>[A-Z](?=\w*[a-z])\w+)(\.(?<member>[A-Z]\w*))?$")]
    private static partial Regex TypeName();

    [GeneratedRegex(@"^(?!.*\.(conf|md|cs|txt)$)(?=.*[.-])[a-z][a-z0-9-]*(\.([a-z][a-z0-9-]*|[A-Z]+))*$")]
    private static partial Regex KeyName();

    [GeneratedRegex(@"^\| (\d+) ([A-Z][a-z ]+) \|")]
    private static partial Regex Step();
}
