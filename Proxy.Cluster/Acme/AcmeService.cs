using System.Buffers.Binary;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Proxy.Actors.Config;

namespace Proxy.Cluster.Acme;

/// <summary>Orders what the listeners of the running configuration want, and keeps it renewed. Prepare and Adopt are
/// called by one thread at a time; the orders run by themselves.</summary>
internal sealed class AcmeService(AcmeServices services) : IAsyncDisposable
{
    private readonly Dictionary<string, Running> _running = new(StringComparer.Ordinal);
    private Prepared? _prepared;

    /// <summary>Opens the store and brings back what it holds, before listeners need it. The answer says what makes
    /// the configuration unusable; a damaged certificate does not, it is ordered anew.</summary>
    /// <param name="file">The configuration file.</param>
    public IReadOnlyList<string> Prepare(ProxyConfig config, string file)
    {
        _prepared = null;
        ConfigList<string>[] wanted = [.. AcmeFiles.Wanted(config)];
        if (config.Acme is not { } acme || wanted.Length == 0)
        {
            return [];
        }

        try
        {
            string folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
            var store = new AcmeFileStore(AcmeFiles.StoreFolder(config));
            byte[] authorities = AcmeFiles.ReadAuthorities(acme, folder);
            _prepared = new Prepared(
                acme, folder, store, AccountKey(store, acme), authorities, AcmeFiles.ParseAuthorities(authorities),
                AcmeFiles.ReadBinding(acme, folder));
            foreach (ConfigList<string> names in wanted)
            {
                Restore(store, acme, names);
            }

            return [];
        }
        catch (Exception error) when (error is AcmeStoreException or IOException or UnauthorizedAccessException
            or CryptographicException or FormatException)
        {
            return [$"proxy.acme: {error.Message}"];
        }
    }

    /// <summary>The prepared configuration runs: begins what is new, ends what nobody wants any more.</summary>
    public async Task AdoptAsync(ProxyConfig config)
    {
        var next = new Dictionary<string, ConfigList<string>>(StringComparer.Ordinal);
        if (_prepared is { } prepared)
        {
            foreach (ConfigList<string> names in AcmeFiles.Wanted(config))
            {
                next[$"{prepared.Mark} {string.Join(' ', names)}"] = names;
            }
        }

        services.Ledger.Keep([.. next.Values.Select(static names => string.Join(", ", names))]);

        foreach (string key in _running.Keys.Except(next.Keys).ToArray())
        {
            _running.Remove(key, out Running? old);
            await old!.DisposeAsync();
        }

        foreach ((string key, ConfigList<string> names) in next.Where(one => !_running.ContainsKey(one.Key)))
        {
            _running[key] = Start(_prepared!, names);
        }
    }

    /// <summary>Looks whether ca-file was replaced, and orders with the new one from then on. A file that cannot be
    /// used changes nothing; the look after it is repaired finds it.</summary>
    public async Task LookAsync(ProxyConfig config)
    {
        if (_prepared is not { } prepared)
        {
            return;
        }

        await ExchangeAsync(prepared, config);
        if (prepared.Acme.CaFile.Length == 0)
        {
            return;
        }

        try
        {
            byte[] pem = AcmeFiles.ReadAuthorities(prepared.Acme, prepared.Folder);
            if (pem.AsSpan().SequenceEqual(prepared.AuthoritiesPem))
            {
                return;
            }

            _prepared = prepared with { AuthoritiesPem = pem, Authorities = AcmeFiles.ParseAuthorities(pem) };
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException)
        {
            // Half written perhaps, or gone for a moment.
            return;
        }

        AcmeLog.AuthoritiesReplaced(services.Logger, prepared.Acme.CaFile);
        await AdoptAsync(config);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (Running order in _running.Values)
        {
            await order.DisposeAsync();
        }

        _running.Clear();
    }

    /// <summary>Takes over what another node was issued, and gives what none of them has.</summary>
    private async Task ExchangeAsync(Prepared prepared, ProxyConfig config)
    {
        foreach (ConfigList<string> names in AcmeFiles.Wanted(config))
        {
            string name = AcmeFiles.StoreName(prepared.Acme, names);
            IssuedCertificate? own = services.Certificates.Find(names);
            if (services.Cluster.Find(name) is not { } bytes)
            {
                if (own is not null && services.Cluster.IsOrderer)
                {
                    services.Cluster.Issued(name, own.ToBytes());
                }
            }
            else if (IssuedCertificate.FromBytes(bytes, names, out _) is { } shared
                && !(own?.Life.NotAfter >= shared.Life.NotAfter))
            {
                await TakeAsync(prepared, names, shared);
            }
        }
    }

    private async Task TakeAsync(Prepared prepared, ConfigList<string> names, IssuedCertificate shared)
    {
        try
        {
            prepared.Store.Write(AcmeFiles.StoreName(prepared.Acme, names), shared.ToBytes());
        }
        catch (AcmeStoreException error)
        {
            AcmeLog.StoreTrouble(services.Logger, error.Message);
        }

        services.Certificates.Set(names, shared);
        services.Ledger.Issued(string.Join(", ", names));
        AcmeLog.TakenOver(services.Logger, string.Join(", ", names), shared.Life.NotAfter);
        // The order goes on from the new certificate, or it would still get its own.
        string key = $"{prepared.Mark} {string.Join(' ', names)}";
        if (_running.Remove(key, out Running? old))
        {
            await old.DisposeAsync();
            _running[key] = Start(prepared, names);
        }

        services.Changed();
    }

    private Running Start(Prepared prepared, ConfigList<string> names)
    {
        AcmeConfig acme = prepared.Acme;
        ECDsa key = ECDsa.Create();
        key.ImportFromPem(prepared.AccountKeyPem);
        var http = new HttpMessageInvoker(Transport(prepared.Authorities));
        var settings = new AcmeSettings(
            acme.Directory, names, acme.Contact,
            acme.Challenge == AcmeChallenge.Http01 ? "http-01" : "tls-alpn-01",
            Jws.Thumbprint(key), acme.RenewBefore);
        int seed = BinaryPrimitives.ReadInt32LittleEndian(RandomNumberGenerator.GetBytes(4));
        var machine = new AcmeMachine(settings, services.Certificates.Find(names)?.Life, new Random(seed));
        var client = new AcmeClient(http, key, prepared.Binding, services.Time);
        var order = new AcmeOrder(
            services, prepared.Store, AcmeFiles.StoreName(acme, names), names, acme.KeyType, client, machine);
        return new Running(order, http, key);
    }

    private static SocketsHttpHandler Transport(X509Certificate2[] authorities)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
            ActivityHeadersPropagator = null,
        };
        if (authorities.Length > 0)
        {
            var policy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            policy.CustomTrustStore.AddRange(authorities);
            handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
        }

        return handler;
    }

    private void Restore(AcmeFileStore store, AcmeConfig acme, ConfigList<string> names)
    {
        if (services.Certificates.Find(names) is not null)
        {
            return;
        }

        if (AcmeFiles.ReadCertificate(store, acme, names, out string problem) is { } issued)
        {
            services.Certificates.Set(names, issued);
        }
        else if (problem.Length > 0)
        {
            AcmeLog.StoreTrouble(services.Logger, $"{problem}; it is ordered again");
        }
    }

    private string AccountKey(AcmeFileStore store, AcmeConfig acme)
    {
        string name = AcmeFiles.AccountName(acme);
        try
        {
            if (store.Read(name) is { } known)
            {
                return Encoding.ASCII.GetString(known);
            }
        }
        catch (AcmeStoreException error)
        {
            AcmeLog.StoreTrouble(services.Logger, $"{error.Message}; a new account is opened");
        }

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string pem = key.ExportPkcs8PrivateKeyPem();
        store.Write(name, Encoding.ASCII.GetBytes(pem));
        return pem;
    }

    /// <summary>What an order depends on: with something else it begins anew.</summary>
    private sealed record Prepared(
        AcmeConfig Acme, string Folder, AcmeFileStore Store, string AccountKeyPem, byte[] AuthoritiesPem,
        X509Certificate2[] Authorities, AcmeBinding? Binding)
    {
        public string Mark =>
            $"{Acme} {Folder} {Convert.ToHexString(SHA256.HashData(AuthoritiesPem))} "
            + Convert.ToHexString(SHA256.HashData(Binding?.Secret ?? []));
    }

    /// <summary>An order under way, with what it alone uses.</summary>
    private sealed class Running : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly HttpMessageInvoker _http;
        private readonly ECDsa _key;
        private readonly Task _task;

        public Running(AcmeOrder order, HttpMessageInvoker http, ECDsa key)
        {
            (_http, _key) = (http, key);
            _task = order.RunAsync(_stop.Token);
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _task;
            _stop.Dispose();
            _http.Dispose();
            _key.Dispose();
        }
    }
}
