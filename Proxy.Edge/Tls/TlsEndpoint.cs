namespace Proxy.Edge.Tls;

/// <summary>The live TLS side of a listener: the control plane exchanges what is behind it (renewed certificates,
/// OCSP responses), loops read it once per handshake. Connections keep what they began with. Thread-safe.</summary>
public sealed class TlsEndpoint(TlsServerContext context)
{
    private TlsServerContext _current = context;

    public TlsServerContext Current
    {
        get => Volatile.Read(ref _current);
        set => Volatile.Write(ref _current, value);
    }
}
