using System.Net;
using System.Security.Cryptography.X509Certificates;
using Proxy.Cluster.Management;
using Proxy.Edge.Topology;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Cluster.Management;

/// <summary>Management over HTTPS, with and without certificates of callers.</summary>
public sealed class ManagementTlsTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly TestCertificates _authority = new();
    private readonly TestCertificates _stranger = new("Stranger");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _authority.Dispose();
        _stranger.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task It_is_reached_over_tls_only()
    {
        await using ManagementServer server = await StartAsync(clients: "");

        Assert.Equal(HttpStatusCode.OK, await AskAsync(server, "https", null));
        await Assert.ThrowsAsync<HttpRequestException>(() => AskAsync(server, "http", null));
    }

    [Fact]
    public async Task Callers_need_a_certificate_of_the_right_authority_when_one_is_named()
    {
        await using ManagementServer server = await StartAsync(_folder.Write("clients.pem", _authority.CaPem));

        Assert.Equal(HttpStatusCode.OK, await AskAsync(server, "https", _authority.Issue([], subject: "operator")));
        await Assert.ThrowsAsync<HttpRequestException>(() => AskAsync(server, "https", null));
        await Assert.ThrowsAsync<HttpRequestException>(
            () => AskAsync(server, "https", _stranger.Issue([], subject: "operator")));
    }

    [Fact]
    public async Task A_renewed_certificate_is_shown_from_then_on_and_a_broken_one_is_not()
    {
        await using ManagementServer server = await StartAsync(clients: "");
        string first = await SubjectAsync(server);

        Write("renewed", TimeSpan.FromMinutes(1));
        string second = await SubjectAsync(server);
        _folder.Write("management.pem", "no certificate");
        File.SetLastWriteTimeUtc(Path.Combine(_folder.Path, "management.pem"), LaterBy(TimeSpan.FromMinutes(2)));
        string third = await SubjectAsync(server);

        Assert.Equal(["CN=first", "CN=renewed", "CN=renewed"], [first, second, third]);
    }

    [Fact]
    public async Task Without_its_files_it_does_not_start_and_says_which()
    {
        var missing = new ManagementTls(
            Path.Combine(_folder.Path, "none.pem"), Path.Combine(_folder.Path, "none.key"), "");

        Exception problem = await Assert.ThrowsAnyAsync<IOException>(() => ManagementServer.StartAsync(
            new ManagementOptions { Bind = SocketTarget.Inet(IPAddress.Loopback, 0), Tls = missing },
            new FakeNodeStatus(),
            Cancellation));

        Assert.Contains("none.pem", problem.Message, StringComparison.Ordinal);
    }

    private static DateTime LaterBy(TimeSpan time) => TimeProvider.System.GetUtcNow().UtcDateTime + time;

    private Task<ManagementServer> StartAsync(string clients)
    {
        Write("first", TimeSpan.Zero);
        return ManagementServer.StartAsync(
            new ManagementOptions
            {
                Bind = SocketTarget.Inet(IPAddress.Loopback, 0),
                Tls = new ManagementTls(
                    Path.Combine(_folder.Path, "management.pem"),
                    Path.Combine(_folder.Path, "management.key"),
                    clients),
            },
            new FakeNodeStatus(),
            Cancellation);
    }

    private void Write(string subject, TimeSpan later)
    {
        TestCertificates.Leaf leaf = _authority.Issue(["localhost"], subject: subject);
        _folder.Write("management.key", leaf.KeyPem);
        string file = _folder.Write("management.pem", leaf.CertificatePem);
        File.SetLastWriteTimeUtc(file, LaterBy(later));
    }

    private static async Task<HttpStatusCode> AskAsync(
        ManagementServer server, string scheme, TestCertificates.Leaf? own)
    {
        using var handler = new HttpClientHandler
        {
            // The client's trust is not what is tested.
            ServerCertificateCustomValidationCallback = static (_, _, _, _) => true,
        };
        using X509Certificate2? certificate = own is null ? null : Presentable(own);
        if (certificate is not null)
        {
            handler.ClientCertificates.Add(certificate);
        }

        using var client = new HttpClient(handler);
        using HttpResponseMessage answer = await client.GetAsync(
            $"{scheme}://localhost:{server.Bound.Port}/ready", Cancellation);
        return answer.StatusCode;
    }

    private static async Task<string> SubjectAsync(ManagementServer server)
    {
        string subject = "";
        using var handler = new HttpClientHandler
        {
            ServerCertificateCustomValidationCallback = (_, certificate, _, _) =>
            {
                subject = certificate?.Subject ?? "";
                return true;
            },
        };
        using var client = new HttpClient(handler);
        using HttpResponseMessage answer = await client.GetAsync(
            $"https://localhost:{server.Bound.Port}/ready", Cancellation);
        return subject;
    }

    private static X509Certificate2 Presentable(TestCertificates.Leaf leaf) =>
        X509Certificate2.CreateFromPem(leaf.CertificatePem, leaf.KeyPem);
}
