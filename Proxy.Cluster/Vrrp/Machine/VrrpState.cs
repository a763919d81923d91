namespace Proxy.Cluster.Vrrp.Machine;

/// <summary>RFC 5798 6.3, and Fault: something this router needs is missing, so it neither holds the addresses nor
/// wants them. Values travel to the node as bytes: append only.</summary>
internal enum VrrpState : byte
{
    /// <summary>Not started, or shut down.</summary>
    Initialize,

    Backup,
    Master,
    Fault,
}
