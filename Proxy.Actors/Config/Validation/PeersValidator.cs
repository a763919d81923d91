using System.Net;

namespace Proxy.Actors.Config.Validation;

/// <summary>Whether the nodes can connect to each other as it is written, and safely.</summary>
internal static class PeersValidator
{
    public static void Check(ProxyConfig config, ProblemList problems)
    {
        PeersConfig peers = config.Cluster.Peers;
        for (int i = 0; i < peers.Seeds.Count; i++)
        {
            ClusterValidator.CheckAddress($"proxy.cluster.peers.seeds[{i}]", peers.Seeds[i], problems);
        }

        if (peers.Bind.IsUnix)
        {
            problems.Error("proxy.cluster.peers.bind", "a Unix socket reaches no other node", "address:port");
        }

        string[] files = [peers.Certificate, peers.Key, peers.CaFile];
        bool encrypted = Array.TrueForAll(files, static file => file.Length > 0);
        if (!encrypted && Array.Exists(files, static file => file.Length > 0))
        {
            problems.Error(
                "proxy.cluster.peers.certificate", "certificate, key and ca-file go together", "all three or none");
        }

        bool open = !encrypted && peers.Bind.Ip is { } ip && !IPAddress.IsLoopback(ip);
        if (open && peers.AreWanted(config.Cluster.Engine))
        {
            problems.Warn(
                "proxy.cluster.peers", "without certificate, key and ca-file whoever reaches the port is believed");
        }
    }
}
