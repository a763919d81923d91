using Microsoft.AspNetCore.Http;

namespace Proxy.Cluster.Management;

/// <summary>What a request that changes something passes in addition to <see cref="RequestGuard"/>.</summary>
internal sealed class ChangeGuard(bool readOnly)
{
    /// <summary>Why the request is refused, with status 403; null when it is not.</summary>
    public string? Refusal(HttpRequest request)
    {
        if (readOnly)
        {
            return "management is read-only; management { read-only = false } allows changes";
        }

        // A page of another site can make a browser that reaches this address send a plain POST. Browsers say where
        // such a request comes from; programs say nothing.
        string origin = request.Headers.Origin.ToString();
        bool isForeign = origin.Length > 0
            && !string.Equals(origin, $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase);
        return isForeign ? $"the request comes from a page of {origin}" : null;
    }

    /// <summary>Answers the refusal, or lets <paramref name="change"/> answer.</summary>
    public Task RunAsync(HttpContext context, Func<HttpContext, Task> change) =>
        Refusal(context.Request) is { } refusal ? JsonAnswers.ErrorAsync(context, 403, refusal) : change(context);
}
