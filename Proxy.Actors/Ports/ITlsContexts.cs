using Proxy.Actors.Config;
using Proxy.Edge.Tls;

namespace Proxy.Actors.Ports;

/// <summary>Where planning gets compiled TLS rules from. Whoever implements it has read the files before planning
/// begins and reported what is wrong with them, so nothing fails here. As long as a block stays as it is, the same
/// object is given again: what hangs on it stays.</summary>
public interface ITlsContexts
{
    /// <summary>The live side of a listener with a tls block.</summary>
    TlsEndpoint Endpoint(ListenerConfig listener);

    /// <summary>The rules for connecting to a pool's https members.</summary>
    TlsClientContext Origin(PoolConfig pool);
}
