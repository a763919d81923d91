using System.Text;
using Proxy.Edge.Os.OpenSsl;

namespace Proxy.Edge.Tls;

/// <summary>Rules and certificates of a listener, compiled for OpenSSL. Immutable; shared by all loops. Connections
/// keep it alive as long as they need it.</summary>
public sealed class TlsServerContext
{
    private readonly Dictionary<string, TlsHost> _hosts = new(StringComparer.Ordinal);
    private readonly TlsHost _default;

    /// <exception cref="TlsConfigurationException">OpenSSL is missing, or takes a certificate or name not.</exception>
    public TlsServerContext(
        TlsServerPolicy policy,
        IReadOnlyList<TlsCertificate> certificates,
        TlsTicketKeys ticketKeys,
        TlsChallenges? challenges = null)
    {
        if (OpenSslLibrary.Problem() is { } problem)
        {
            throw new TlsConfigurationException(problem);
        }

        if (certificates.Count == 0)
        {
            throw new TlsConfigurationException("a TLS listener needs a certificate");
        }

        // Looked for here rather than in the first handshake, which a loop would wait for.
        _ = TlsSecretPlaces.Known;
        Policy = policy;
        Certificates = certificates;
        TicketKeys = ticketKeys;
        Challenges = challenges;
        Alpn = [.. policy.Alpn.SelectMany(
            static name => (byte[])[(byte)name.Length, .. Encoding.ASCII.GetBytes(name)])];
        var compiler = new Compiler(this);
        _default = compiler.Host("", certificates.Where(one => one.Hosts.SequenceEqual(certificates[0].Hosts)));
        foreach (string host in certificates.SelectMany(static one => one.Hosts).Distinct())
        {
            _hosts[host] = compiler.Host(host, certificates.Where(one => one.Hosts.Contains(host)));
        }

        foreach (string host in policy.ClientAuthByHost.Keys.Where(host => !_hosts.ContainsKey(host)))
        {
            // A rule for a host that only a wildcard certificate covers.
            _hosts[host] = compiler.Host(host, CertificatesFor(certificates, host));
        }
    }

    public TlsServerPolicy Policy { get; }

    public IReadOnlyList<TlsCertificate> Certificates { get; }

    internal TlsTicketKeys TicketKeys { get; }

    internal TlsChallenges? Challenges { get; }

    /// <summary>Protocols in wire form: each with its length before it.</summary>
    internal byte[] Alpn { get; }

    internal TlsHost Default => _default;

    /// <summary>Whether a connection made for one name may carry requests for another: it shows the same certificate
    /// and asks for the same of the client (RFC 9110 §7.4, 421 otherwise).</summary>
    public bool Covers(string connectionName, string host)
    {
        TlsHost other = Find(host) ?? _default;
        TlsHost own = Find(connectionName) ?? _default;
        return ReferenceEquals(own.Context, other.Context) && ReferenceEquals(own.Auth, other.Auth);
    }

    /// <summary>What is shown to a client that asks for a name (lower case; empty when it named none). Null when the
    /// name is to be refused.</summary>
    internal TlsHost? Find(string name)
    {
        if (_hosts.TryGetValue(name, out TlsHost? host))
        {
            return host;
        }

        int dot = name.IndexOf('.', StringComparison.Ordinal);
        if (dot > 0 && _hosts.TryGetValue(string.Concat("*", name.AsSpan(dot)), out host))
        {
            return host;
        }

        return Policy.UnknownName == UnknownNamePolicy.Refuse ? null : _default;
    }

    private static TlsCertificate[] CertificatesFor(IReadOnlyList<TlsCertificate> all, string host)
    {
        TlsCertificate[] covering =
            [.. all.Where(one => one.Hosts.Any(pattern => TlsNames.Covers(pattern, host)))];
        return covering.Length > 0 ? covering : [all[0]];
    }

    /// <summary>Makes one SSL_CTX for each different set of certificates.</summary>
    private sealed class Compiler(TlsServerContext owner)
    {
        private readonly Dictionary<string, TlsContextHandle> _contexts = new(StringComparer.Ordinal);
        private readonly Dictionary<ClientAuthPolicy, TlsClientAuth> _auth = new(ReferenceEqualityComparer.Instance);

        public TlsHost Host(string name, IEnumerable<TlsCertificate> certificates)
        {
            TlsCertificate[] set = [.. certificates];
            string key = string.Join('\n', set.Select(static one => one.Name));
            if (!_contexts.TryGetValue(key, out TlsContextHandle? context))
            {
                _contexts[key] = context = Context(set);
            }

            ClientAuthPolicy auth =
                owner.Policy.ClientAuthByHost.GetValueOrDefault(name, owner.Policy.ClientAuth);
            if (!_auth.TryGetValue(auth, out TlsClientAuth? compiled))
            {
                _auth[auth] = compiled = new TlsClientAuth(auth);
            }

            return new TlsHost(context, compiled);
        }

        private TlsContextHandle Context(TlsCertificate[] certificates)
        {
            TlsServerPolicy policy = owner.Policy;
            var context = new TlsContextHandle(Ssl.TLS_server_method());
            context.SetVersions(policy.MinVersion, policy.MaxVersion);
            context.SetSuites(TlsSuites.Tls12(policy), TlsSuites.Tls13, policy.Groups);
            ulong options = Ssl.SSL_OP_CIPHER_SERVER_PREFERENCE | Ssl.SSL_OP_PRIORITIZE_CHACHA;
            _ = Ssl.SSL_CTX_set_options(context.Handle, options | (policy.Tickets ? 0 : Ssl.SSL_OP_NO_TICKET));
            // TLS 1.3 only: TlsChannel asks for one when there is an answer that it can leave with.
            _ = Ssl.SSL_CTX_set_num_tickets(context.Handle, 0);
            _ = Ssl.SSL_CTX_ctrl(context.Handle, Ssl.SSL_CTRL_SET_SESS_CACHE_MODE, Ssl.SSL_SESS_CACHE_OFF, 0);
            foreach (TlsCertificate certificate in certificates)
            {
                context.AddCertificate(certificate);
            }

            if (policy.MaxEarlyData > 0)
            {
                // What OpenSSL has against replay needs tickets that only this process can open; ours do not become
                // stateful, see EarlyHellos.
                _ = Ssl.SSL_CTX_set_max_early_data(context.Handle, (uint)policy.MaxEarlyData);
                _ = Ssl.SSL_CTX_set_options(context.Handle, Ssl.SSL_OP_NO_ANTI_REPLAY);
            }

            TlsCallbacks.Install(context);
            return context;
        }
    }
}

/// <summary>What a name gets: certificates, and what is asked of the client.</summary>
internal sealed record TlsHost(TlsContextHandle Context, TlsClientAuth Auth);
