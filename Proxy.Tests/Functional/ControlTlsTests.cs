using System.CommandLine;
using Proxy.Cluster.Commands.Ctl;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>`ctl` with a node whose management asks for certificates.</summary>
[Trait("Suite", "Functional")]
public sealed class ControlTlsTests : IAsyncLifetime
{
    private readonly TestCertificates _servers = new("Servers");
    private readonly TestCertificates _operators = new("Operators");
    private readonly TempFolder _folder = new();
    private readonly ScriptedOrigin _origin = new();
    private NodeProcess? _node;
    private string _ca = "";
    private string _cert = "";
    private string _key = "";

    private NodeProcess Node => _node!; // Started before every test.

    private string Url => $"https://127.0.0.1:{Node.ManagementPort}";

    public async ValueTask InitializeAsync()
    {
        TestCertificates.Leaf own = _servers.Issue(["localhost"]);
        TestCertificates.Leaf person = _operators.Issue([], subject: "ann");
        _ca = _folder.Write("ca.pem", _servers.CaPem);
        _cert = _folder.Write("ann.pem", person.CertificatePem);
        _key = _folder.Write("ann.key", person.KeyPem);
        _folder.Write("locked.key", person.LockedKeyPem);
        _folder.Write("both.pem", person.CertificatePem + person.KeyPem);
        _folder.Write("password", "secret\n");
        _node = await NodeProcess.StartAsync(new NodeSettings
        {
            Rules = NodeSettings.Pool("", _origin.Url) + """

                management { tls { certificate = m.pem, key = m.key, client-ca-file = operators.pem } }
                """,
            Files = new Dictionary<string, string>
            {
                ["m.pem"] = own.CertificatePem, ["m.key"] = own.KeyPem, ["operators.pem"] = _operators.CaPem,
            },
        });
    }

    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        await _origin.DisposeAsync();
        _folder.Dispose();
        _servers.Dispose();
        _operators.Dispose();
    }

    [Fact]
    public async Task A_certificate_with_its_key_opens_the_management()
    {
        var (code, output, errors) = await RunAsync("--ca", _ca, "--cert", _cert, "--key", _key);

        Assert.Equal((0, ""), (code, errors));
        Assert.Contains("test-node", output, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("--ca", _ca, "--cert", Path.Combine(_folder.Path, "both.pem"))).Code);
    }

    [Fact]
    public async Task The_environment_says_the_same_to_the_program_itself()
    {
        var (code, output) = await ChildProcess.RunAsync(
            "dotnet", [Repository.Program, "ctl", "status"], _folder.Path,
            ("PROXY_URL", Url), ("PROXY_CA", _ca), ("PROXY_CERT", _cert),
            ("PROXY_KEY", Path.Combine(_folder.Path, "locked.key")), ("PROXY_KEY_PASSWORD", "secret"));

        Assert.True(code == 0, output);
        Assert.Contains("test-node", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_encrypted_key_needs_its_password()
    {
        string locked = Path.Combine(_folder.Path, "locked.key");
        string password = Path.Combine(_folder.Path, "password");

        var without = await RunAsync("--ca", _ca, "--cert", _cert, "--key", locked);
        var with = await RunAsync(
            "--ca", _ca, "--cert", _cert, "--key", locked, "--key-password-file", password);
        var wrong = await RunAsync("--ca", _ca, "--cert", _cert, "--key", locked, "--key-password-file", _ca);

        Assert.Equal(0, with.Code);
        Assert.Equal(2, without.Code);
        Assert.Contains("--key-password-file FILE, or PROXY_KEY_PASSWORD", without.Errors, StringComparison.Ordinal);
        Assert.Equal(2, wrong.Code);
        Assert.StartsWith("--cert: ", wrong.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_certificate_or_with_a_strange_one_it_says_what_is_missing()
    {
        TestCertificates.Leaf stranger = _servers.Issue([], subject: "eve");
        string eve = _folder.Write("eve.pem", stranger.CertificatePem + stranger.KeyPem);

        var none = await RunAsync("--ca", _ca);
        var strange = await RunAsync("--ca", _ca, "--cert", eve);

        Assert.Equal((1, 1), (none.Code, strange.Code));
        Assert.Contains("it may want a client certificate", none.Errors, StringComparison.Ordinal);
        Assert.Contains("--cert FILE", strange.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_is_not_trusted_gets_nothing()
    {
        var (code, _, errors) = await RunAsync("--cert", _cert, "--key", _key, "--token", "t");

        Assert.Equal(1, code);
        Assert.Contains("issued by CN=Servers) is not trusted", errors, StringComparison.Ordinal);
        Assert.Contains("--ca must hold its authority", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--cert", "missing.pem")]
    [InlineData("--ca", "missing.pem")]
    [InlineData("--key", "missing.pem")]
    public async Task A_file_that_is_not_there_is_named(string option, string file)
    {
        var (code, _, errors) = await RunAsync(option, file);

        Assert.Equal(2, code);
        Assert.StartsWith(option, errors, StringComparison.Ordinal);
    }

    private async Task<(int Code, string Output, string Errors)> RunAsync(params string[] words)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var errors = new StringWriter { NewLine = "\n" };
        ParseResult parsed = CtlCommand.Make().Parse(["status", .. words, "--url", Url]);
        int code = await parsed.InvokeAsync(
            new InvocationConfiguration { Output = output, Error = errors }, TestContext.Current.CancellationToken);
        return (code, output.ToString(), errors.ToString());
    }
}
