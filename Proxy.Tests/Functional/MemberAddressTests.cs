using System.Net;
using System.Net.Sockets;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>Every kind of address a member can have.</summary>
[Trait("Suite", "Functional")]
public sealed class MemberAddressTests
{
    [Fact]
    public async Task A_member_may_be_an_IPv6_address()
    {
        await using var origin = new ScriptedOrigin(new IPEndPoint(IPAddress.IPv6Loopback, 0)).Serve(HostOf);
        await using var node = await NodeProcess.StartAsync(NodeSettings.To($"http://[::1]:{origin.Port}"));

        Assert.Equal($"/ for [::1]:{origin.Port}", await AskAsync(node, "/"));
    }

    [Fact]
    public async Task A_member_may_be_a_name()
    {
        await using var origin = new ScriptedOrigin().Serve(HostOf);
        await using var node = await NodeProcess.StartAsync(NodeSettings.To($"http://localhost:{origin.Port}"));

        await Eventually.IsTrueAsync(
            async () => await AskAsync(node, "/") == $"/ for localhost:{origin.Port}", () => "the name is resolved");
    }

    [Fact]
    public async Task A_name_that_does_not_exist_is_an_answer_and_not_a_hang()
    {
        await using var node = await NodeProcess.StartAsync(NodeSettings.To("http://no-such-name.invalid:80"));

        Assert.InRange((await node.AskAsync("GET / HTTP/1.1\r\nHost: x.test\r\n\r\n")).Status, 502, 503);
    }

    [Fact]
    public async Task A_member_may_be_a_Unix_socket()
    {
        using var folder = new TempFolder();
        var path = Path.Combine(folder.Path, "app.sock");
        await using var origin = new ScriptedOrigin(new UnixDomainSocketEndPoint(path)).Serve(HostOf);
        await using var node = await NodeProcess.StartAsync(NodeSettings.To($"unix:{path}"));

        Assert.StartsWith("/ for ", await AskAsync(node, "/"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_path_of_a_members_URL_comes_before_the_forwarded_path()
    {
        await using var origin = new ScriptedOrigin().Serve(HostOf);
        await using var node = await NodeProcess.StartAsync(NodeSettings.To($"{origin.Url}/base"));

        Assert.StartsWith("/base/x?y ", await AskAsync(node, "/x?y"), StringComparison.Ordinal);
    }

    private static string HostOf(WireMessage request) => Answer.Ok($"{request.Target} for {request.Value("Host")}");

    private static async Task<string> AskAsync(NodeProcess node, string target) =>
        (await node.AskAsync($"GET {target} HTTP/1.1\r\nHost: x.test\r\n\r\n")).Text;
}
