using System.Collections.Concurrent;
using Proxy.Edge.Tls;

namespace Proxy.Cluster.Acme;

/// <summary>What listeners show for the names they want by ACME: the issued certificate, or a placeholder until there
/// is one. Thread-safe.</summary>
internal sealed class AcmeCertificates(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, IssuedCertificate> _issued = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, TlsCertificate> _placeholders = new(StringComparer.Ordinal);

    /// <param name="placeholder">True while nothing has been issued.</param>
    public TlsCertificate Get(IReadOnlyList<string> names, out bool placeholder)
    {
        string key = KeyOf(names);
        placeholder = !_issued.TryGetValue(key, out IssuedCertificate? issued);
        return issued?.Material
            ?? _placeholders.GetOrAdd(key, _ => OwnCertificate.Placeholder(names, time.GetUtcNow()));
    }

    public IssuedCertificate? Find(IReadOnlyList<string> names) => _issued.GetValueOrDefault(KeyOf(names));

    public void Set(IReadOnlyList<string> names, IssuedCertificate issued) => _issued[KeyOf(names)] = issued;

    private static string KeyOf(IReadOnlyList<string> names) => string.Join(' ', names);
}
