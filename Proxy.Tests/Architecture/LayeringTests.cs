using System.Text.RegularExpressions;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Architecture;

/// <summary>Who may know whom. A folder may use what its line names; a folder without a line fails, because a new
/// folder is a design decision. Sub-folders count as their folder. Reads the text of the sources: the project
/// references stay the hard wall, this is the finer one.</summary>
public sealed partial class LayeringTests
{
    private static readonly string[] Projects = ["Proxy.Edge", "Proxy.Actors", "Proxy.Cluster"];

    /// <summary>From the bottom up.</summary>
    private static readonly Dictionary<string, string> Allowed = new(StringComparer.Ordinal)
    {
        // The data plane: values and machines first, then what uses them, the loop and the wiring last.
        ["Edge.Topology"] = "",
        ["Edge.Buffers"] = "",
        ["Edge.Timing"] = "",
        ["Edge.Http"] = "",
        ["Edge.Health"] = "",
        ["Edge.Replication"] = "",
        ["Edge.Os"] = "",
        ["Edge.Http1"] = "Edge.Http",
        ["Edge.Balancing"] = "Edge.Topology",
        ["Edge.Affinity"] = "Edge.Http Edge.Replication Edge.Topology",
        ["Edge.Routing"] = "Edge.Http Edge.Topology",
        ["Edge.Limits"] = "Edge.Http Edge.Replication Edge.Routing Edge.Topology",
        ["Edge.Rewriting"] = "Edge.Http Edge.Routing Edge.Topology",
        ["Edge.Engine"] = "Edge.Buffers Edge.Timing Edge.Topology",
        ["Edge.Os.OpenSsl"] = "",
        ["Edge.Os.Network"] = "",
        ["Edge.Tls"] = "Edge.Buffers Edge.Engine Edge.Os.OpenSsl Edge.Topology",
        ["Edge.Http2"] = "Edge.Buffers Edge.Http",
        ["Edge.Snapshot"] =
            "Edge.Affinity Edge.Balancing Edge.Http1 Edge.Http2 Edge.Limits Edge.Rewriting Edge.Routing Edge.Tls "
            + "Edge.Topology",
        ["Edge.Telemetry"] = "Edge.Http2 Edge.Os Edge.Snapshot Edge.Tls Edge.Topology",
        ["Edge.Upstream"] =
            "Edge.Balancing Edge.Engine Edge.Http Edge.Http1 Edge.Http2 Edge.Snapshot Edge.Timing Edge.Tls "
            + "Edge.Topology",
        ["Edge.Relay"] =
            "Edge.Affinity Edge.Buffers Edge.Engine Edge.Http Edge.Http1 Edge.Http2 Edge.Limits Edge.Rewriting "
            + "Edge.Routing Edge.Snapshot Edge.Telemetry Edge.Timing Edge.Tls Edge.Topology Edge.Upstream",
        ["Edge.Downstream"] =
            "Edge.Buffers Edge.Engine Edge.Http Edge.Http1 Edge.Http2 Edge.Relay Edge.Rewriting "
            + "Edge.Snapshot Edge.Telemetry Edge.Timing Edge.Tls Edge.Topology",
        ["Edge.Os.Native"] = "Edge.Engine Edge.Topology",
        ["Edge.Os.Epoll"] = "Edge.Buffers Edge.Engine Edge.Os.Native Edge.Timing Edge.Topology",
        ["Edge.Node"] =
            "Edge.Buffers Edge.Downstream Edge.Engine Edge.Os.Epoll Edge.Relay Edge.Rewriting Edge.Snapshot "
            + "Edge.Os.Network Edge.Telemetry Edge.Timing Edge.Topology Edge.Upstream",

        // The control plane: decides, opens no socket, starts no thread outside Runtime.
        ["Actors.Hocon"] = "",
        ["Actors.Runtime"] = "",
        ["Actors.Config"] =
            "Actors.Hocon Edge.Affinity Edge.Balancing Edge.Http1 Edge.Http2 Edge.Limits Edge.Rewriting Edge.Routing "
            + "Edge.Snapshot Edge.Telemetry Edge.Tls Edge.Topology",
        ["Actors.Ports"] = "Actors.Config Edge.Snapshot Edge.Tls Edge.Topology",
        ["Actors.Planning"] =
            "Actors.Config Actors.Ports Edge.Affinity Edge.Balancing Edge.Limits Edge.Replication "
            + "Edge.Rewriting Edge.Routing Edge.Snapshot Edge.Topology",
        ["Actors.Pools"] = "Actors.Config Actors.Ports Actors.Runtime Edge.Health Edge.Snapshot Edge.Topology",
        ["Actors.Publishing"] =
            "Actors.Config Actors.Planning Actors.Pools Actors.Ports Actors.Runtime Edge.Snapshot Edge.Topology",
        ["Actors.Supervision"] = "Actors.Pools Actors.Ports Actors.Publishing Actors.Runtime",

        // The node: everything that talks to the outside, and the wiring.
        ["Cluster.Sqlite"] = "",
        ["Cluster.Trust"] = "",
        ["Cluster.Engine"] = "Cluster.Sqlite Cluster.Trust",
        ["Cluster.Membership"] = "Actors.Runtime Cluster.Engine",
        ["Cluster.Journal"] = "Cluster.Engine Cluster.Sqlite",
        ["Cluster.Revisions"] = "Actors.Hocon Actors.Runtime Cluster.Engine Cluster.Journal",
        ["Cluster.Singletons"] = "Actors.Runtime Cluster.Engine Cluster.Membership",
        ["Cluster.Health"] =
            "Actors.Config Actors.Pools Actors.Ports Actors.Publishing Actors.Runtime Cluster.Membership "
            + "Cluster.Singletons Edge.Health",
        ["Cluster.Acme"] = "Actors.Config Edge.Relay Edge.Tls",
        ["Cluster.Peers"] =
            "Actors.Runtime Cluster.Acme Cluster.Trust Edge.Os.Network Edge.Replication Edge.Tls",
        ["Cluster.Vrrp"] = "Actors.Config Actors.Runtime Cluster.Peers Edge.Os.Network",
        ["Cluster.Exporting"] =
            "Cluster.Acme Cluster.Membership Cluster.Peers Cluster.Vrrp Edge.Http2 Edge.Limits Edge.Snapshot "
            + "Edge.Telemetry Edge.Tls Edge.Topology",
        ["Cluster.Management"] =
            "Actors.Hocon Cluster.Acme Cluster.Exporting Cluster.Health Cluster.Membership Cluster.Peers Cluster.Revisions "
            + "Cluster.Singletons Cluster.Vrrp Edge.Os.Network Edge.Routing Edge.Snapshot Edge.Telemetry Edge.Tls "
            + "Edge.Topology",
        ["Cluster.Probing"] = "Actors.Config Actors.Ports Edge.Snapshot Edge.Tls Edge.Topology",
        ["Cluster.Certificates"] = "Actors.Config Actors.Ports Cluster.Acme Edge.Snapshot Edge.Tls",
        ["Cluster.Shares"] = "Actors.Runtime Edge.Limits Edge.Replication Edge.Snapshot Edge.Topology",
        ["Cluster.Demo"] = "",
        ["Cluster.Shutdown"] = "Actors.Runtime Cluster.Management",
        ["Cluster.Restart"] =
            "Cluster.Management Cluster.Shutdown Edge.Node Edge.Os.Network Edge.Replication Edge.Tls",
        ["Cluster.Host"] =
            "Actors.Config Actors.Hocon Actors.Planning Actors.Ports Actors.Publishing Actors.Runtime "
            + "Actors.Supervision Cluster.Acme Cluster.Certificates Cluster.Engine Cluster.Exporting Cluster.Health "
            + "Cluster.Journal "
            + "Cluster.Management Cluster.Membership Cluster.Peers Cluster.Probing Cluster.Restart "
            + "Cluster.Revisions Cluster.Shares Cluster.Shutdown Cluster.Singletons Cluster.Vrrp Edge.Limits "
            + "Edge.Node Edge.Relay Edge.Replication Edge.Snapshot Edge.Telemetry Edge.Tls Edge.Topology",
        ["Cluster.Commands"] =
            "Actors.Config Actors.Hocon Cluster.Certificates Cluster.Demo Cluster.Host Cluster.Trust Cluster.Vrrp",
        ["Cluster"] = "Cluster.Commands",
    };

    private static readonly IReadOnlyList<SourceFile> Sources = SourceFile.In(Projects);

    [Fact]
    public void Folders_use_only_the_folders_below_them()
    {
        var problems = new List<string>();
        foreach (SourceFile file in Sources)
        {
            if (!Allowed.TryGetValue(file.Folder, out string? names))
            {
                problems.Add($"{file.Path}: the folder {file.Folder} has no line in the table");
                continue;
            }

            string[] allowed = names.Split(' ');
            problems.AddRange(Uses(file)
                .Where(use => use.Folder != file.Folder && !allowed.Contains(use.Folder))
                .Select(use => $"{file.At(use.Line)}: {file.Folder} may not use {use.Folder}"));
        }

        Report(problems);
    }

    /// <summary>A permission nobody needs is a door left open.</summary>
    [Fact]
    public void The_table_allows_nothing_that_is_not_used()
    {
        var used = Sources
            .SelectMany(static file => Uses(file).Select(use => (Owner: file.Folder, use.Folder)))
            .ToHashSet();

        Report(
        [
            .. Allowed.Keys.Except(Sources.Select(static file => file.Folder)).Select(static f => $"no folder {f}"),
            .. Pairs().Where(pair => !used.Contains(pair)).Select(static pair => $"{pair.Owner} does not use {pair.Used}"),
        ]);
    }

    [Fact]
    public void The_table_has_no_circle_and_lists_folders_from_the_bottom_up()
    {
        List<string> order = [.. Allowed.Keys];

        Report([.. Pairs()
            .Where(pair => order.IndexOf(pair.Used) >= order.IndexOf(pair.Owner))
            .Select(static pair => $"{pair.Owner} stands before {pair.Used}, which it uses")]);
    }

    [Fact]
    public void Projects_refer_only_to_the_one_below()
    {
        static IEnumerable<string> References(string project) =>
            Reference().Matches(File.ReadAllText(Path.Combine(Repository.Root, project, $"{project}.csproj")))
                .Select(static match => match.Groups[1].Value);

        Assert.Empty(References("Proxy.Edge"));
        Assert.Equal(["Proxy.Edge"], References("Proxy.Actors"));
        Assert.Equal(["Proxy.Actors"], References("Proxy.Cluster"));
    }

    /// <summary>An inline name such as Relay.Exchange is a dependency that no using shows.</summary>
    [Fact]
    public void Types_of_other_folders_are_named_by_a_using()
    {
        Dictionary<string, HashSet<string>> types = Sources
            .GroupBy(static file => file.Folder)
            .ToDictionary(
                static group => group.Key,
                static group => group.SelectMany(static f => f.Types(), static (_, type) => type.Name).ToHashSet());
        var problems = new List<string>();
        foreach (SourceFile file in Sources)
        {
            HashSet<string> known = [file.Folder, .. Uses(file).Select(static use => use.Folder)];
            for (int i = 0; i < file.Code.Count; i++)
            {
                string line = file.Code[i];
                if (UsingLine().IsMatch(line) || line.StartsWith("namespace ", StringComparison.Ordinal))
                {
                    if (line.Contains('=', StringComparison.Ordinal))
                    {
                        problems.Add($"{file.At(i)}: an alias hides where a type comes from");
                    }

                    continue;
                }

                bool inline = FullName().IsMatch(line) || PartName().Matches(line).Any(match =>
                    FolderOf(file, match) is var folder
                    && !known.Contains(folder)
                    && types.TryGetValue(folder, out HashSet<string>? names)
                    && names.Contains(match.Groups["type"].Value));
                if (inline)
                {
                    problems.Add($"{file.At(i)}: a type named by its folder: {line.Trim()}");
                }
            }
        }

        Report(problems);
    }

    [Theory]
    [InlineData(
        "calls into the operating system",
        @"\b(LibraryImport|DllImport)\b",
        "Cluster.Sqlite Edge.Os Edge.Os.Native Edge.Os.Network Edge.Os.OpenSsl")]
    [InlineData(
        "sockets and names",
        @"\b(Socket|TcpClient|TcpListener|UdpClient|NetworkStream|SocketAsyncEventArgs|SocketException|HttpClient|Dns)\b",
        "Cluster.Commands Cluster.Demo Cluster.Engine Cluster.Management Cluster.Peers Cluster.Probing "
            + "Cluster.Restart Cluster.Vrrp")]
    [InlineData(
        "threads",
        @"\bnew Thread\b|\bnew Thread\[|\bTask\.Run\b|\bTask\.Factory\b|\bThreadPool\.|\bParallel\.",
        "Actors.Runtime Cluster.Engine Cluster.Peers Cluster.Vrrp Edge.Node Edge.Telemetry")]
    [InlineData("HTTP servers", @"\bMicrosoft\.AspNetCore\b", "Cluster.Management Cluster.Demo")]
    public void What_reaches_outside_has_a_place(string what, string pattern, string folders)
    {
        string[] places = folders.Split(' ');

        Report([.. Matches(pattern)
            .Where(match => !places.Contains(match.File.Folder))
            .Select(match => $"{match.File.At(match.Line)}: {what} belong to {folders}")]);
    }

    /// <summary>A loop has one thread: what waits on it stops every connection it has.</summary>
    [Fact]
    public void Nothing_on_the_request_path_waits()
    {
        string[] offPath = ["Edge.Node", "Edge.Telemetry"];

        Report([.. Matches(@"\b(async|await|lock|Monitor|SemaphoreSlim|ManualResetEventSlim)\b|\.Wait\(|\.GetAwaiter\(")
            .Where(match => match.File.Project == "Proxy.Edge" && !offPath.Contains(match.File.Folder))
            .Select(static match => $"{match.File.At(match.Line)}: a loop may not wait")]);
    }

    private static string FolderOf(SourceFile file, Match name)
    {
        string project = name.Groups["project"].Value;
        return $"{(project.Length > 0 ? project : file.Project["Proxy.".Length..])}.{name.Groups["folder"].Value}";
    }

    private static IEnumerable<(SourceFile File, int Line)> Matches(string pattern) =>
        from file in Sources
        from line in Enumerable.Range(0, file.Code.Count)
        where Regex.IsMatch(file.Code[line], pattern)
        select (file, line);

    private static IEnumerable<(string Owner, string Used)> Pairs() =>
        from row in Allowed
        from used in row.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        select (row.Key, used);

    private static IEnumerable<(string Folder, int Line)> Uses(SourceFile file)
    {
        for (int i = 0; i < file.Code.Count; i++)
        {
            if (UsingLine().Match(file.Code[i]) is { Success: true } match)
            {
                string[] parts = match.Groups["name"].Value.Split('.');
                yield return (
                    parts switch
                    {
                        ["Edge", "Os", var part, ..] => $"Edge.Os.{part}",
                        [var project, var folder, ..] => $"{project}.{folder}",
                        _ => parts[0],
                    },
                    i);
            }
        }
    }

    private static void Report(List<string> problems) =>
        Assert.True(problems.Count == 0, string.Join('\n', problems));

    [GeneratedRegex(@"^\s*(?:global\s+)?using\s+(?:static\s+)?(?:\w+\s*=\s*)?Proxy\.(?<name>[\w.]+)\s*;")]
    private static partial Regex UsingLine();

    [GeneratedRegex(@"(?<![\w.])Proxy\.(Edge|Actors|Cluster)\.\w")]
    private static partial Regex FullName();

    [GeneratedRegex(@"(?<![\w.])(?:(?<project>Edge|Actors|Cluster)\.)?(?<folder>[A-Z]\w*)\.(?<type>[A-Z]\w*)\b")]
    private static partial Regex PartName();

    [GeneratedRegex("<ProjectReference Include=\"\\.\\./(Proxy\\.\\w+)/")]
    private static partial Regex Reference();
}
