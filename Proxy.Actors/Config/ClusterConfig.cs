namespace Proxy.Actors.Config;

/// <summary>What the nodes of a cluster agree by.</summary>
public enum ClusterEngine
{
    /// <summary>One node by itself; a file in its state directory.</summary>
    Embedded,
    Etcd,
    Postgres,
}

/// <summary>Where the numbered commits of the configuration are.</summary>
public enum JournalProvider
{
    /// <summary>In the cluster's engine.</summary>
    Engine,

    /// <summary>A file in the state directory of the only node.</summary>
    Sqlite,
    Postgres,
}

/// <summary>How nodes find and agree with each other. Read at the start only.</summary>
public sealed record ClusterConfig
{
    /// <summary>Clusters that share an engine have different names.</summary>
    public string Name { get; init; } = "proxy";

    /// <summary>The cluster this node belongs to; empty = whichever it finds first.</summary>
    public string Id { get; init; } = "";

    public ClusterEngine Engine { get; init; } = ClusterEngine.Embedded;

    /// <summary>Where the other nodes reach this one, "host:port"; empty = the node's name and the port of the
    /// peers.</summary>
    public string Address { get; init; } = "";

    /// <summary>Where others reach this node's management, "host:port"; empty = they do not.</summary>
    public string ManagementAddress { get; init; } = "";

    public ConfigList<string> Roles { get; init; } = [];

    /// <summary>How long a node's lease may have been over before it is taken off the list of members.</summary>
    public TimeSpan DownAfter { get; init; } = TimeSpan.FromSeconds(15);

    public EtcdConfig Etcd { get; init; } = new();

    public PostgresConfig Postgres { get; init; } = new();

    public JournalConfig Journal { get; init; } = new();

    public PeersConfig Peers { get; init; } = new();
}

/// <summary>An etcd cluster.</summary>
public sealed record EtcdConfig
{
    public ConfigList<string> Endpoints { get; init; } = [];

    /// <summary>Empty = without a log-in.</summary>
    public string User { get; init; } = "";

    public string Password { get; init; } = "";

    /// <summary>PEM bundle trusted instead of the system's; empty = the system's.</summary>
    public string CaFile { get; init; } = "";

    /// <summary>PEM files of the client certificate; empty = none.</summary>
    public string Certificate { get; init; } = "";

    public string Key { get; init; } = "";

    /// <summary>Of every call.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromMilliseconds(800);
}

/// <summary>A PostgreSQL database.</summary>
public sealed record PostgresConfig
{
    /// <summary>Npgsql's key=value pairs; a secret, for the password is in it.</summary>
    public string Connection { get; init; } = "";

    public string Schema { get; init; } = "proxy_engine";
}

/// <summary>The journal of the configuration. Read at the start only.</summary>
public sealed record JournalConfig
{
    public JournalProvider Provider { get; init; } = JournalProvider.Engine;

    /// <summary>Of PostgreSQL, as <see cref="PostgresConfig.Connection"/>; empty = that one.</summary>
    public string Connection { get; init; } = "";

    /// <summary>Of PostgreSQL; one for each cluster, and not the engine's.</summary>
    public string Schema { get; init; } = "proxy_journal";
}
