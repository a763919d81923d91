using System.Security.Cryptography.X509Certificates;
using Proxy.Cluster.Certificates;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Cluster.Certificates;

public sealed class OcspResponseTests : IDisposable
{
    private readonly TestCertificates _authority = new();
    private readonly TestCertificates.Leaf _leaf;
    private readonly X509Certificate2 _certificate;
    private readonly X509Certificate2 _issuer;
    private readonly DateTimeOffset _now = TimeProvider.System.GetUtcNow();

    public OcspResponseTests()
    {
        _leaf = _authority.Issue(["shop.test"]);
        _certificate = X509Certificate2.CreateFromPem(_leaf.CertificatePem);
        _issuer = X509Certificate2.CreateFromPem(_authority.CaPem);
    }

    public void Dispose()
    {
        _certificate.Dispose();
        _issuer.Dispose();
        _authority.Dispose();
    }

    [Fact]
    public async Task A_good_response_is_taken_until_its_end()
    {
        byte[] der = await TestOcsp.RespondAsync(_authority, _leaf);

        OcspResponse? response = OcspResponse.Read(der, _certificate, _issuer, _now, out string problem);

        Assert.Equal("", problem);
        Assert.Equal(TimeSpan.FromDays(1), response!.NextUpdate - response.ThisUpdate);
        Assert.Equal(response.ThisUpdate.AddHours(12), response.HalfTime);
        Assert.Same(der, response.Der);
        Assert.NotNull(OcspResponse.Read(der, _certificate, _issuer, response.NextUpdate.AddSeconds(-1), out _));
    }

    [Fact]
    public async Task A_response_that_has_ended_or_not_begun_is_not_taken()
    {
        byte[] der = await TestOcsp.RespondAsync(_authority, _leaf);

        Assert.Equal("is out of date", Problem(der, _issuer, _now.AddDays(2)));
        Assert.Equal("is from the future", Problem(der, _issuer, _now.AddHours(-1)));
    }

    [Fact]
    public async Task Revoked_and_unknown_certificates_are_not_good()
    {
        byte[] revoked = await TestOcsp.RespondAsync(_authority, _leaf, revoked: true);
        byte[] unknown = await TestOcsp.RespondAsync(_authority, _leaf, known: false);

        Assert.Equal("says that the certificate is revoked", Problem(revoked, _issuer, _now));
        Assert.Equal("says that the responder does not know the certificate", Problem(unknown, _issuer, _now));
    }

    [Fact]
    public async Task A_response_about_another_certificate_is_not_taken()
    {
        byte[] der = await TestOcsp.RespondAsync(_authority, _authority.Issue(["shop.test"]));

        Assert.Equal("is about another certificate", Problem(der, _issuer, _now));
    }

    [Fact]
    public async Task A_response_signed_by_a_stranger_is_not_taken()
    {
        using var stranger = new TestCertificates();
        byte[] der = await TestOcsp.RespondAsync(_authority, _leaf, signer: stranger);

        Assert.Equal("is not signed by the certificate's issuer", Problem(der, _issuer, _now));
    }

    [Fact]
    public async Task Damaged_bytes_are_refused_and_never_throw()
    {
        byte[] der = await TestOcsp.RespondAsync(_authority, _leaf);
        var random = new Random(6960);
        for (int i = 0; i < 2000; i++)
        {
            byte[] damaged = der[..random.Next(der.Length)];
            Assert.Null(OcspResponse.Read(damaged, _certificate, _issuer, _now, out string problem));
            Assert.NotEmpty(problem);

            damaged = [.. der];
            damaged[random.Next(der.Length)] ^= (byte)random.Next(1, 256);
            _ = OcspResponse.Read(damaged, _certificate, _issuer, _now, out _);
        }
    }

    private string Problem(byte[] der, X509Certificate2 issuer, DateTimeOffset now)
    {
        Assert.Null(OcspResponse.Read(der, _certificate, issuer, now, out string problem));
        return problem;
    }
}
