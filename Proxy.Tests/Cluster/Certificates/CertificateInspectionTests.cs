using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Proxy.Actors.Config;
using Proxy.Cluster.Certificates;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Cluster.Certificates;

public sealed class CertificateInspectionTests : IDisposable
{
    private readonly TestCertificates _authority = new();
    private readonly TempFolder _folder = new();
    private readonly DateTimeOffset _now = TimeProvider.System.GetUtcNow();

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_full_chain_in_order_is_fine()
    {
        TestCertificates.Leaf leaf = _authority.Issue(["shop.test"]);

        Assert.Empty(Problems(leaf.CertificatePem + _authority.CaPem + leaf.KeyPem));
    }

    [Fact]
    public void A_leaf_alone_lacks_its_intermediate()
    {
        TestCertificates.Leaf leaf = _authority.Issue(["shop.test"]);

        Assert.Contains("no intermediate", Assert.Single(Problems(leaf.CertificatePem)), StringComparison.Ordinal);
    }

    [Fact]
    public void The_end_is_told_three_weeks_ahead()
    {
        TestCertificates.Leaf soon = _authority.Issue(["shop.test"], until: _now.AddDays(20));
        TestCertificates.Leaf later = _authority.Issue(["shop.test"], until: _now.AddDays(22));

        Assert.Contains("expires on", Assert.Single(Problems(soon.CertificatePem + _authority.CaPem)), StringComparison.Ordinal);
        Assert.Empty(Problems(later.CertificatePem + _authority.CaPem));
        Assert.Contains(
            "expired on",
            Assert.Single(Problems(soon.CertificatePem + _authority.CaPem, at: _now.AddDays(21))),
            StringComparison.Ordinal);
        Assert.Contains(
            "not valid before",
            Assert.Single(Problems(later.CertificatePem + _authority.CaPem, at: DateTimeOffset.UnixEpoch)),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Certificates_in_the_wrong_order_or_of_another_authority_are_told()
    {
        using var namesake = new TestCertificates();
        using var other = new TestCertificates("Other Authority");
        TestCertificates.Leaf leaf = _authority.Issue(["shop.test"]);

        Assert.Contains(
            "certificate 2 of the file has the name of the issuer, but not its key",
            Problems(leaf.CertificatePem + namesake.CaPem));
        Assert.Contains(
            "certificate 2 of the file is not the issuer of the one before it",
            Problems(leaf.CertificatePem + other.CaPem));
    }

    [Fact]
    public void Hosts_that_the_certificate_does_not_have_are_told()
    {
        TestCertificates.Leaf leaf = _authority.Issue(["*.shop.test", "shop.test"]);
        string pem = leaf.CertificatePem + _authority.CaPem;

        Assert.Empty(Problems(pem, hosts: ["a.shop.test", "SHOP.test"]));
        Assert.Equal(
            ["does not cover the host a.b.shop.test", "does not cover the host other.test"],
            Problems(pem, hosts: ["a.b.shop.test", "other.test"]));
    }

    [Fact]
    public void A_small_key_is_told()
    {
        using RSA key = RSA.Create(1024);
        var request = new CertificateRequest("CN=small", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("shop.test");
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.CreateSelfSigned(_now.AddDays(-1), _now.AddDays(90));

        Assert.Equal(
            ["certificate 1 of the file has an RSA key of only 1024 bits"],
            Problems(certificate.ExportCertificatePem() + "\n"));
    }

    [Fact]
    public async Task A_response_that_may_not_be_stapled_is_told_and_left_out()
    {
        TestCertificates.Leaf leaf = _authority.Issue(["shop.test"]);
        string pem = leaf.CertificatePem + _authority.CaPem;
        byte[] response = await TestOcsp.RespondAsync(_authority, leaf);
        await File.WriteAllBytesAsync(
            Path.Combine(_folder.Path, "ocsp.der"), response, TestContext.Current.CancellationToken);

        LoadedCertificate fresh = Load(pem, _now, [], "ocsp.der");
        LoadedCertificate stale = Load(pem, _now.AddDays(2), [], "ocsp.der");

        Assert.NotNull(fresh.Material.OcspResponse);
        Assert.Empty(CertificateInspection.Problems(fresh, _now));
        Assert.Null(stale.Material.OcspResponse);
        Assert.Equal(
            ["ocsp.der is out of date; it is not stapled"], CertificateInspection.Problems(stale, _now.AddDays(2)));
    }

    private string[] Problems(string pem, string[]? hosts = null, DateTimeOffset? at = null) =>
        [.. CertificateInspection.Problems(Load(pem, at ?? _now, hosts ?? [], ""), at ?? _now)];

    private LoadedCertificate Load(string pem, DateTimeOffset now, string[] hosts, string ocsp)
    {
        // Where the key does not matter, any will do.
        _folder.Write("a.pem", pem.Contains("PRIVATE", StringComparison.Ordinal) ? pem : pem + _authority.CaKeyPem);
        return CertificateFile.Load(
            new CertificateConfig { Certificate = "a.pem", Hosts = [.. hosts], Ocsp = ocsp }, _folder.Path, now);
    }
}
