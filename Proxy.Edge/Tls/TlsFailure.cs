namespace Proxy.Edge.Tls;

/// <summary>Why a handshake did not succeed; for counters and the log.</summary>
public enum TlsFailure : byte
{
    None,

    /// <summary>No common version, suite or group, or a message that is wrong.</summary>
    Protocol,

    /// <summary>The first bytes are no TLS record.</summary>
    NotTls,
    UnknownName,
    NoProtocol,

    /// <summary>The peer showed no certificate, or one that is not accepted.</summary>
    Certificate,

    /// <summary>The peer ended the handshake with an alert or by leaving.</summary>
    Peer,
    Timeout,
}
