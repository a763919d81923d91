namespace Proxy.Tests.Kit;

/// <summary>curl, as an everyday client not of our own making.</summary>
internal static class Curl
{
    /// <summary>Runs it with a time limit; the exit code and what it printed.</summary>
    public static Task<(int Code, string Output)> RunAsync(params string[] arguments) =>
        ChildProcess.RunAsync(
            "curl", ["--silent", "--show-error", "--max-time", "20", "--noproxy", "*", .. arguments], "/tmp");

    /// <summary>The body; fails when curl does.</summary>
    public static async Task<string> BodyAsync(params string[] arguments)
    {
        var (code, output) = await RunAsync(arguments);
        Assert.True(code == 0, $"curl ended with {code}: {output}");
        return output;
    }
}
