using System.Globalization;
using System.Net.Http.Headers;
using System.Text;

namespace Proxy.Cluster.Probing;

/// <summary>The health check that gRPC servers answer: grpc.health.v1.Health/Check. Two messages of one field each
/// need no message library.</summary>
internal static class GrpcHealth
{
    private const int MaxName = 120;
    private const int PrefixBytes = 5;
    private const byte Serving = 1;

    /// <param name="message">Addressed to the member; becomes the call.</param>
    /// <param name="path">"/" for the whole server, "/service" for one.</param>
    /// <returns>0 when it serves, else the HTTP status.</returns>
    /// <exception cref="GrpcHealthException">The server says that it does not serve, or nothing useful.</exception>
    public static async ValueTask<int> AskAsync(
        HttpMessageInvoker http, HttpRequestMessage message, string path, CancellationToken cancellation)
    {
        using HttpRequestMessage call = message;
        call.Method = HttpMethod.Post;
        call.RequestUri = new Uri("http://member/grpc.health.v1.Health/Check");
        call.Headers.TryAddWithoutValidation("TE", "trailers");
        call.Content = new ByteArrayContent(Request(path[(path.LastIndexOf('/') + 1)..]));
        call.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        using HttpResponseMessage response = await http.SendAsync(call, cancellation);
        if ((int)response.StatusCode != 200)
        {
            return (int)response.StatusCode;
        }

        byte[] body = await response.Content.ReadAsByteArrayAsync(cancellation);
        string status = Status(response.TrailingHeaders) ?? Status(response.Headers) ?? "missing";
        return status != "0" ? throw new GrpcHealthException($"grpc-status {status}")
            : IsServing(body) ? 0
            : throw new GrpcHealthException("not serving");
    }

    /// <summary>Length-prefixed message { 1: service }.</summary>
    internal static byte[] Request(string service)
    {
        byte[] name = Encoding.UTF8.GetBytes(service.Length > MaxName ? service[..MaxName] : service);
        byte[] field = name.Length == 0 ? [] : [0x0A, (byte)name.Length, .. name];
        return [0, 0, 0, 0, (byte)field.Length, .. field];
    }

    /// <summary>Message { 1: status } with SERVING.</summary>
    internal static bool IsServing(ReadOnlySpan<byte> body) =>
        body.Length >= PrefixBytes + 2 && body[PrefixBytes] == 0x08 && body[PrefixBytes + 1] == Serving;

    private static string? Status(HttpResponseHeaders headers) =>
        headers.TryGetValues("grpc-status", out IEnumerable<string>? values)
            ? string.Create(CultureInfo.InvariantCulture, $"{values.First()}")
            : null;
}

/// <summary>The member answered, but not that it serves; the message says what.</summary>
internal sealed class GrpcHealthException(string reason) : Exception(reason);
