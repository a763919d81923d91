using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Proxy.Cluster.Certificates;

/// <summary>OCSP responses fetched from the authorities' responders, for certificates with `ocsp = auto`. A response is
/// asked for again at half its time, and given out only while it is good: a responder that is away costs the staple in
/// the end, never the certificate. <see cref="For"/> may be called from any thread; <see cref="RefreshAsync"/> by
/// one at a time.</summary>
/// <param name="report">Told of failures: certificate, what went wrong. At most once for each attempt, and attempts
/// become rarer.</param>
internal sealed class OcspStaples(TimeProvider time, Action<string, string> report) : IDisposable
{
    private const int MaxResponseBytes = 64 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    /// <summary>Files are read again every few seconds; what was not wanted for so long is not configured any
    /// more.</summary>
    private static readonly TimeSpan Forgotten = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<string, Wanted> _wanted = new(StringComparer.Ordinal);

    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        PooledConnectionLifetime = TimeSpan.FromSeconds(30),
        ActivityHeadersPropagator = null,
    });

    public void Dispose() => _http.Dispose();

    /// <summary>A good response for a certificate, if there is one yet; asks for one in any case.</summary>
    /// <param name="name">How operators know the certificate.</param>
    public OcspResponse? For(string name, X509Certificate2 leaf, X509Certificate2 issuer, Uri responder)
    {
        DateTimeOffset now = time.GetUtcNow();
        Wanted wanted = _wanted.GetOrAdd(
            leaf.Thumbprint, static (_, one) => one, new Wanted(name, leaf, issuer, responder) { Due = now });
        wanted.LastWanted = now;
        return wanted.Response is { } response && now < response.NextUpdate ? response : null;
    }

    /// <summary>Asks the responders whose turn it is.</summary>
    public async Task RefreshAsync(CancellationToken cancellation)
    {
        foreach ((string key, Wanted wanted) in _wanted)
        {
            DateTimeOffset now = time.GetUtcNow();
            if (now - wanted.LastWanted > Forgotten)
            {
                _wanted.TryRemove(key, out _);
            }
            else if (now >= wanted.Due)
            {
                string problem = await FetchAsync(wanted, cancellation);
                Schedule(wanted, problem, time.GetUtcNow());
            }
        }
    }

    private void Schedule(Wanted wanted, string problem, DateTimeOffset now)
    {
        if (problem.Length == 0)
        {
            // A tenth of the rest as jitter: many nodes got the same response at the same time.
            DateTimeOffset half = wanted.Response!.HalfTime;
            wanted.Pause = FirstPause;
            wanted.Due = half > now ? half + Jitter((wanted.Response.NextUpdate - half) / 10) : now + FirstPause;
            return;
        }

        wanted.Due = now + wanted.Pause + Jitter(wanted.Pause / 4);
        wanted.Pause = wanted.Pause * 2 < LongestPause ? wanted.Pause * 2 : LongestPause;
        report(wanted.Name, $"OCSP responder {wanted.Responder.Host}: {problem}");
    }

    /// <summary>Empty when there is a new good response.</summary>
    private async Task<string> FetchAsync(Wanted wanted, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, wanted.Responder)
            {
                Content = new ByteArrayContent(OcspRequest.For(wanted.Leaf, wanted.Issuer)),
            };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/ocsp-request");
            using HttpResponseMessage answer = await _http.SendAsync(request, either.Token);
            if (!answer.IsSuccessStatusCode)
            {
                return $"answers with status {(int)answer.StatusCode}";
            }

            await answer.Content.LoadIntoBufferAsync(MaxResponseBytes, either.Token);
            byte[] der = await answer.Content.ReadAsByteArrayAsync(either.Token);
            OcspResponse? response =
                OcspResponse.Read(der, wanted.Leaf, wanted.Issuer, time.GetUtcNow(), out string problem);
            if (response is not null)
            {
                wanted.Response = response;
                return "";
            }

            return $"the response {problem}";
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return $"no answer within {Patience.TotalSeconds} s";
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // Whatever it was, the other certificates and the next attempt must not suffer from it.
            return error.Message;
        }
    }

    private static TimeSpan Jitter(TimeSpan atMost) =>
        TimeSpan.FromSeconds(RandomNumberGenerator.GetInt32((int)atMost.TotalSeconds + 1));

    private sealed class Wanted(string name, X509Certificate2 leaf, X509Certificate2 issuer, Uri responder)
    {
        private OcspResponse? _response;

        public string Name { get; } = name;

        public X509Certificate2 Leaf { get; } = leaf;

        public X509Certificate2 Issuer { get; } = issuer;

        public Uri Responder { get; } = responder;

        public DateTimeOffset LastWanted { get; set; }

        public DateTimeOffset Due { get; set; }

        public TimeSpan Pause { get; set; } = FirstPause;

        public OcspResponse? Response
        {
            get => Volatile.Read(ref _response);
            set => Volatile.Write(ref _response, value);
        }
    }
}
