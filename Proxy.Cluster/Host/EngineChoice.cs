using Proxy.Actors.Config;
using Proxy.Cluster.Engine;
using Proxy.Cluster.Engine.Embedded;
using Proxy.Cluster.Engine.Etcd;
using Proxy.Cluster.Engine.Postgres;

namespace Proxy.Cluster.Host;

/// <summary>Opens the engine that the configuration names.</summary>
internal static class EngineChoice
{
    /// <summary>A file belongs to one process at a time.</summary>
    public static readonly EngineFault WithTheOneBefore =
        EngineFault.Unavailable("it is with the process before this one");

    /// <param name="folder">Of the configuration's file; paths in it are relative to that.</param>
    /// <returns>A fault when there is something wrong here, such as a missing file; a remote engine that is away is no
    /// fault.</returns>
    public static EngineResult<IClusterEngine> Open(ProxyConfig config, string folder, TimeProvider time)
    {
        switch (config.Cluster.Engine)
        {
            case ClusterEngine.Etcd:
                return new EtcdEngine(Options(config.Cluster.Etcd, folder), time);

            case ClusterEngine.Postgres:
                PostgresConfig postgres = config.Cluster.Postgres;
                return new PostgresEngine(
                    new PostgresOptions { ConnectionString = postgres.Connection, Schema = postgres.Schema }, time);

            default:
                EngineResult<EmbeddedEngine> embedded =
                    EmbeddedEngine.Open(Path.GetFullPath(config.Node.StateDir), EmbeddedOptions.Default, time);
                return embedded.IsOk ? embedded.Value : embedded.Fault;
        }
    }

    private static EtcdOptions Options(EtcdConfig etcd, string folder)
    {
        return new EtcdOptions
        {
            Endpoints = [.. etcd.Endpoints.Select(static endpoint => new Uri(endpoint))],
            User = etcd.User,
            Password = etcd.Password,
            Deadline = etcd.Deadline,
            Tls = new EtcdTls(PathOf(etcd.CaFile), PathOf(etcd.Certificate), PathOf(etcd.Key)),
        };

        string PathOf(string file) => file.Length == 0 ? "" : Path.Combine(folder, file);
    }
}
