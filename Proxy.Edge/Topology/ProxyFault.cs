namespace Proxy.Edge.Topology;

/// <summary>On which side of the proxy a failure happened.</summary>
public enum FaultSide : byte
{
    Client,
    Origin,
    Proxy,
}

/// <summary>What went wrong with an exchange. Names follow the error types of RFC 9209 §2.3 where one exists.</summary>
public enum ProxyFault : byte
{
    None,
}
