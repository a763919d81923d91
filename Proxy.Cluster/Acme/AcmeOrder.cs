using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Proxy.Actors.Config;
using Proxy.Edge.Relay;
using Proxy.Edge.Tls;

namespace Proxy.Cluster.Acme;

/// <summary>Where the answers to challenges go: the edge.</summary>
internal sealed record ChallengeDesk(HttpChallenges Http, TlsChallenges Tls)
{
    public void Show(ChallengeAnswer challenge, DateTimeOffset now)
    {
        if (challenge.Type == "http-01")
        {
            Http.Add(challenge.Token, challenge.Answer);
        }
        else
        {
            Tls.Add(challenge.Host, OwnCertificate.ForChallenge(challenge, now));
        }
    }

    public void Hide(ChallengeAnswer challenge)
    {
        if (challenge.Type == "http-01")
        {
            Http.Remove(challenge.Token);
        }
        else
        {
            Tls.Remove(challenge.Host);
        }
    }
}

/// <summary>What carrying an order out needs.</summary>
/// <param name="Changed">Told after a new certificate is in <paramref name="Certificates"/>.</param>
internal sealed record AcmeServices(
    ILogger Logger, TimeProvider Time, ChallengeDesk Desk, AcmeCertificates Certificates, AcmeLedger Ledger,
    Action Changed)
{
    public IAcmeCluster Cluster { get; init; } = new AcmeAlone();
}

/// <summary>Carries out what <see cref="AcmeMachine"/> wants for one certificate, until it is stopped.</summary>
internal sealed class AcmeOrder(
    AcmeServices services, IAcmeStore store, string storeName, IReadOnlyList<string> names, AcmeKeyType keyType,
    AcmeClient client, AcmeMachine machine)
{
    private static readonly TimeSpan WaitStep = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MaxWait = TimeSpan.FromMinutes(10);

    private readonly string _names = string.Join(", ", names);
    private readonly List<ChallengeAnswer> _shown = [];
    private string _keyPem = "";

    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            AcmeInput input = AcmeInput.Woken.Instance;
            while (!cancellation.IsCancellationRequested)
            {
                if (input is AcmeInput.Woken)
                {
                    await TurnAsync(cancellation);
                }

                input = await StepAsync(input, cancellation);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
        finally
        {
            HideAll();
        }
    }

    /// <summary>Leaves ordering to the node whose turn it is; what that gets comes from there, and this order begins
    /// anew with it. Who waits in vain orders itself: the other one may be cut off from the authority.</summary>
    private async Task TurnAsync(CancellationToken cancellation)
    {
        TimeSpan waited = TimeSpan.Zero;
        while (!services.Cluster.IsOrderer && waited < MaxWait && machine.IsAsleep)
        {
            await Task.Delay(WaitStep, services.Time, cancellation);
            waited += WaitStep;
        }
    }

    private async Task<AcmeInput> StepAsync(AcmeInput input, CancellationToken cancellation)
    {
        try
        {
            IReadOnlyList<AcmeEffect> effects = machine.Handle(input, services.Time.GetUtcNow());
            services.Ledger.Planned(_names, machine.RenewAt);
            foreach (AcmeEffect effect in effects)
            {
                input = await CarryOutAsync(effect, cancellation) ?? input;
            }

            return input;
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // A mistake of ours must not cost the renewal in two months; the machine backs off.
            AcmeLog.Broken(services.Logger, _names, error);
            return new AcmeInput.Failed("an error of our own");
        }
    }

    private async Task<AcmeInput?> CarryOutAsync(AcmeEffect effect, CancellationToken cancellation)
    {
        switch (effect)
        {
            case AcmeEffect.Ask ask:
                return await client.AskAsync(ask, MakeRequest, cancellation);
            case AcmeEffect.Show show:
                Show(show.Challenge);
                return null;
            case AcmeEffect.HideAll:
                HideAll();
                return null;
            case AcmeEffect.Keep keep:
                return Keep(keep.ChainPem);
            case AcmeEffect.Sleep sleep:
                TimeSpan wait = sleep.Until - services.Time.GetUtcNow();
                await Task.Delay(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, services.Time, cancellation);
                return AcmeInput.Woken.Instance;
            case AcmeEffect.Complain complain:
                AcmeLog.NotIssued(services.Logger, _names, complain.Problem, complain.Retry);
                services.Ledger.Failed(_names, complain.Retry);
                return null;
            default:
                throw new ArgumentOutOfRangeException(nameof(effect), effect, "unknown");
        }
    }

    /// <summary>A fresh key for every certificate.</summary>
    private string MakeRequest()
    {
        using AsymmetricAlgorithm key = keyType == AcmeKeyType.Rsa
            ? RSA.Create(2048)
            : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _keyPem = key.ExportPkcs8PrivateKeyPem() + "\n";
        byte[] request = OwnCertificate.SigningRequest(names, key);
        return new JsonObject { ["csr"] = Base64Url.EncodeToString(request) }.ToJsonString();
    }

    private AcmeInput Keep(string chainPem)
    {
        IssuedCertificate? issued = IssuedCertificate.Read(chainPem, _keyPem, names, out string problem);
        _keyPem = "";
        if (issued is null)
        {
            return new AcmeInput.Failed(problem);
        }

        try
        {
            store.Write(storeName, issued.ToBytes());
        }
        catch (AcmeStoreException error)
        {
            // It is good until the next start; then it is ordered again.
            AcmeLog.StoreTrouble(services.Logger, error.Message);
        }

        services.Cluster.Issued(storeName, issued.ToBytes());
        services.Certificates.Set(names, issued);
        services.Ledger.Issued(_names);
        AcmeLog.Issued(services.Logger, _names, issued.Life.NotAfter);
        services.Changed();
        return new AcmeInput.Kept(issued.Life);
    }

    private void Show(ChallengeAnswer challenge)
    {
        _shown.Add(challenge);
        services.Desk.Show(challenge, services.Time.GetUtcNow());
        services.Cluster.Shown(challenge);
    }

    private void HideAll()
    {
        foreach (ChallengeAnswer challenge in _shown)
        {
            services.Desk.Hide(challenge);
            services.Cluster.Hidden(challenge);
        }

        _shown.Clear();
    }
}
