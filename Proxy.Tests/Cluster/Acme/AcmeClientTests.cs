using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Proxy.Cluster.Acme;

namespace Proxy.Tests.Cluster.Acme;

public sealed class AcmeClientTests : IDisposable
{
    private const string Directory = "https://ca.test/dir";

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ScriptedAuthority _authority = new();
    private readonly HttpMessageInvoker _http;
    private readonly AcmeClient _client;

    public AcmeClientTests()
    {
        _http = new HttpMessageInvoker(_authority);
        _client = new AcmeClient(_http, _key, new AcmeBinding("customer", [1, 2, 3]), TimeProvider.System);
    }

    public void Dispose()
    {
        _http.Dispose();
        _authority.Dispose();
        _key.Dispose();
    }

    [Fact]
    public async Task Requests_are_signed_with_the_key_first_and_then_for_the_account()
    {
        await AskAsync(AcmeRequestKind.Get, Directory);
        await AskAsync(AcmeRequestKind.Account, "https://ca.test/account", "{}");
        await AskAsync(AcmeRequestKind.Signed, "https://ca.test/order/1");

        Assert.Equal(["GET /dir", "HEAD /nonce", "POST /account", "POST /order/1"], _authority.Requests);
        JsonObject account = _authority.Header(0);
        Assert.Equal("ES256", account.Text("alg"));
        Assert.Equal("nonce1", account.Text("nonce"));
        Assert.Equal("https://ca.test/account", account.Text("url"));
        Assert.NotNull(account["jwk"]);
        Assert.Equal("customer", _authority.Bound(0).Text("kid"));
        JsonObject read = _authority.Header(1);
        Assert.Equal("https://ca.test/account/1", read.Text("kid"));
        Assert.Equal("nonce2", read.Text("nonce"));
        Assert.Null(read["jwk"]);
        Assert.Equal("", _authority.Bodies[1].Text("payload"));
        Assert.All(_authority.Bodies, body => Assert.True(Verifies(body), "the signature is not the key's"));
    }

    [Fact]
    public async Task A_stale_nonce_is_replaced_and_the_request_repeated()
    {
        _authority.BadNonces = 2;
        await AskAsync(AcmeRequestKind.Get, Directory);

        AcmeReply reply = await AskAsync(AcmeRequestKind.Account, "https://ca.test/account", "{}");

        Assert.Equal(201, reply.Status);
        Assert.Equal(3, _authority.Bodies.Count);
        Assert.Equal(
            3, Enumerable.Range(0, 3).Select(i => _authority.Header(i).Text("nonce")).Distinct().Count());
    }

    [Fact]
    public async Task An_authority_that_never_takes_a_nonce_is_given_up()
    {
        _authority.BadNonces = 100;
        await AskAsync(AcmeRequestKind.Get, Directory);

        AcmeReply reply = await AskAsync(AcmeRequestKind.Account, "https://ca.test/account", "{}");

        Assert.Equal(400, reply.Status);
        Assert.Equal("badNonce: stale", AcmeProblem.Describe(reply));
    }

    [Fact]
    public async Task Addresses_that_are_not_https_are_not_asked()
    {
        AcmeInput input = await _client.AskAsync(
            new AcmeEffect.Ask(AcmeRequestKind.Get, "http://ca.test/dir"), static () => "",
            TestContext.Current.CancellationToken);

        Assert.Contains("not https", Assert.IsType<AcmeInput.Failed>(input).Reason, StringComparison.Ordinal);
        Assert.Empty(_authority.Requests);
    }

    [Fact]
    public void The_thumbprint_is_that_of_the_key_in_its_canonical_form()
    {
        ECPoint point = _key.ExportParameters(false).Q;
        (string x, string y) = (Base64Url.EncodeToString(point.X), Base64Url.EncodeToString(point.Y));
        string canonical = $$"""{"crv":"P-256","kty":"EC","x":"{{x}}","y":"{{y}}"}""";

        Assert.Equal(
            Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(canonical))), Jws.Thumbprint(_key));
    }

    private async Task<AcmeReply> AskAsync(AcmeRequestKind kind, string url, string? payload = null)
    {
        AcmeInput input = await _client.AskAsync(
            new AcmeEffect.Ask(kind, url, payload), static () => "{}", TestContext.Current.CancellationToken);
        return Assert.IsType<AcmeInput.Replied>(input).Reply;
    }

    private bool Verifies(JsonObject body) => _key.VerifyData(
        Encoding.ASCII.GetBytes($"{body.Text("protected")}.{body.Text("payload")}"),
        Base64Url.DecodeFromChars(body.Text("signature")), HashAlgorithmName.SHA256);

    /// <summary>Gives a new nonce with every answer.</summary>
    private sealed class ScriptedAuthority : HttpMessageHandler
    {
        private int _nonce;

        public List<string> Requests { get; } = [];

        public List<JsonObject> Bodies { get; } = [];

        /// <summary>So many posts are refused for their nonce.</summary>
        public int BadNonces { get; set; }

        public JsonObject Header(int request) => Decoded(Bodies[request].Text("protected"));

        /// <summary>Header of the external account binding.</summary>
        public JsonObject Bound(int request) =>
            Decoded(Decoded(Bodies[request].Text("payload"))["externalAccountBinding"]!.AsObject().Text("protected"));

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            string path = request.RequestUri!.AbsolutePath;
            Requests.Add($"{request.Method} {path}");
            var response = new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("{}") };
            if (request.Method == HttpMethod.Post)
            {
                Bodies.Add((JsonObject)JsonNode.Parse(await request.Content!.ReadAsStringAsync(cancellationToken))!);
                if (BadNonces-- > 0)
                {
                    response.StatusCode = HttpStatusCode.BadRequest;
                    response.Content = new StringContent(
                        """{ "type": "urn:ietf:params:acme:error:badNonce", "detail": "stale" }""");
                }
                else if (path == "/account")
                {
                    response.StatusCode = HttpStatusCode.Created;
                    response.Headers.Location = new Uri("/account/1", UriKind.Relative);
                }
            }

            if (path == "/dir")
            {
                response.Content = new StringContent("""{ "newNonce": "https://ca.test/nonce" }""");
            }
            else
            {
                response.Headers.Add("Replay-Nonce", $"nonce{++_nonce}");
            }

            return response;
        }

        private static JsonObject Decoded(string text) =>
            (JsonObject)JsonNode.Parse(Base64Url.DecodeFromChars(text))!;
    }
}
