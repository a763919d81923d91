using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Proxy.Cluster.Management;

/// <summary>What every management request passes before it is answered: security headers, the Host check against DNS
/// rebinding, the token.</summary>
internal sealed class RequestGuard
{
    private readonly bool _onlyLocalHosts;
    private readonly byte[]? _tokenHash;

    public RequestGuard(ManagementOptions options)
    {
        // A web page in the operator's browser can point a name of its own at 127.0.0.1, but cannot choose the Host
        // field.
        _onlyLocalHosts = options.Bind.Ip is IPAddress ip && IPAddress.IsLoopback(ip);
        _tokenHash = options.Token.Length > 0 ? Hash(options.Token) : null;
    }

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        AddHeaders(context.Response.Headers);
        if (_onlyLocalHosts && !IsLocal(context.Request.Host))
        {
            await JsonAnswers.ErrorAsync(context, 403, "the Host field names none of localhost, 127.0.0.1, [::1]");
        }
        else if (!IsOpenToAll(context.Request.Path) && !HasToken(context.Request))
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            await JsonAnswers.ErrorAsync(context, 401, "a bearer token is needed");
        }
        else
        {
            await next(context);
        }
    }

    private static void AddHeaders(IHeaderDictionary headers)
    {
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers.ContentSecurityPolicy =
            $"default-src 'none'; style-src '{StatusPage.StyleHash}'; "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
    }

    private static bool IsLocal(HostString host) =>
        !host.HasValue || host.Host.ToLowerInvariant() is "localhost" or "127.0.0.1" or "[::1]";

    // Probes of orchestrators carry no token; these two say nothing but yes or no.
    private static bool IsOpenToAll(PathString path) => path.Value is "/alive" or "/ready";

    private bool HasToken(HttpRequest request)
    {
        if (_tokenHash is null)
        {
            return true;
        }

        const string Scheme = "Bearer ";
        string field = request.Headers.Authorization.ToString();
        return field.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            && CryptographicOperations.FixedTimeEquals(Hash(field[Scheme.Length..].Trim()), _tokenHash);
    }

    // Hashes have one length, so that not even the token's length shows in the time of the comparison.
    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
