using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>The commands as an operator types them: codes and messages to act on.</summary>
[Trait("Suite", "Functional")]
public sealed class CommandTests
{
    [Fact]
    public async Task The_wrapper_starts_the_program_from_any_folder()
    {
        var (code, output) = await ChildProcess.RunAsync(
            Path.Combine(Repository.Root, "ops", "proxy"), ["version"], Path.GetTempPath());

        Assert.Equal(0, code);
        Assert.Matches("[0-9]+\\.[0-9]+\\.[0-9]+", output);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("help")]
    [InlineData("run", "--help")]
    [InlineData("check", "--help")]
    [InlineData("hocon", "--help")]
    [InlineData("demo-backends", "--help")]
    public async Task Help_is_everywhere(params string[] arguments)
    {
        var (code, output) = await RunAsync(arguments);

        Assert.Equal(0, code);
        Assert.NotEmpty(output.Trim());
    }

    [Fact]
    public async Task An_unknown_command_is_an_error_that_names_it()
    {
        var (code, output) = await RunAsync("rnu");

        Assert.NotEqual(0, code);
        Assert.Contains("rnu", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_says_every_error_with_its_place_and_what_is_accepted()
    {
        using var folder = new TempFolder();
        var file = folder.Write("bad.conf", """
            proxy {
              listeners = [ { name = web, bind = "nonsense" } ]
              routes = [ { match { path = "/" }, pool = missing } ]
              pools { app { balence = round-robin, members = [ { name = a, url = "ftp://x" } ] } }
            }
            """);

        var (code, output) = await RunAsync("check", file);

        Assert.NotEqual(0, code);
        Assert.Contains("bad.conf:2", output, StringComparison.Ordinal);
        Assert.Contains("nonsense", output, StringComparison.Ordinal);
        Assert.Contains("missing", output, StringComparison.Ordinal);
        Assert.Contains("balance", output, StringComparison.Ordinal);
        Assert.Contains("ftp://x", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run")]
    [InlineData("check")]
    public async Task A_file_that_is_not_there_is_an_error_that_names_it(string command)
    {
        var (code, output) = await RunAsync(command, "/no/such/file.conf");

        Assert.NotEqual(0, code);
        Assert.Contains("/no/such/file.conf", output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_example_and_profile_is_valid()
    {
        using var folder = new TempFolder();
        var hocon = Path.Combine(Repository.Root, "hocon");
        var files = Directory.GetFiles(hocon, "*.conf", SearchOption.AllDirectories);
        Assert.NotEmpty(files);

        foreach (var file in files)
        {
            var (code, output) = await RunAsync("check", WithCertificate(folder, file));
            Assert.True(code == 0, $"{file}: {output}");
        }
    }

    /// <summary>A file that names site.pem needs one beside it.</summary>
    private static string WithCertificate(TempFolder folder, string file)
    {
        string text = File.ReadAllText(file);
        if (!text.Contains("site.pem", StringComparison.Ordinal))
        {
            return file;
        }

        using var authority = new TestCertificates();
        TestCertificates.Leaf leaf = authority.Issue(["shop.example"]);
        folder.Write("site.pem", leaf.CertificatePem + leaf.KeyPem);
        folder.Write("site.key", leaf.KeyPem);
        return folder.Write(Path.GetFileName(file), text);
    }

    [Fact]
    public async Task Run_with_an_invalid_file_ends_with_the_errors()
    {
        using var folder = new TempFolder();
        var file = folder.Write("bad.conf", "proxy { listners = [] }");

        var (code, output) = await RunAsync("run", file);

        Assert.NotEqual(0, code);
        Assert.Contains("listeners", output, StringComparison.Ordinal);
        Assert.Contains("bad.conf:1", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_on_a_port_that_is_taken_says_so_and_ends()
    {
        await using var taken = new ScriptedOrigin();
        using var folder = new TempFolder();
        var file = folder.Write("node.conf", $$"""
            proxy {
              listeners = [ { name = web, bind = "127.0.0.1:{{taken.Port}}" } ]
              routes = [ { match { path = "/" }, respond { status = 200, body = ok } } ]
              management { bind = "127.0.0.1:{{FreePort.Probe()}}" }
            }
            """);

        var (code, output) = await RunAsync("run", file);

        Assert.NotEqual(0, code);
        Assert.Contains($"{taken.Port}", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hocon_is_resolved_to_JSON_and_parsed_with_errors()
    {
        using var folder = new TempFolder();
        var good = folder.Write("good.conf", "a { b = 1, c = ${a.b} } , d = [1] [2]");
        var bad = folder.Write("bad.conf", "a = {\n  b = [ 1, \n");

        var (code, json) = await RunAsync("hocon", "resolve", good);
        using var parsed = System.Text.Json.JsonDocument.Parse(json);
        var (badCode, message) = await RunAsync("hocon", "parse", bad);

        Assert.Equal(0, code);
        Assert.Equal(1, parsed.RootElement.GetProperty("a").GetProperty("c").GetInt32());
        Assert.Equal(2, parsed.RootElement.GetProperty("d").GetArrayLength());
        Assert.Equal(1, badCode);
        Assert.Contains("bad.conf", message, StringComparison.Ordinal);
    }

    private static Task<(int Code, string Output)> RunAsync(params string[] arguments) =>
        ChildProcess.RunAsync("dotnet", [Repository.Program, .. arguments], Path.GetTempPath());
}
