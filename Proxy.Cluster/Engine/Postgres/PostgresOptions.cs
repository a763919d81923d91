namespace Proxy.Cluster.Engine.Postgres;

/// <summary>How to use a PostgreSQL that the site has. One schema is one engine; clusters that share a database have a
/// schema each.</summary>
internal sealed record PostgresOptions
{
    /// <summary>Npgsql's key=value pairs. Several hosts: the one that is primary is used.</summary>
    public required string ConnectionString { get; init; }

    /// <summary>Lower-case letters, digits, underscores. Made at the first call when the user may.</summary>
    public string Schema { get; init; } = "proxy_engine";

    /// <summary>Of every call; of a transaction that its owner left lying, too.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often this node looks for expired leases: a lease lives up to that much longer.</summary>
    public TimeSpan Sweep { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How often a watch looks without having been notified.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Revisions a watch can go back.</summary>
    public int History { get; init; } = 20_000;

    // A record would print the password.
    public override string ToString() => $"PostgreSQL schema {Schema}";
}
