using static Proxy.Actors.Config.Schema.Spans;

namespace Proxy.Actors.Config.Schema;

/// <summary>Keys of the block cluster.</summary>
internal static class ClusterSchema
{
    private static readonly BlockSchema<EtcdConfig> Etcd = new(new EtcdConfig())
    {
        {
            "endpoints", Kinds.Texts("http://host:port or https://host:port"),
            e => e.Endpoints, (e, v) => e with { Endpoints = v }
        },
        { "user", Kinds.Text("a user; \"\" = no log-in"), e => e.User, (e, v) => e with { User = v } },
        {
            "password", Kinds.Text("the user's password"),
            e => e.Password, (e, v) => e with { Password = v }, KeyTrait.Secret
        },
        {
            "ca-file", Kinds.Text("a PEM bundle; \"\" = the system's"),
            e => e.CaFile, (e, v) => e with { CaFile = v }
        },
        {
            "certificate", Kinds.Text("a PEM file; \"\" = none"),
            e => e.Certificate, (e, v) => e with { Certificate = v }
        },
        { "key", Kinds.Text("a PEM file; \"\" = none"), e => e.Key, (e, v) => e with { Key = v } },
        {
            "deadline", Kinds.Duration(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(3)),
            e => e.Deadline, (e, v) => e with { Deadline = v }
        },
    };

    private static readonly BlockSchema<PostgresConfig> Postgres = new(new PostgresConfig())
    {
        {
            "connection", Kinds.Text("Npgsql's key=value pairs, such as Host=db;Username=proxy;Password=…"),
            p => p.Connection, (p, v) => p with { Connection = v }, KeyTrait.Secret
        },
        {
            "schema", Kinds.Text("lower-case letters, digits, underscores"),
            p => p.Schema, (p, v) => p with { Schema = v }
        },
    };

    private static readonly BlockSchema<JournalConfig> Journal = new(new JournalConfig())
    {
        {
            "provider",
            Kinds.Choice(
                ("engine", JournalProvider.Engine),
                ("sqlite", JournalProvider.Sqlite),
                ("postgres", JournalProvider.Postgres)),
            j => j.Provider, (j, v) => j with { Provider = v }
        },
        {
            "connection", Kinds.Text("Npgsql's key=value pairs; \"\" = cluster.postgres.connection"),
            j => j.Connection, (j, v) => j with { Connection = v }, KeyTrait.Secret
        },
        {
            "schema", Kinds.Text("lower-case letters, digits, underscores"),
            j => j.Schema, (j, v) => j with { Schema = v }
        },
    };

    public static readonly BlockSchema<ClusterConfig> Block = new(new ClusterConfig())
    {
        {
            "name", Kinds.Text("letters, digits, dots, dashes, underscores"),
            c => c.Name, (c, v) => c with { Name = v }
        },
        { "id", Kinds.Text("a cluster's id; \"\" = whichever it finds"), c => c.Id, (c, v) => c with { Id = v } },
        {
            "engine",
            Kinds.Choice(
                ("embedded", ClusterEngine.Embedded),
                ("etcd", ClusterEngine.Etcd),
                ("postgres", ClusterEngine.Postgres)),
            c => c.Engine, (c, v) => c with { Engine = v }
        },
        {
            "address", Kinds.Text("host:port; \"\" = the node's name and the port of the peers"),
            c => c.Address, (c, v) => c with { Address = v }
        },
        {
            "management-address", Kinds.Text("host:port; \"\" = none"),
            c => c.ManagementAddress, (c, v) => c with { ManagementAddress = v }
        },
        { "roles", Kinds.Texts("a word"), c => c.Roles, (c, v) => c with { Roles = v } },
        {
            "down-after", Kinds.Duration(Second, Day),
            c => c.DownAfter, (c, v) => c with { DownAfter = v }
        },
        { "etcd", Etcd, c => c.Etcd, (c, v) => c with { Etcd = v } },
        { "postgres", Postgres, c => c.Postgres, (c, v) => c with { Postgres = v } },
        { "journal", Journal, c => c.Journal, (c, v) => c with { Journal = v } },
        { "peers", PeersSchema.Block, c => c.Peers, (c, v) => c with { Peers = v } },
    };
}
