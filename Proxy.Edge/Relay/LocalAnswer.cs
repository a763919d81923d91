using Proxy.Edge.Topology;

namespace Proxy.Edge.Relay;

/// <summary>An answer the proxy gives itself: an error, a redirect, a fixed response.</summary>
public readonly ref struct LocalAnswer
{
    public required int Status { get; init; }

    /// <summary>Complete field lines besides the framing, CRLF included.</summary>
    public ReadOnlySpan<byte> Lines { get; init; }

    public ReadOnlySpan<byte> Body { get; init; }

    /// <summary>Why, when it is an error; shown in Proxy-Status.</summary>
    public ProxyFault Fault { get; init; }

    /// <summary>The request had no more to give or cannot be trusted: the connection ends after the answer.</summary>
    public bool Close { get; init; }

    /// <summary>The answer to a request that fails.</summary>
    /// <param name="lines">What only this refusal says.</param>
    public static LocalAnswer Refusal(ProxyFault fault, bool close, ReadOnlySpan<byte> lines = default)
    {
        int status = fault.StatusCode();
        return new LocalAnswer
        {
            Status = status,
            Lines = status == 405 ? "Allow: GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH\r\n"u8 : lines,
            Body = ErrorBody(status),
            Fault = fault,
            Close = close,
        };
    }

    /// <summary>The body of an error answer. Short and without anything about the inside; the request id is for
    /// support.</summary>
    public static ReadOnlySpan<byte> ErrorBody(int status) => status switch
    {
        400 => "400 Bad Request\n"u8,
        403 => "403 Forbidden\n"u8,
        404 => "404 Not Found\n"u8,
        405 => "405 Method Not Allowed\n"u8,
        408 => "408 Request Timeout\n"u8,
        413 => "413 Content Too Large\n"u8,
        414 => "414 URI Too Long\n"u8,
        417 => "417 Expectation Failed\n"u8,
        421 => "421 Misdirected Request\n"u8,
        429 => "429 Too Many Requests\n"u8,
        431 => "431 Request Header Fields Too Large\n"u8,
        500 => "500 Internal Server Error\n"u8,
        501 => "501 Not Implemented\n"u8,
        502 => "502 Bad Gateway\n"u8,
        503 => "503 Service Unavailable\n"u8,
        504 => "504 Gateway Timeout\n"u8,
        505 => "505 HTTP Version Not Supported\n"u8,
        508 => "508 Loop Detected\n"u8,
        _ => "Error\n"u8,
    };
}
