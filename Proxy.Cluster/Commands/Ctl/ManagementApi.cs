using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Proxy.Cluster.Trust;

namespace Proxy.Cluster.Commands.Ctl;

/// <summary>The management API of one node, as a client sees it. Failures are values: each says what to do.</summary>
internal sealed class ManagementApi : IDisposable
{
    /// <summary>Longer than any answer but the long ones, which come with a time of their own.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>For what the node answers only when it is done.</summary>
    private static readonly TimeSpan LongPatience = TimeSpan.FromMinutes(3);

    private readonly HttpClient _client;
    private readonly string _shown;
    private string? _distrust;

    private ManagementApi(HttpClient client, string shown) => (_client, _shown) = (client, shown);

    /// <param name="url">http://HOST:PORT, https://HOST:PORT, or unix:PATH for a management socket.</param>
    /// <param name="access">What to show, and whom to believe.</param>
    /// <param name="api">The client, when the address is one.</param>
    /// <returns>What is wrong with the address; null when nothing is.</returns>
    public static string? Open(string url, CtlAccess access, out ManagementApi? api)
    {
        api = null;
        var sockets = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false };
        Uri? origin;
        if (url.StartsWith("unix:", StringComparison.Ordinal))
        {
            string path = url["unix:".Length..];
            origin = new Uri("http://localhost/");
            sockets.ConnectCallback = (_, cancellation) => ConnectAsync(path, cancellation);
        }
        else if (!Uri.TryCreate(url.TrimEnd('/') + "/", UriKind.Absolute, out origin)
            || origin.Scheme is not ("http" or "https"))
        {
            sockets.Dispose();
            return $"\"{url}\" is no management address; accepted: http://HOST:PORT, https://HOST:PORT, unix:PATH";
        }

        var client = new HttpClient(sockets) { BaseAddress = origin, Timeout = Timeout.InfiniteTimeSpan };
        if (access.Token.Length > 0)
        {
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", access.Token);
        }

        api = new ManagementApi(client, url.TrimEnd('/'));
        sockets.SslOptions = api.TlsFor(access);
        return null;
    }

    public Task<ApiAnswer> GetAsync(string path, CancellationToken cancellation) =>
        AskAsync(HttpMethod.Get, path, null, Patience, cancellation);

    /// <param name="json">The request's body; null = none.</param>
    public Task<ApiAnswer> PostAsync(string path, string? json, CancellationToken cancellation) =>
        AskAsync(HttpMethod.Post, path, json ?? "{}", Patience, cancellation);

    public Task<ApiAnswer> PutAsync(string path, string json, CancellationToken cancellation) =>
        AskAsync(HttpMethod.Put, path, json, Patience, cancellation);

    public Task<ApiAnswer> PostSlowAsync(string path, CancellationToken cancellation) =>
        AskAsync(HttpMethod.Post, path, "{}", LongPatience, cancellation);

    public void Dispose() => _client.Dispose();

    /// <summary>The error a node gave in its answer's body, else the body itself.</summary>
    private static string Reason(ApiAnswer answer) =>
        answer.Json is { ValueKind: JsonValueKind.Object } json
            && (json.TryGetProperty("error", out JsonElement error) || json.TryGetProperty("message", out error))
            ? error.ToString()
            : answer.Text.Trim();

    private static JsonElement? Parse(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private SslClientAuthenticationOptions TlsFor(CtlAccess access)
    {
        var options = new SslClientAuthenticationOptions
        {
            ClientCertificateContext = access.Certificate,
            RemoteCertificateValidationCallback = (_, shown, chain, errors) =>
                (_distrust = TlsTrouble.WithShown(shown, chain, errors, access.CaFile, "--ca")) is null,
        };
        if (access.Authorities is { } authorities)
        {
            options.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }

        return options;
    }

    private async Task<ApiAnswer> AskAsync(
        HttpMethod method, string path, string? body, TimeSpan patience, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(patience);
        using var request = new HttpRequestMessage(method, path.TrimStart('/'));
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        try
        {
            using HttpResponseMessage response = await _client.SendAsync(request, limit.Token);
            string text = await response.Content.ReadAsStringAsync(limit.Token);
            var answer = new ApiAnswer((int)response.StatusCode, text, Parse(text), null);
            return response.IsSuccessStatusCode ? answer : answer with { Problem = Explain(answer, path) };
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            return new ApiAnswer(0, "", null, Explain(error));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new ApiAnswer(0, "", null, $"{_shown} did not answer within {patience.TotalSeconds} s");
        }
    }

    private string Explain(Exception error)
    {
        if (_distrust is { } distrust)
        {
            return $"{_shown} is not trusted: {distrust}";
        }

        string why = error.InnerException?.Message ?? error.Message;
        bool hungUp = _client.BaseAddress?.Scheme == Uri.UriSchemeHttps
            && error is not HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError };
        string what = hungUp
            ? "it may want a client certificate, or another one: --cert FILE --key FILE, or PROXY_CERT and PROXY_KEY"
            : "is the node running, and --url right?";
        return $"cannot reach {_shown}: {why}; {what}";
    }

    private string Explain(ApiAnswer answer, string path) => answer.Status switch
    {
        401 => $"{_shown} wants a token: --token-file FILE, or PROXY_TOKEN in the environment",
        404 when Reason(answer).StartsWith("no such path", StringComparison.Ordinal) =>
            $"{_shown} knows no {path}; is it a node, and as new as this program?",
        _ => $"{_shown} refuses: {Reason(answer)}",
    };
}

/// <summary>What the API answered.</summary>
/// <param name="Status">HTTP status; 0 when there was no answer.</param>
/// <param name="Text">The body as it came.</param>
/// <param name="Json">The body as JSON; null when it is none.</param>
/// <param name="Problem">What went wrong, for the operator; null when nothing did.</param>
internal sealed record ApiAnswer(int Status, string Text, JsonElement? Json, string? Problem);
