using Proxy.Tests.Kit;

namespace Proxy.Tests.Architecture;

/// <summary>What belongs to the repository: every file except what builds and tools leave behind.</summary>
internal static class TrackedFiles
{
    private static readonly string[] Left =
    [
        "bin", "obj", ".git", ".build", ".vs", ".idea", "TestResults", "state", "node_modules",
    ];

    /// <summary>Relative to the repository, with '/', in order.</summary>
    public static IReadOnlyList<string> Paths { get; } =
        [.. Below(Repository.Root).Select(static path => path.Replace('\\', '/')).Order(StringComparer.Ordinal)];

    private static IEnumerable<string> Below(string folder)
    {
        foreach (string file in Directory.EnumerateFiles(folder))
        {
            // A worktree has a file of that name instead of a folder.
            if (Path.GetFileName(file) != ".git")
            {
                yield return Path.GetRelativePath(Repository.Root, file);
            }
        }

        foreach (string inner in Directory.EnumerateDirectories(folder))
        {
            if (!Left.Contains(Path.GetFileName(inner)))
            {
                foreach (string file in Below(inner))
                {
                    yield return file;
                }
            }
        }
    }
}
