namespace Proxy.Edge.Topology;

/// <summary>Whose doing a failure was; decides status code, log level and passive health.</summary>
public enum FaultSide : byte
{
    None,
    Client,
    Origin,
    Proxy,
}

/// <summary>What went wrong with an exchange. One value per cause, so that retry rules, the access log, metrics and the
/// Proxy-Status field (RFC 9209 §2.3) all speak of the same thing.</summary>
public enum ProxyFault : byte
{
    None,

    // Client side
    BadRequest,
    HeadTooLarge,
    TargetTooLong,
    BodyTooLarge,
    UnsupportedVersion,
    UnsupportedTransferCoding,
    ExpectationFailed,
    ClientHeadTimeout,
    ClientBodyTimeout,
    ClientTooSlow,
    ClientAborted,
    ClientIdle,
    MisdirectedRequest,

    /// <summary>A call did not end within the time its client gave it (grpc-timeout).</summary>
    CallDeadline,

    /// <summary>More requests than the route's rate limit allows.</summary>
    RateLimited,

    // Proxy side
    NoRoute,
    MethodNotAllowed,
    Forbidden,
    NoMember,
    QueueTimeout,
    LoopDetected,
    Draining,
    OutOfMemory,
    Internal,

    // Origin side
    ConnectRefused,
    ConnectTimeout,
    ConnectFailed,
    NameNotResolved,
    OriginClosedEarly,
    OriginReset,
    OriginHeadTimeout,
    OriginBodyTimeout,
    OriginTooSlow,
    BadResponse,
    ResponseHeadTooLarge,
    ResponseCutOff,
    UnaskedUpgrade,
    OriginTlsFailed,
    OriginCertificateRejected,
}

public static class ProxyFaults
{
    public static FaultSide Side(this ProxyFault fault) => fault switch
    {
        ProxyFault.None => FaultSide.None,
        < ProxyFault.NoRoute => FaultSide.Client,
        < ProxyFault.ConnectRefused => FaultSide.Proxy,
        _ => FaultSide.Origin,
    };

    /// <summary>The status a client gets when nothing of a response was sent yet; 0 when it gets none.</summary>
    public static int StatusCode(this ProxyFault fault) => fault switch
    {
        ProxyFault.None or ProxyFault.ClientAborted or ProxyFault.ClientIdle or ProxyFault.ClientTooSlow => 0,
        ProxyFault.BadRequest => 400,
        ProxyFault.HeadTooLarge => 431,
        ProxyFault.TargetTooLong => 414,
        ProxyFault.BodyTooLarge => 413,
        ProxyFault.UnsupportedVersion => 505,
        ProxyFault.UnsupportedTransferCoding => 501,
        ProxyFault.ExpectationFailed => 417,
        ProxyFault.ClientHeadTimeout or ProxyFault.ClientBodyTimeout => 408,
        ProxyFault.MisdirectedRequest => 421,
        ProxyFault.RateLimited => 429,
        ProxyFault.NoRoute => 404,
        ProxyFault.MethodNotAllowed => 405,
        ProxyFault.Forbidden => 403,
        ProxyFault.LoopDetected => 508,
        ProxyFault.Internal => 500,
        ProxyFault.NoMember or ProxyFault.QueueTimeout or ProxyFault.Draining or ProxyFault.OutOfMemory => 503,
        ProxyFault.ConnectTimeout or ProxyFault.OriginHeadTimeout or ProxyFault.CallDeadline => 504,
        _ => 502,
    };

    /// <summary>The error token of RFC 9209 §2.3 for the Proxy-Status field.</summary>
    public static ReadOnlySpan<byte> ProxyStatusToken(this ProxyFault fault) => fault switch
    {
        ProxyFault.NameNotResolved => "dns_error"u8,
        ProxyFault.NoMember => "destination_unavailable"u8,
        ProxyFault.NoRoute => "destination_not_found"u8,
        ProxyFault.QueueTimeout or ProxyFault.OutOfMemory => "connection_limit_reached"u8,
        ProxyFault.ConnectRefused => "connection_refused"u8,
        ProxyFault.ConnectTimeout => "connection_timeout"u8,
        ProxyFault.ConnectFailed => "destination_ip_unroutable"u8,
        ProxyFault.OriginClosedEarly or ProxyFault.OriginReset => "connection_terminated"u8,
        ProxyFault.OriginHeadTimeout or ProxyFault.CallDeadline => "http_response_timeout"u8,
        ProxyFault.OriginBodyTimeout or ProxyFault.OriginTooSlow => "connection_read_timeout"u8,
        ProxyFault.BadResponse => "http_protocol_error"u8,
        ProxyFault.ResponseHeadTooLarge => "http_response_header_section_size"u8,
        ProxyFault.ResponseCutOff => "http_response_incomplete"u8,
        ProxyFault.UnaskedUpgrade => "http_upgrade_failed"u8,
        ProxyFault.OriginTlsFailed => "tls_protocol_error"u8,
        ProxyFault.OriginCertificateRejected => "tls_certificate_error"u8,
        ProxyFault.LoopDetected => "proxy_loop_detected"u8,
        ProxyFault.Forbidden or ProxyFault.RateLimited => "http_request_denied"u8,
        ProxyFault.Internal or ProxyFault.Draining => "proxy_internal_error"u8,
        _ => "http_request_error"u8,
    };
}
