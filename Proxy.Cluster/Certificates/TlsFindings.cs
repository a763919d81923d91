namespace Proxy.Cluster.Certificates;

/// <summary>What reading the TLS files of a configuration brought to light.</summary>
internal sealed class TlsFindings
{
    /// <summary>Any of them: the configuration cannot be run.</summary>
    public List<string> Errors { get; } = [];

    public List<string> Warnings { get; } = [];

    /// <summary>Listeners that show something new from now on.</summary>
    public List<string> Exchanged { get; } = [];

    /// <summary>Rules for connecting to members have changed, which needs a new revision.</summary>
    public bool OriginsChanged { get; set; }
}
