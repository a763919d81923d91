namespace Proxy.Cluster.Vrrp.Guard;

/// <summary>What a silent node's process was found doing.</summary>
internal enum NodeActivity
{
    /// <summary>It works, or wants to, or nobody can tell.</summary>
    Unknown,

    /// <summary>Every thread sleeps.</summary>
    Asleep,

    /// <summary>Stopped by a signal or a debugger, or dead.</summary>
    Stopped,
}
