using System.Text.Json;
using Proxy.Cluster.Engine.Etcd;
using Proxy.Tests.Cluster.Engine;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Functional;

/// <summary>What tests of real nodes with a real etcd begin with.</summary>
internal static class ClusterStage
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static async Task<EtcdServer> StartEtcdAsync()
    {
        EtcdServer etcd = EtcdServer.Start(1);
        await using EtcdEngine engine = Open(etcd);
        await etcd.IsUpAsync(engine);
        return etcd;
    }

    /// <summary>To look into etcd, and to put there what another program might.</summary>
    public static EtcdEngine Open(EtcdServer etcd) =>
        new(new EtcdOptions { Endpoints = etcd.Endpoints }, TimeProvider.System);

    public static Task<NodeProcess> StartAsync(string name, EtcdServer etcd, string origin, string cluster = "") =>
        StartAsync(name, UrlOf(etcd), origin, cluster);

    public static Task<NodeProcess> StartAsync(string name, string etcd, string origin, string cluster = "") =>
        NodeProcess.StartAsync(Settings(name, etcd, origin, cluster));

    public static string UrlOf(EtcdServer etcd) => etcd.Endpoints[0].ToString().TrimEnd('/');

    /// <param name="cluster">Further keys of the block cluster.</param>
    public static NodeSettings Settings(string name, string etcd, string origin, string cluster = "")
    {
        int peers = FreePort.Probe();
        return new NodeSettings
        {
            Node = $"name = {name}, drain-grace = 0",
            Rules = $$"""
                routes = [ { match { path = "/" }, pool = app } ]
                pools {
                  app {
                    members = [ { name = m1, url = "{{origin}}" }, { name = m2, url = "{{origin}}" } ]
                    health { active { path = "/health", interval = 1s, timeout = 3s, rise = 1, fall = 2 } }
                  }
                }
                cluster {
                  engine = etcd, etcd { endpoints = ["{{etcd}}"] }, down-after = 2s
                  address = "127.0.0.1:{{peers}}", peers { bind = "127.0.0.1:{{peers}}" }
                  {{cluster}}
                }
                management { read-only = false }
                """,
        };
    }

    /// <summary>The node serves clients and says it is ready, whatever the cluster thinks of it.</summary>
    public static async Task ServesAsync(NodeProcess node)
    {
        Assert.Equal("ok", (await node.AskAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n")).Text);
        Assert.Equal(200, (await node.ManageAsync("/ready")).Status);
    }

    /// <param name="members">"name status", by name, with commas between.</param>
    public static async Task SeesAsync(NodeProcess node, string members)
    {
        string seen = "";
        await Eventually.IsTrueAsync(
            async () => (seen = Text((await node.ManageAsync("/cluster/members")).Text)) == members,
            () => $"{members}; it is {seen}\n{node.Log}", Patience);
    }

    public static Task<WireMessage> ManageAsync(
        NodeProcess node, string method, string path, string body = "", string type = "application/json") =>
        RawClient.AskOnceAsync(
            node.ManagementPort,
            $"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {type}\r\n"
            + $"Content-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}");

    private static string Text(string body)
    {
        using JsonDocument json = JsonDocument.Parse(body);
        string?[] gone =
        [
            .. json.RootElement.GetProperty("unreachable").EnumerateArray()
                .Select(static one => one.GetProperty("node").GetString()),
        ];
        return string.Join(", ", json.RootElement.GetProperty("members").EnumerateArray().Select(member =>
            $"{member.GetProperty("name").GetString()} {member.GetProperty("status").GetString()}"
            + (gone.Contains(member.GetProperty("node").GetString()) ? " unreachable" : ""))
            .Order(StringComparer.Ordinal));
    }
}
