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

    [Fact]
    public async Task What_another_node_was_issued_is_used_and_kept()
    {
        TestCertificates.Leaf leaf = _authority.Issue(["shop.test"]);
        IssuedCertificate issued = IssuedCertificate.Read(leaf.CertificatePem, leaf.KeyPem, Names, out _)!;
        var certificates = new AcmeCertificates(TimeProvider.System);
        var cluster = new OtherNode(issued.ToBytes());
        int changed = 0;
        var services = new AcmeServices(
            _log, TimeProvider.System, new ChallengeDesk(new HttpChallenges(), new TlsChallenges()), certificates,
            new AcmeLedger(), () => changed++) { Cluster = cluster };
        await using (var service = new AcmeService(services))
        {
            Assert.Empty(service.Prepare(Config(), Path.Combine(_folder.Path, "node.conf")));
            await service.AdoptAsync(Config());
            await service.LookAsync(Config());
            await service.LookAsync(Config());
        }

        Assert.Equal(1, changed);
        Assert.Equal(issued.Life, certificates.Find(Names)!.Life);
        Assert.Equal(issued.Life, (await PrepareAsync()).Find(Names)!.Life);
        Assert.Empty(cluster.Issuings);
    }

    /// <summary>A start that gets as far as reading the store: nothing is ordered.</summary>
    private async Task<AcmeCertificates> PrepareAsync()
    {
        var certificates = new AcmeCertificates(TimeProvider.System);
        var desk = new ChallengeDesk(new HttpChallenges(), new TlsChallenges());
        await using var service = new AcmeService(
            new AcmeServices(_log, TimeProvider.System, desk, certificates, new AcmeLedger(), static () => { }));

        Assert.Empty(service.Prepare(Config(), Path.Combine(_folder.Path, "node.conf")));
        return certificates;
    }

    private ProxyConfig Config() => new()
    {
        Acme = Acme,
        Node = new NodeConfig { StateDir = Path.Combine(_folder.Path, "state") },
        Listeners = [new ListenerConfig { Tls = new ListenerTlsConfig { Acme = ["shop.test"] } }],
    };

    /// <summary>Another node does the ordering, and has done it.</summary>
    private sealed class OtherNode(byte[] certificate) : IAcmeCluster
    {
        public List<string> Issuings { get; } = [];

        public bool IsOrderer => false;

        public void Shown(ChallengeAnswer challenge) => Assert.Fail("it is not this node's turn");

        public void Hidden(ChallengeAnswer challenge) => Assert.Fail("it is not this node's turn");

        public void Issued(string name, byte[] certificate) => Issuings.Add(name);

        public byte[]? Find(string name) => certificate;
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
