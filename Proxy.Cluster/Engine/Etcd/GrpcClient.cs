using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace Proxy.Cluster.Engine.Etcd;

/// <summary>gRPC as plain HTTP/2 requests. Any thread.</summary>
internal sealed class GrpcClient(HttpMessageInvoker http, TimeProvider time)
{
    private static readonly MediaTypeHeaderValue GrpcType = new("application/grpc");

    /// <summary>One message there, one message back. Network trouble is a status, too.</summary>
    public async ValueTask<GrpcReply> CallAsync(
        Uri endpoint, string method, ProtoWriter message, string? token, TimeSpan timeout,
        CancellationToken cancellation)
    {
        using var patience = new CancellationTokenSource(timeout, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        using HttpRequestMessage request = Request(endpoint, method, token);
        request.Content = new ByteArrayContent(GrpcFrames.Frame(message.Written.Span));
        request.Content.Headers.ContentType = GrpcType;
        request.Headers.Add(
            "grpc-timeout", string.Create(CultureInfo.InvariantCulture, $"{(long)timeout.TotalMilliseconds}m"));
        try
        {
            using HttpResponseMessage response = await http.SendAsync(request, stop.Token);
            await using Stream body = await response.Content.ReadAsStreamAsync(stop.Token);
            byte[]? reply = await GrpcFrames.ReadAsync(body, stop.Token);
            // The status is in the trailers, which are there at the end of the body only.
            while (await GrpcFrames.ReadAsync(body, stop.Token) is not null)
            {
            }

            GrpcStatus status = StatusOf(response);
            return new GrpcReply(status, status.Code == GrpcCode.Ok ? reply ?? [] : []);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            string text = string.Create(
                CultureInfo.InvariantCulture, $"{endpoint}: no answer in {timeout.TotalSeconds} s");
            return new GrpcReply(new GrpcStatus(GrpcCode.DeadlineExceeded, text), []);
        }
        catch (Exception problem) when (IsNetwork(problem))
        {
            return new GrpcReply(StatusOf(endpoint, problem), []);
        }
    }

    /// <summary>A stream in both directions. Throws what <see cref="IsNetwork"/> knows.</summary>
    public async ValueTask<HttpResponseMessage> OpenAsync(
        Uri endpoint, string method, GrpcRequestStream messages, string? token, CancellationToken cancellation)
    {
        HttpRequestMessage request = Request(endpoint, method, token);
        // Without it a member cut off from the others keeps the stream open and silent.
        request.Headers.Add("hasleader", "true");
        request.Content = messages;
        request.Content.Headers.ContentType = GrpcType;
        return await http.SendAsync(request, cancellation);
    }

    public static bool IsNetwork(Exception problem) =>
        problem is HttpRequestException or IOException or InvalidDataException;

    public static GrpcStatus StatusOf(Uri endpoint, Exception problem)
    {
        bool wasSent = problem is not HttpRequestException
        {
            HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError
                or HttpRequestError.NameResolutionError,
        };
        string reason = EtcdTls.Explain(problem)
            ?? (problem.InnerException is { } inner ? inner.Message : problem.Message);
        return new GrpcStatus(GrpcCode.Unavailable, $"{endpoint}: {reason}", wasSent);
    }

    /// <summary>From the trailers, or from the headers of an answer without a body.</summary>
    public static GrpcStatus StatusOf(HttpResponseMessage response)
    {
        string? code = First(response.TrailingHeaders, "grpc-status") ?? First(response.Headers, "grpc-status");
        string text = First(response.TrailingHeaders, "grpc-message") ?? First(response.Headers, "grpc-message") ?? "";
        if (!int.TryParse(code, CultureInfo.InvariantCulture, out int number))
        {
            return new GrpcStatus(GrpcCode.Unavailable, $"no gRPC status; HTTP status {(int)response.StatusCode}");
        }

        return number == 0 ? GrpcStatus.Ok : new GrpcStatus((GrpcCode)number, Uri.UnescapeDataString(text));
    }

    private static HttpRequestMessage Request(Uri endpoint, string method, string? token)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(endpoint, method))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        if (token is not null)
        {
            request.Headers.Add("token", token);
        }

        return request;
    }

    private static string? First(HttpHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out HeaderStringValues values) ? values.FirstOrDefault() : null;
}
