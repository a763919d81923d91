namespace Proxy.Tests.Kit;

/// <summary>Where the sources and the built program are.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>The program's assembly, of the same build configuration as the tests.</summary>
    public static string Program
    {
        get
        {
            var configuration = AppContext.BaseDirectory.Contains("/Debug/", StringComparison.Ordinal) ? "Debug" : "Release";
            var path = Path.Combine(Root, "Proxy.Cluster", "bin", configuration, "net10.0", "proxy.dll");
            Assert.True(File.Exists(path), $"{path} is missing; build Proxy.sln first.");
            return path;
        }
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Proxy.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No Proxy.sln above {AppContext.BaseDirectory}.");
    }
}
