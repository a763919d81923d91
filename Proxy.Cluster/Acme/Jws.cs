using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Proxy.Cluster.Acme;

/// <summary>Signing of requests (RFC 7515, RFC 8555 §6.2) with ES256.</summary>
internal static class Jws
{
    /// <summary>The key as JSON, members in the order RFC 7638 §3.2 asks for.</summary>
    public static JsonObject PublicKey(ECDsa key)
    {
        ECParameters parameters = key.ExportParameters(includePrivateParameters: false);
        return new JsonObject
        {
            ["crv"] = "P-256",
            ["kty"] = "EC",
            ["x"] = Base64Url.EncodeToString(parameters.Q.X),
            ["y"] = Base64Url.EncodeToString(parameters.Q.Y),
        };
    }

    public static string Thumbprint(ECDsa key) =>
        Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(PublicKey(key).ToJsonString())));

    /// <param name="account">URL of the account; "" = the key itself is sent along.</param>
    /// <param name="payload">Null = nothing, which reads (POST-as-GET).</param>
    public static string Sign(ECDsa key, string account, string nonce, string url, string? payload)
    {
        var header = new JsonObject { ["alg"] = "ES256", ["nonce"] = nonce, ["url"] = url };
        if (account.Length > 0)
        {
            header["kid"] = account;
        }
        else
        {
            header["jwk"] = PublicKey(key);
        }

        return Compose(header, payload ?? "", signed => key.SignData(signed, HashAlgorithmName.SHA256));
    }

    /// <summary>External account binding (RFC 8555 §7.3.4): the authority's customer vouches for the account's
    /// key.</summary>
    public static JsonNode Bind(ECDsa key, string keyId, byte[] secret, string url)
    {
        var header = new JsonObject { ["alg"] = "HS256", ["kid"] = keyId, ["url"] = url };
        return JsonNode.Parse(Compose(
            header, PublicKey(key).ToJsonString(), signed => HMACSHA256.HashData(secret, signed)))!;
    }

    private static string Compose(JsonObject header, string payload, Func<byte[], byte[]> sign)
    {
        string first = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header.ToJsonString()));
        string second = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(payload));
        byte[] signature = sign(Encoding.ASCII.GetBytes($"{first}.{second}"));
        return new JsonObject
        {
            ["protected"] = first, ["payload"] = second, ["signature"] = Base64Url.EncodeToString(signature),
        }.ToJsonString();
    }
}
