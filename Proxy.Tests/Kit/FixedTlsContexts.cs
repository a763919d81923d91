using System.Text;
using Proxy.Actors.Config;
using Proxy.Actors.Ports;
using Proxy.Edge.Tls;

namespace Proxy.Tests.Kit;

/// <summary>For planning without files: every listener gets the same certificate.</summary>
internal sealed class FixedTlsContexts : ITlsContexts
{
    private readonly TlsClientContext _origin = new(new TlsClientPolicy());
    private readonly TlsEndpoint _endpoint;

    public FixedTlsContexts()
    {
        using var authority = new TestCertificates();
        TestCertificates.Leaf leaf = authority.Issue(["localhost"]);
        var certificate = new TlsCertificate(
            "test", Encoding.ASCII.GetBytes(leaf.CertificatePem), Encoding.ASCII.GetBytes(leaf.KeyPem), "", ["localhost"]);
        _endpoint = new TlsEndpoint(new TlsServerContext(new TlsServerPolicy(), [certificate], new TlsTicketKeys()));
    }

    public TlsEndpoint Endpoint(ListenerConfig listener) => _endpoint;

    public TlsClientContext Origin(PoolConfig pool) => _origin;
}
