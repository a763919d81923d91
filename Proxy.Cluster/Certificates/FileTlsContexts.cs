using System.Collections.Concurrent;
using System.Security.Cryptography;
using Proxy.Actors.Config;
using Proxy.Actors.Ports;
using Proxy.Cluster.Acme;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Tls;

namespace Proxy.Cluster.Certificates;

/// <summary>TLS rules from files. Before every revision, and whenever the files may have changed,
/// <see cref="Prepare"/> reads them; a listener's endpoint stays the same object, and gets a new context only when
/// something is different. Used by one thread at a time.</summary>
internal sealed class FileTlsContexts(
    TlsTicketKeys ticketKeys, TlsChallenges challenges, AcmeCertificates acme, OcspStaples? staples = null)
    : ITlsContexts
{
    private readonly Dictionary<string, Listener> _listeners = new(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, OriginRules> _origins = new(StringComparer.Ordinal);

    public TlsClientContext Origin(PoolConfig pool) => _origins[pool.Name].Context;

    /// <summary>By which rules a pool's members are checked, and under which name instead of their own; null when the
    /// pool has no TLS. May be called from any thread.</summary>
    public (TlsClientPolicy Policy, string ServerName)? OriginRulesOf(string pool) =>
        _origins.TryGetValue(pool, out OriginRules? rules) ? (rules.Context.Policy, rules.ServerName) : null;

    public TlsEndpoint Endpoint(ListenerConfig listener) => _listeners[listener.Name].Endpoint;

    /// <summary>Reads what the configuration names. When something cannot be used, nothing changes.</summary>
    /// <param name="file">The configuration file.</param>
    public TlsFindings Prepare(ProxyConfig config, string file, DateTimeOffset now)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        var findings = new TlsFindings();
        var next = new List<Action>();
        for (int i = 0; i < config.Listeners.Count; i++)
        {
            ListenerConfig listener = config.Listeners[i];
            if (listener.Tls is { } tls)
            {
                PrepareListener(listener, tls, $"proxy.listeners[{i}].tls", folder, now, findings, next);
            }
        }

        foreach (PoolConfig pool in config.Pools.Where(static pool => pool.Members.Any(static m => m.Url.IsTls)))
        {
            PrepareOrigin(pool, $"proxy.pools.{pool.Name}.tls", folder, now, findings, next);
        }

        if (findings.Errors.Count == 0)
        {
            next.ForEach(static change => change());
        }

        return findings;
    }

    private void PrepareListener(
        ListenerConfig listener, ListenerTlsConfig tls, string path, string folder, DateTimeOffset now,
        TlsFindings findings, List<Action> next)
    {
        var loaded = new List<TlsCertificate>();
        for (int i = 0; i < tls.Certificates.Count; i++)
        {
            string at = $"{path}.certificates[{i}]";
            try
            {
                LoadedCertificate one = CertificateFile.Load(tls.Certificates[i], folder, now, staples);
                loaded.Add(one.Material);
                findings.Warnings.AddRange(CertificateInspection.Problems(one, now)
                    .Select(problem => $"{at}: {one.Material.Name}: {problem}"));
            }
            catch (CertificateProblem problem)
            {
                findings.Errors.Add($"{at}.{problem.Key} = {problem.Value}: {problem.Message}");
            }
        }

        if (tls.Acme.Count > 0)
        {
            loaded.Add(Ordered(tls.Acme, $"{path}.acme", now, findings));
        }

        if (findings.Errors.Count > 0)
        {
            return;
        }

        try
        {
            TlsServerPolicy policy = Policy(listener, tls, folder);
            byte[] mark = Mark(policy, loaded, tls);
            if (_listeners.TryGetValue(listener.Name, out Listener? known) && known.Mark.AsSpan().SequenceEqual(mark))
            {
                return;
            }

            var context = new TlsServerContext(policy, loaded, ticketKeys, challenges);
            next.Add(() =>
            {
                if (known is null)
                {
                    _listeners[listener.Name] = new Listener(new TlsEndpoint(context), mark);
                }
                else
                {
                    known.Endpoint.Current = context;
                    known.Mark = mark;
                    findings.Exchanged.Add(listener.Name);
                }
            });
        }
        catch (CertificateProblem problem)
        {
            findings.Errors.Add($"{path}.{problem.Key} = {problem.Value}: {problem.Message}");
        }
        catch (TlsConfigurationException error)
        {
            findings.Errors.Add($"{path}: {error.Message}");
        }
    }

    private TlsCertificate Ordered(
        ConfigList<string> names, string path, DateTimeOffset now, TlsFindings findings)
    {
        TlsCertificate ordered = acme.Get(names, out bool placeholder);
        if (placeholder)
        {
            findings.Warnings.Add($"{path}: {names[0]}: a certificate of our own is shown until ACME has issued one");
        }
        else if (now >= ordered.NotAfter)
        {
            findings.Warnings.Add($"{path}: {ordered.Name}: has expired");
        }

        return ordered;
    }

    private void PrepareOrigin(
        PoolConfig pool, string path, string folder, DateTimeOffset now, TlsFindings findings, List<Action> next)
    {
        OriginTlsConfig tls = pool.Tls;
        try
        {
            var policy = new TlsClientPolicy
            {
                MinVersion = tls.MinVersion,
                MaxVersion = tls.MaxVersion,
                Verify = tls.Verify,
                CaPem = tls.Ca.Length == 0 ? [] : CertificateFile.Read("ca", tls.Ca, folder),
                CrlPem = tls.Crl.Length == 0 ? [] : CertificateFile.Read("crl", tls.Crl, folder),
                Certificate = tls.Certificate.Length == 0 ? null : CertificateFile.Load(
                    new CertificateConfig
                    {
                        Certificate = tls.Certificate, Key = tls.Key, PasswordFile = tls.PasswordFile,
                    },
                    folder,
                    now).Material,
            };
            if (!tls.Verify)
            {
                findings.Warnings.Add($"{path}.verify = false: whoever answers is taken for the member");
            }

            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes(tls.ToString()));
            hash.AppendData(policy.CaPem);
            hash.AppendData(policy.CrlPem);
            hash.AppendData(policy.Certificate?.ChainPem ?? []);
            hash.AppendData(policy.Certificate?.KeyPem ?? []);
            byte[] mark = hash.GetHashAndReset();
            if (!_origins.TryGetValue(pool.Name, out OriginRules? known) || !known.Mark.AsSpan().SequenceEqual(mark))
            {
                var rules = new OriginRules(new TlsClientContext(policy), tls.ServerName, mark);
                next.Add(() =>
                {
                    findings.OriginsChanged |= known is not null;
                    _origins[pool.Name] = rules;
                });
            }
        }
        catch (CertificateProblem problem)
        {
            findings.Errors.Add($"{path}.{problem.Key} = {problem.Value}: {problem.Message}");
        }
        catch (TlsConfigurationException error)
        {
            findings.Errors.Add($"{path}: {error.Message}");
        }
    }

    private static TlsServerPolicy Policy(ListenerConfig listener, ListenerTlsConfig tls, string folder) => new()
    {
        MinVersion = tls.MinVersion,
        MaxVersion = tls.MaxVersion,
        Profile = tls.Profile,
        Ciphers = tls.Ciphers,
        Groups = tls.Groups,
        Alpn =
        [
            .. listener.Protocols.Select(static one =>
                one == ClientProtocols.Http2 ? "h2" : "http/1.1"),
        ],
        UnknownName = tls.UnknownName,
        ClientAuth = ClientAuth(tls.ClientAuth, "client-auth", folder),
        ClientAuthByHost = tls.Hosts.ToDictionary(
            static host => host.Name,
            host => ClientAuth(host.ClientAuth, $"hosts.{host.Name}.client-auth", folder),
            StringComparer.Ordinal),
        Tickets = tls.Tickets,
        MaxEarlyData = tls.EarlyData ? TlsServerPolicy.UsualEarlyData : 0,
    };

    private static ClientAuthPolicy ClientAuth(ClientAuthConfig auth, string key, string folder) =>
        auth.Mode == ClientAuthentication.None
            ? new ClientAuthPolicy()
            : new ClientAuthPolicy
            {
                Mode = auth.Mode,
                CaPem = CertificateFile.Read($"{key}.ca", auth.Ca, folder),
                CrlPem = auth.Crl.Length == 0 ? [] : CertificateFile.Read($"{key}.crl", auth.Crl, folder),
                MaxDepth = auth.MaxDepth,
            };

    /// <summary>Differs when anything differs that the context is made from.</summary>
    private static byte[] Mark(TlsServerPolicy policy, List<TlsCertificate> certificates, ListenerTlsConfig tls)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(System.Text.Encoding.UTF8.GetBytes($"{tls} {string.Join(' ', policy.Alpn)}"));
        foreach (TlsCertificate one in certificates)
        {
            hash.AppendData(one.ChainPem);
            hash.AppendData(one.KeyPem);
            hash.AppendData(one.OcspResponse ?? []);
        }

        foreach (ClientAuthPolicy auth in policy.ClientAuthByHost.Values.Prepend(policy.ClientAuth))
        {
            hash.AppendData(auth.CaPem);
            hash.AppendData(auth.CrlPem);
        }

        return hash.GetHashAndReset();
    }

    private sealed record OriginRules(TlsClientContext Context, string ServerName, byte[] Mark);

    private sealed class Listener(TlsEndpoint endpoint, byte[] mark)
    {
        public TlsEndpoint Endpoint { get; } = endpoint;

        public byte[] Mark { get; set; } = mark;
    }
}
