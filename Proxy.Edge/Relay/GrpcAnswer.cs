using Proxy.Edge.Http;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Relay;

/// <summary>How a gRPC call is told that it failed here. Its client reads <c>grpc-status</c>, not the HTTP status, so
/// errors of the proxy's own become a response of nothing but trailers: status 200, no body.</summary>
internal static class GrpcAnswer
{
    /// <summary>A call is a request over HTTP/2 with gRPC's content type. Called only when a request fails: the head is
    /// parsed again, into the loop's own.</summary>
    private static bool IsCall(LoopServices services, IClientStream client, KeptRequest kept)
    {
        RequestHead head = services.Workspace.Request;
        return client.IsHttp2
            && kept.TryReparse(head, client.Listener.Plan.Limits)
            && IsGrpc(head.Value(HeaderId.ContentType));
    }

    /// <summary>The answer to a failing request, call or not.</summary>
    /// <param name="lines">Further field lines of an answer that is not to a call.</param>
    public static LocalAnswer Refusal(
        LoopServices services,
        IClientStream client,
        KeptRequest kept,
        ProxyFault fault,
        bool close,
        ReadOnlySpan<byte> lines = default) =>
        IsCall(services, client, kept) ? Refusal(fault, close) : LocalAnswer.Refusal(fault, close, lines);

    /// <summary>The answer to a failing call. 421 stays what it is: it asks for another connection, and the layer below
    /// gRPC understands that (RFC 9110 §15.5.20).</summary>
    public static LocalAnswer Refusal(ProxyFault fault, bool close)
    {
        int status = fault.StatusCode();
        return status is 0 or 421
            ? LocalAnswer.Refusal(fault, close)
            : new LocalAnswer { Status = 200, Lines = Lines(status), Fault = fault, Close = close };
    }

    /// <summary>application/grpc, alone or with a message format (+proto) or parameters; application/grpc-web is
    /// another protocol, whose clients read the HTTP status.</summary>
    internal static bool IsGrpc(ReadOnlySpan<byte> contentType)
    {
        ReadOnlySpan<byte> name = "application/grpc"u8;
        return contentType.Length >= name.Length
            && System.Text.Ascii.EqualsIgnoreCase(contentType[..name.Length], name)
            && (contentType.Length == name.Length || contentType[name.Length] is (byte)'+' or (byte)';' or (byte)' ');
    }

    /// <summary>gRPC's own mapping of HTTP status codes, but for 504: the proxy sends it for time-outs
    /// only.</summary>
    private static ReadOnlySpan<byte> Lines(int status) => status switch
    {
        400 => "Content-Type: application/grpc\r\nGrpc-Status: 13\r\nGrpc-Message: Bad Request\r\n"u8,
        401 => "Content-Type: application/grpc\r\nGrpc-Status: 16\r\nGrpc-Message: Unauthorized\r\n"u8,
        403 => "Content-Type: application/grpc\r\nGrpc-Status: 7\r\nGrpc-Message: Forbidden\r\n"u8,
        404 => "Content-Type: application/grpc\r\nGrpc-Status: 12\r\nGrpc-Message: Not Found\r\n"u8,
        429 => "Content-Type: application/grpc\r\nGrpc-Status: 14\r\nGrpc-Message: Too Many Requests\r\n"u8,
        502 => "Content-Type: application/grpc\r\nGrpc-Status: 14\r\nGrpc-Message: Bad Gateway\r\n"u8,
        503 => "Content-Type: application/grpc\r\nGrpc-Status: 14\r\nGrpc-Message: Service Unavailable\r\n"u8,
        504 => "Content-Type: application/grpc\r\nGrpc-Status: 4\r\nGrpc-Message: Gateway Timeout\r\n"u8,
        _ => "Content-Type: application/grpc\r\nGrpc-Status: 2\r\nGrpc-Message: Error\r\n"u8,
    };
}
