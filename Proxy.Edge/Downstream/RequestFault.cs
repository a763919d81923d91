using Proxy.Edge.Http1;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Downstream;

/// <summary>What a fault of the codec means for the exchange that never began.</summary>
internal static class RequestFault
{
    public static ProxyFault Of(HeadFault fault) => fault.StatusCode() switch
    {
        414 => ProxyFault.TargetTooLong,
        417 => ProxyFault.ExpectationFailed,
        431 => ProxyFault.HeadTooLarge,
        501 => ProxyFault.UnsupportedTransferCoding,
        505 => ProxyFault.UnsupportedVersion,
        _ => ProxyFault.BadRequest,
    };
}
