using System.Globalization;
using System.Text.RegularExpressions;

namespace Proxy.Tests.Kit;

/// <summary>An application of <c>Kit/Apps</c> in Node.js, as an origin that speaks HTTP/2.</summary>
internal sealed partial class NodeOrigin : IAsyncDisposable
{
    private readonly TempFolder _folder;
    private readonly ChildProcess _process;

    private NodeOrigin(TempFolder folder, ChildProcess process, int port)
    {
        (_folder, _process, Port) = (folder, process, port);
    }

    public int Port { get; }

    /// <summary>What it noticed.</summary>
    public string Output => _process.Output;

    /// <param name="pem">Certificate and key; empty for HTTP/2 without TLS.</param>
    /// <param name="both">Also speaks HTTP/1.1 over TLS.</param>
    public static Task<NodeOrigin> Http2Async(string pem = "", bool both = false)
    {
        var folder = new TempFolder();
        string script = Path.Combine(Repository.Root, "Proxy.Tests", "Kit", "Apps", "http2.js");
        return StartAsync(
            folder, pem.Length == 0 ? [script] : [script, folder.Write("a.pem", pem), both ? "both" : "h2"]);
    }

    /// <summary>A gRPC server with all four kinds of call.</summary>
    /// <param name="health">What its health service says: 1 = serving, 2 = not serving.</param>
    public static Task<NodeOrigin> GrpcAsync(string health = "1") => StartAsync(
        new TempFolder(),
        [Path.Combine(Repository.Root, "Proxy.Tests", "Kit", "Apps", "grpc", "server.js"), health]);

    public Task WaitForAsync(string output) => _process.WaitForOutputAsync(output);

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _folder.Dispose();
    }

    private static async Task<NodeOrigin> StartAsync(TempFolder folder, string[] arguments)
    {
        ChildProcess process = ChildProcess.Start("node", arguments, folder.Path);
        await process.WaitForOutputAsync("port ");
        Match port = PortLine().Match(process.Output);
        return new NodeOrigin(folder, process, int.Parse(port.Groups[1].Value, CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(@"port (\d+)\n")]
    private static partial Regex PortLine();
}
