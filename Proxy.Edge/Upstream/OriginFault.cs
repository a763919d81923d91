using Proxy.Edge.Engine;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Upstream;

/// <summary>What a failed channel to an origin means for the requests that were to go over it.</summary>
internal static class OriginFault
{
    public static ProxyFault Of(ChannelError error) => error switch
    {
        ChannelError.ConnectRefused => ProxyFault.ConnectRefused,
        ChannelError.ConnectTimeout => ProxyFault.ConnectTimeout,
        ChannelError.ConnectFailed => ProxyFault.ConnectFailed,
        ChannelError.TlsFailed => ProxyFault.OriginTlsFailed,
        ChannelError.CertificateRejected => ProxyFault.OriginCertificateRejected,
        ChannelError.HandlerFailed => ProxyFault.Internal,
        _ => ProxyFault.OriginReset,
    };
}
