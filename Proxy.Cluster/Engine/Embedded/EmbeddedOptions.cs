namespace Proxy.Cluster.Engine.Embedded;

/// <param name="Deadline">Of every call.</param>
/// <param name="Sweep">How often expired leases are looked for: a lease lives up to that much longer.</param>
/// <param name="History">Revisions a watch can go back.</param>
internal sealed record EmbeddedOptions(TimeSpan Deadline, TimeSpan Sweep, int History)
{
    public static readonly EmbeddedOptions Default =
        new(TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(500), 5_000);
}
