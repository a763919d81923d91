using Proxy.Edge.Topology;

namespace Proxy.Edge.Telemetry;

/// <summary>What is known about an exchange at its end, for the access log. The spans belong to the caller and are read
/// only during the call that takes the record. Durations are microseconds; a negative one means the exchange never got
/// there. An empty span means the value is missing.</summary>
public readonly ref struct AccessRecord
{
    /// <summary>The effective client: what trusted forwarding fields say, else the peer of the connection.</summary>
    public ClientAddress Client { get; init; }

    public int ClientPort { get; init; }

    /// <summary>Empty when no request line was understood; then the whole request line is logged as missing.</summary>
    public ReadOnlySpan<byte> Method { get; init; }

    /// <summary>The request target as received.</summary>
    public ReadOnlySpan<byte> Target { get; init; }

    /// <summary>"HTTP/1.1" and so on.</summary>
    public ReadOnlySpan<byte> Version { get; init; }

    /// <summary>"TLSv1.3"; empty without TLS.</summary>
    public ReadOnlySpan<byte> TlsVersion { get; init; }

    /// <summary>By OpenSSL's name.</summary>
    public ReadOnlySpan<byte> TlsCipher { get; init; }

    public ReadOnlySpan<byte> Host { get; init; }

    public ReadOnlySpan<byte> Referer { get; init; }

    public ReadOnlySpan<byte> UserAgent { get; init; }

    /// <summary>Status sent to the client; 0 when the client got none.</summary>
    public int Status { get; init; }

    /// <summary>Body bytes sent to the client, without framing.</summary>
    public long BodyBytesSent { get; init; }

    /// <summary>Bytes received from the client, head included.</summary>
    public long BytesReceived { get; init; }

    /// <summary>From the first byte of the request to the last byte of the answer.</summary>
    public long TotalMicroseconds { get; init; }

    /// <summary>Waiting for a free slot of a member.</summary>
    public long QueueMicroseconds { get; init; }

    /// <summary>Connecting to the member; 0 when a kept connection was used.</summary>
    public long ConnectMicroseconds { get; init; }

    /// <summary>From the start of the request to the first byte of the answer.</summary>
    public long FirstByteMicroseconds { get; init; }

    /// <summary>Wall clock at the first byte of the request, microseconds since 1970 UTC.</summary>
    public long StartUnixMicroseconds { get; init; }

    public ReadOnlySpan<byte> Listener { get; init; }

    public ReadOnlySpan<byte> Route { get; init; }

    public ReadOnlySpan<byte> Pool { get; init; }

    public ReadOnlySpan<byte> Member { get; init; }

    public ProxyFault Fault { get; init; }

    /// <summary>Attempts at members, 0 when none was tried.</summary>
    public int Attempts { get; init; }

    public ReadOnlySpan<byte> RequestId { get; init; }

    /// <summary>Number of the client connection, unique in the process.</summary>
    public long ConnectionSerial { get; init; }

    /// <summary>Number of the request on its connection, from 1.</summary>
    public int RequestNumber { get; init; }

    /// <summary>The last of the twelve steps that was reached.</summary>
    public byte Phase { get; init; }
}
