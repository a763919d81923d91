using System.Buffers;

namespace Proxy.Actors.Config.Validation;

/// <summary>Whether the node can find its cluster as it is written.</summary>
internal static class ClusterValidator
{
    private const int MaxName = 64;

    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_");

    private static readonly SearchValues<char> SchemaCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_");

    public static void Check(ProxyConfig config, ProblemList problems)
    {
        ClusterConfig cluster = config.Cluster;
        CheckName("proxy.cluster.name", cluster.Name, problems);
        if (config.Node.Name.Length > 0 && cluster.Engine != ClusterEngine.Embedded)
        {
            CheckName("proxy.node.name", config.Node.Name, problems);
        }

        CheckAddress("proxy.cluster.address", cluster.Address, problems);
        CheckAddress("proxy.cluster.management-address", cluster.ManagementAddress, problems);
        for (int i = 0; i < cluster.Roles.Count; i++)
        {
            CheckName($"proxy.cluster.roles[{i}]", cluster.Roles[i], problems);
        }

        if (cluster.Engine == ClusterEngine.Etcd)
        {
            CheckEtcd(cluster.Etcd, problems);
        }

        if (cluster.Engine == ClusterEngine.Postgres)
        {
            CheckPostgres(cluster.Postgres, problems);
        }

        CheckJournal(cluster, problems);
    }

    private static void CheckEtcd(EtcdConfig etcd, ProblemList problems)
    {
        if (etcd.Endpoints.Count == 0)
        {
            problems.Error("proxy.cluster.etcd.endpoints", "missing", "[ \"http://host:2379\", … ]");
        }

        for (int i = 0; i < etcd.Endpoints.Count; i++)
        {
            bool good = Uri.TryCreate(etcd.Endpoints[i], UriKind.Absolute, out Uri? uri)
                && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps) && uri.AbsolutePath == "/";
            if (!good)
            {
                problems.Error(
                    $"proxy.cluster.etcd.endpoints[{i}]", "not an endpoint", "http://host:port or https://host:port");
            }
        }

        if ((etcd.Certificate.Length > 0) != (etcd.Key.Length > 0))
        {
            problems.Error("proxy.cluster.etcd.certificate", "certificate and key go together", "both or none");
        }

        if ((etcd.User.Length > 0) != (etcd.Password.Length > 0))
        {
            problems.Error("proxy.cluster.etcd.user", "user and password go together", "both or none");
        }
    }

    private static void CheckPostgres(PostgresConfig postgres, ProblemList problems)
    {
        if (postgres.Connection.Length == 0)
        {
            problems.Error("proxy.cluster.postgres.connection", "missing", "Host=db;Username=proxy;Password=…");
        }

        CheckSchema("proxy.cluster.postgres.schema", postgres.Schema, problems);
    }

    private static void CheckJournal(ClusterConfig cluster, ProblemList problems)
    {
        JournalConfig journal = cluster.Journal;
        switch (journal.Provider)
        {
            case JournalProvider.Sqlite when cluster.Engine != ClusterEngine.Embedded:
                problems.Error(
                    "proxy.cluster.journal.provider",
                    "a file of this node alone, but the nodes of one engine have one configuration",
                    "engine or postgres; sqlite with cluster.engine = embedded");
                break;
            case JournalProvider.Postgres:
                CheckSchema("proxy.cluster.journal.schema", journal.Schema, problems);
                if (journal.Connection.Length == 0 && cluster.Postgres.Connection.Length == 0)
                {
                    problems.Error(
                        "proxy.cluster.journal.connection", "missing, and so is cluster.postgres.connection",
                        "Host=db;Username=proxy;Password=…");
                }

                if (cluster.Engine == ClusterEngine.Postgres && journal.Schema == cluster.Postgres.Schema
                    && (journal.Connection.Length == 0 || journal.Connection == cluster.Postgres.Connection))
                {
                    problems.Error(
                        "proxy.cluster.journal.schema", "the engine's; the journal has its own", "another name");
                }

                break;
        }
    }

    private static void CheckSchema(string path, string schema, ProblemList problems)
    {
        if (schema.Length is 0 or > MaxName || schema.AsSpan().ContainsAnyExcept(SchemaCharacters)
            || char.IsAsciiDigit(schema[0]))
        {
            problems.Error(path, "not a schema's name", "lower-case letters, digits, underscores");
        }
    }

    private static void CheckName(string path, string name, ProblemList problems)
    {
        if (name.Length is 0 or > MaxName || name.AsSpan().ContainsAnyExcept(NameCharacters))
        {
            problems.Error(path, "not a name", $"1 to {MaxName} letters, digits, dots, dashes, underscores");
        }
    }

    internal static void CheckAddress(string path, string address, ProblemList problems)
    {
        int colon = address.LastIndexOf(':');
        bool good = address.Length == 0
            || (colon > 0 && ushort.TryParse(address.AsSpan(colon + 1), out ushort port) && port > 0
                && !address.AsSpan(0, colon).ContainsAny('/', '@', ' '));
        if (!good)
        {
            problems.Error(path, "not an address", "host:port");
        }
    }
}
