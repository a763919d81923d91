namespace Proxy.Cluster.Certificates;

/// <summary>What reading the TLS files of a configuration brought to light.</summary>
internal sealed class TlsFindings
{
    private readonly List<CertificateFact> _certificates = [];

    /// <summary>Any of them: the configuration cannot be run.</summary>
    public List<string> Errors { get; } = [];

    public List<string> Warnings { get; } = [];

    /// <summary>Listeners that show something new from now on.</summary>
    public List<string> Exchanged { get; } = [];

    public IReadOnlyList<CertificateFact> Certificates => _certificates;

    public void Add(string listener, LoadedCertificate loaded) => _certificates.Add(new CertificateFact(
        listener, loaded.Material.Name, loaded.Material.Hosts, loaded.Chain[0].NotAfter.ToUniversalTime()));
}

/// <summary>One certificate of a listener, for metrics and the status page.</summary>
internal sealed record CertificateFact(string Listener, string Name, IReadOnlyList<string> Hosts, DateTime NotAfter);
