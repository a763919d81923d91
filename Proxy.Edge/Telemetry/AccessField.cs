namespace Proxy.Edge.Telemetry;

/// <summary>What a segment of an access log line shows.</summary>
internal enum AccessField : byte
{
    Literal,

    /// <summary>Always "-": what Apache knows and a proxy does not (ident, user).</summary>
    Missing,
    ClientIp,
    RequestLine,

    /// <summary>[10/Oct/2000:13:55:36 -0700], local time.</summary>
    TimeClf,

    /// <summary>2000-10-10T20:55:36.123456Z.</summary>
    TimeIso,

    // Copied from the record.
    Method,
    Target,
    Path,

    /// <summary>With its '?'; nothing at all when there is none (Apache's %q).</summary>
    Query,
    Version,
    TlsVersion,
    TlsCipher,
    Host,
    Referer,
    UserAgent,
    Listener,
    Route,
    Pool,
    Member,
    Fault,
    RequestId,

    // Numbers: ClientPort is the first and everything after it is one; see AccessFieldValues.
    ClientPort,
    Status,
    BodyBytes,

    /// <summary>As <see cref="BodyBytes"/>, but "-" for none (Apache's %b).</summary>
    BodyBytesOrDash,
    BytesReceived,
    TotalMicroseconds,
    TotalMilliseconds,

    /// <summary>Whole seconds (Apache's %T).</summary>
    TotalSeconds,
    QueueMicroseconds,
    ConnectMicroseconds,
    FirstByteMicroseconds,
    TimeUnixSeconds,
    TimeUnixMilliseconds,
    TimeUnixMicroseconds,
    Attempts,
    Connection,
    RequestNumber,

    /// <summary>Requests before this one on the connection (Apache's %k).</summary>
    EarlierRequests,
    Phase,
}

/// <summary>One piece of a line: a field, or literal bytes.</summary>
internal readonly record struct AccessSegment(AccessField Field, byte[] Literal)
{
    public AccessSegment(AccessField field)
        : this(field, [])
    {
    }
}
