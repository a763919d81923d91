using Proxy.Actors.Config;
using Proxy.Cluster.Acme;
using Proxy.Cluster.Certificates;
using Proxy.Edge.Tls;

namespace Proxy.Cluster.Host;

/// <summary>What a configuration without errors needs from outside of it: certificates and keys, databases.
/// Looks and changes nothing.</summary>
internal static class ConfigInspection
{
    /// <param name="file">From where relative paths are looked for.</param>
    public static TlsFindings Look(ProxyConfig config, string file, TimeProvider time)
    {
        var acme = new AcmeCertificates(time);
        (List<string> errors, List<string> warnings) = AcmeInspection.Look(config, file, acme);
        TlsFindings findings = new FileTlsContexts(new TlsTicketKeys(), new TlsChallenges(), acme)
            .Prepare(config, file, time.GetUtcNow());
        findings.Errors.AddRange(errors);
        findings.Errors.AddRange(DatabaseInspection.Look(config.Cluster));
        findings.Warnings.AddRange(warnings);
        return findings;
    }
}
