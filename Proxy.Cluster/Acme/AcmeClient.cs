using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Proxy.Cluster.Acme;

/// <summary>An account that somebody else vouches for.</summary>
internal sealed record AcmeBinding(string KeyId, byte[] Secret);

/// <summary>Talks to one authority: signs, keeps the nonce and the account's address, repeats what failed only because
/// of a stale nonce. One request at a time.</summary>
internal sealed class AcmeClient(HttpMessageInvoker http, ECDsa key, AcmeBinding? binding, TimeProvider time)
{
    private const int Attempts = 4;
    private const int LongestReply = 1 << 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private string _newNonce = "";
    private string _nonce = "";
    private string _account = "";

    /// <param name="finalize">Makes the payload of <see cref="AcmeRequestKind.Finalize"/>.</param>
    /// <returns>Replied, or Failed when nobody answered.</returns>
    public async Task<AcmeInput> AskAsync(AcmeEffect.Ask ask, Func<string> finalize, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            if (ask.Kind == AcmeRequestKind.Get)
            {
                return new AcmeInput.Replied(await GetAsync(ask.Url, either.Token));
            }

            string? payload = ask.Kind switch
            {
                AcmeRequestKind.Account => Bound(ask),
                AcmeRequestKind.Finalize => finalize(),
                _ => ask.Payload,
            };
            return new AcmeInput.Replied(await PostAsync(ask, payload, either.Token));
        }
        catch (HttpRequestException error)
        {
            string cause = error.InnerException is { } inner ? $" ({inner.Message})" : "";
            return new AcmeInput.Failed(error.Message + cause);
        }
        catch (Exception error) when (error is IOException or UriFormatException or InvalidOperationException)
        {
            return new AcmeInput.Failed(error.Message);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new AcmeInput.Failed($"no answer within {Patience.TotalSeconds:0} s");
        }
    }

    private async Task<AcmeReply> GetAsync(string url, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Https(url));
        AcmeReply reply = await SendAsync(request, cancellation);
        if (AcmeJson.Parse(reply.Body) is JsonObject json && json.Text("newNonce") is { Length: > 0 } newNonce)
        {
            _newNonce = newNonce;
        }

        return reply;
    }

    private async Task<AcmeReply> PostAsync(AcmeEffect.Ask ask, string? payload, CancellationToken cancellation)
    {
        if (ask.Kind == AcmeRequestKind.Account)
        {
            _account = "";
        }

        for (int attempt = 1; ; attempt++)
        {
            if (_nonce.Length == 0)
            {
                using var head = new HttpRequestMessage(HttpMethod.Head, Https(_newNonce));
                await SendAsync(head, cancellation);
            }

            string nonce = _nonce;
            _nonce = "";
            using var request = new HttpRequestMessage(HttpMethod.Post, Https(ask.Url))
            {
                Content = new ByteArrayContent(
                    Encoding.ASCII.GetBytes(Jws.Sign(key, _account, nonce, ask.Url, payload))),
            };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/jose+json");
            AcmeReply reply = await SendAsync(request, cancellation);
            if (reply.Status == 400 && AcmeProblem.Type(reply.Body) == AcmeProblem.BadNonce && attempt < Attempts)
            {
                continue;
            }

            if (ask.Kind == AcmeRequestKind.Account && reply.Status is 200 or 201)
            {
                _account = reply.Location;
            }

            return reply;
        }
    }

    private async Task<AcmeReply> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        // RFC 8555 §6.1 asks for it.
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("proxy-acme", "1.0"));
        using HttpResponseMessage response = await http.SendAsync(request, cancellation);
        if (response.Headers.TryGetValues("Replay-Nonce", out IEnumerable<string>? nonces))
        {
            _nonce = nonces.First();
        }

        return new AcmeReply(
            (int)response.StatusCode,
            await ReadAsync(response.Content, cancellation),
            response.Headers.Location is { } location ? new Uri(request.RequestUri!, location).AbsoluteUri : "",
            RetryAfter(response.Headers.RetryAfter));
    }

    private static async Task<string> ReadAsync(HttpContent content, CancellationToken cancellation)
    {
        await using Stream stream = await content.ReadAsStreamAsync(cancellation);
        using var all = new MemoryStream();
        byte[] buffer = new byte[8192];
        int read;
        while ((read = await stream.ReadAsync(buffer, cancellation)) > 0)
        {
            all.Write(buffer, 0, read);
            if (all.Length > LongestReply)
            {
                throw new IOException("the reply is too long");
            }
        }

        return Encoding.UTF8.GetString(all.GetBuffer(), 0, (int)all.Length);
    }

    private TimeSpan? RetryAfter(RetryConditionHeaderValue? value) =>
        value?.Delta ?? (value?.Date is { } date ? date - time.GetUtcNow() : null);

    private string? Bound(AcmeEffect.Ask ask)
    {
        if (binding is null)
        {
            return ask.Payload;
        }

        JsonObject payload = JsonNode.Parse(ask.Payload!)!.AsObject();
        payload["externalAccountBinding"] = Jws.Bind(key, binding.KeyId, binding.Secret, ask.Url);
        return payload.ToJsonString();
    }

    private static Uri Https(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out Uri? uri) && uri.Scheme == Uri.UriSchemeHttps
            ? uri
            : throw new InvalidOperationException("the authority gives an address that is not https");
}
