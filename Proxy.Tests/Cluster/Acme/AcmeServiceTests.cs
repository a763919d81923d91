using System.Text;
using Microsoft.Extensions.Logging;
using Proxy.Actors.Config;
using Proxy.Cluster.Acme;
using Proxy.Edge.Relay;
using Proxy.Edge.Tls;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Cluster.Acme;

public sealed class AcmeServiceTests : IDisposable
{
    private static readonly string[] Names = ["shop.test"];

    private readonly TempFolder _folder = new();
    private readonly TestCertificates _authority = new();
    private readonly Lines _log = new();

    private static AcmeConfig Acme => new() { AgreeTerms = true };

    private string Store => Path.Combine(_folder.Path, "state", "acme");

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_start_brings_back_what_was_issued_and_a_damaged_file_is_ordered_again()
    {
        AcmeCertificates first = await PrepareAsync();
        Assert.Null(first.Find(Names));
        string account = Assert.Single(Directory.GetFiles(Store, "account-*"));
        TestCertificates.Leaf leaf = _authority.Issue(Names);
        string name = AcmeFiles.StoreName(Acme, ["shop.test"]);
        new AcmeFileStore(Store).Write(name, Encoding.ASCII.GetBytes(leaf.KeyPem + leaf.CertificatePem));
        string file = Path.Combine(Store, name + ".sealed");

        AcmeCertificates second = await PrepareAsync();

        Assert.Equal(leaf.CertificatePem, Encoding.ASCII.GetString(second.Find(Names)!.Material.ChainPem));
        Assert.Equal("shop.test (ACME)", second.Get(Names, out bool placeholder).Name);
        Assert.False(placeholder);
        Assert.Empty(_log.All);
        byte[] bytes = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(file, bytes, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(account, "", TestContext.Current.CancellationToken);
        AcmeCertificates third = await PrepareAsync();
        Assert.Null(third.Find(Names));
        Assert.Equal("placeholder for shop.test", third.Get(Names, out placeholder).Name);
        Assert.True(placeholder);
        Assert.Contains(_log.All, static line => line.Contains("damaged", StringComparison.Ordinal)
            && line.Contains("it is ordered again", StringComparison.Ordinal));
        Assert.Contains(_log.All, static line => line.Contains("a new account is opened", StringComparison.Ordinal));
    }

    [Fact]
    public void A_certificate_has_to_fit_its_key_and_cover_its_names()
    {
        TestCertificates.Leaf leaf = _authority.Issue(["shop.test"]);
        TestCertificates.Leaf other = _authority.Issue(["shop.test"]);

        Assert.NotNull(IssuedCertificate.Read(leaf.CertificatePem, leaf.KeyPem, Names, out _));
        Assert.Null(IssuedCertificate.Read(leaf.CertificatePem, other.KeyPem, Names, out string problem));
        Assert.StartsWith("certificate and key do not fit", problem, StringComparison.Ordinal);
        Assert.Null(IssuedCertificate.Read(leaf.CertificatePem, leaf.KeyPem, ["shop.test", "b.test"], out problem));
        Assert.Equal("it does not cover b.test", problem);
        Assert.Null(IssuedCertificate.Read("no PEM", leaf.KeyPem, Names, out problem));
        Assert.Equal("it holds no certificate", problem);
    }

    /// <summary>A start that gets as far as reading the store: nothing is ordered.</summary>
    private async Task<AcmeCertificates> PrepareAsync()
    {
        var certificates = new AcmeCertificates(TimeProvider.System);
        var desk = new ChallengeDesk(new HttpChallenges(), new TlsChallenges());
        await using var service = new AcmeService(
            new AcmeServices(_log, TimeProvider.System, desk, certificates, new AcmeLedger(), static () => { }));
        var config = new ProxyConfig
        {
            Acme = Acme,
            Node = new NodeConfig { StateDir = Path.Combine(_folder.Path, "state") },
            Listeners = [new ListenerConfig { Tls = new ListenerTlsConfig { Acme = ["shop.test"] } }],
        };

        Assert.Empty(service.Prepare(config, Path.Combine(_folder.Path, "node.conf")));
        return certificates;
    }

    private sealed class Lines : ILogger
    {
        public List<string> All { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter) => All.Add(formatter(state, exception));
    }
}
