using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>Private keys in every form that operators have lying about, and what is said when one cannot be
/// used.</summary>
[Trait("Suite", "Functional")]
public sealed class CertificateKeyTests : IDisposable
{
    private readonly TestCertificates _authority = new();
    private readonly TempFolder _folder = new();

    public void Dispose()
    {
        _folder.Dispose();
        _authority.Dispose();
    }

    [Theory]
    [InlineData(true, "rsa -aes256 -traditional", "BEGIN RSA PRIVATE KEY")]
    [InlineData(true, "rsa -des3 -traditional", "BEGIN RSA PRIVATE KEY")]
    [InlineData(false, "ec -aes128", "BEGIN EC PRIVATE KEY")]
    public async Task Legacy_encrypted_keys_are_read(bool rsa, string convert, string kind)
    {
        TestCertificates.Leaf leaf = _authority.Issue(["shop.test"], rsa, subject: "legacy");
        string legacy = await LegacyAsync(leaf, convert);
        Assert.Contains(kind, legacy, StringComparison.Ordinal);
        Assert.Contains("Proc-Type: 4,ENCRYPTED", legacy, StringComparison.Ordinal);

        await using NodeProcess node = await NodeProcess.StartAsync(new NodeSettings
        {
            Listener = "tls { certificates = [ { certificate = a.pem, key = a.key, password-file = a.pass } ] }",
            Rules = "routes = [ { match { path = \"/\" }, respond { status = 200 } } ]",
            Files = new Dictionary<string, string>
            {
                ["a.pem"] = leaf.CertificatePem, ["a.key"] = legacy, ["a.pass"] = "secret\n",
            },
        });
        (_, string shown) = await ChildProcess.RunAsync(
            "openssl", ["s_client", "-connect", $"127.0.0.1:{node.Port}"], node.Folder);

        Assert.Contains("CN = legacy", shown, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("wrong\n")]
    [InlineData("")]
    public async Task A_key_that_the_password_does_not_open_is_an_error_that_tells_no_secret(string password)
    {
        TestCertificates.Leaf leaf = _authority.Issue(["shop.test"], rsa: true);
        _folder.Write("a.pem", leaf.CertificatePem);
        _folder.Write("a.key", await LegacyAsync(leaf, "rsa -aes256 -traditional"));
        _folder.Write("a.pass", password);

        (int code, string output) = await CheckAsync("certificate = a.pem, key = a.key, password-file = a.pass");

        Assert.Equal(2, code);
        Assert.Contains("a.pem: the password does not open its key", output, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong", output, StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_locked_key_without_a_password_file_is_an_error_and_nobody_is_asked()
    {
        TestCertificates.Leaf leaf = _authority.Issue(["shop.test"], rsa: true);
        _folder.Write("a.pem", leaf.CertificatePem);
        _folder.Write("a.key", await LegacyAsync(leaf, "rsa -aes256 -traditional"));

        (int code, string output) = await CheckAsync("certificate = a.pem, key = a.key");

        Assert.Equal(2, code);
        Assert.Contains("a.key: is encrypted, so it needs a password-file", output, StringComparison.Ordinal);
        Assert.DoesNotContain("Enter PEM pass phrase", output, StringComparison.Ordinal);
    }

    private Task<(int Code, string Output)> CheckAsync(string certificate)
    {
        string file = _folder.Write("check.conf", $$"""
            proxy {
              listeners = [ { bind = "127.0.0.1:0", tls { certificates = [ { {{certificate}} } ] } } ]
              routes = [ { match { path = "/" }, respond { status = 200 } } ]
            }
            """);
        return ChildProcess.RunAsync("dotnet", [Repository.Program, "check", file], _folder.Path);
    }

    /// <summary>The key as openssl wrote it before PKCS #8, behind the password "secret".</summary>
    private async Task<string> LegacyAsync(TestCertificates.Leaf leaf, string convert)
    {
        string plain = _folder.Write("plain.key", leaf.KeyPem);
        string legacy = Path.Combine(_folder.Path, "legacy.key");
        (int code, string output) = await ChildProcess.RunAsync(
            "openssl", [.. convert.Split(' '), "-in", plain, "-out", legacy, "-passout", "pass:secret"], _folder.Path);
        Assert.True(code == 0, output);
        return await File.ReadAllTextAsync(legacy, TestContext.Current.CancellationToken);
    }
}
