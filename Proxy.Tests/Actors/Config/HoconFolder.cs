namespace Proxy.Tests.Actors.Config;

/// <summary>The folder hocon of the repository, found upwards from the test program.</summary>
internal static class HoconFolder
{
    public static string File(string relative) => Path.Combine(Root(), "hocon", relative);

    public static IEnumerable<string> All() =>
        Directory.EnumerateFiles(Path.Combine(Root(), "hocon"), "*.conf", SearchOption.AllDirectories);

    private static string Root()
    {
        DirectoryInfo? at = new(AppContext.BaseDirectory);
        while (at is not null && !System.IO.File.Exists(Path.Combine(at.FullName, "Proxy.sln")))
        {
            at = at.Parent;
        }

        return at?.FullName ?? throw new InvalidOperationException("the tests do not run inside the repository");
    }
}
