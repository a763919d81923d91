using Proxy.Cluster.Engine;
using Proxy.Cluster.Engine.Etcd;
using Proxy.Cluster.Membership;
using Proxy.Tests.Cluster.Engine;
using Proxy.Tests.Kit;
using static Proxy.Tests.Functional.ClusterStage;

namespace Proxy.Tests.Functional;

/// <summary>What a cluster must refuse, told apart from what it must bear: each is told with what to do about it, takes
/// no traffic away, does nothing to the cluster, and is over without a restart once it is put right.</summary>
[Trait("Suite", "Functional")]
public sealed class ClusterBadInputTests
{
    private const string Cluster = "proxy";
    private const string Change = "{ \"set\": { \"pools.app.members.m1.weight\": 7 } }";

    private static readonly ClusterKeys Keys = new(Cluster);

    [Fact]
    public async Task A_node_of_another_cluster_touches_nothing_of_this_one()
    {
        await using EtcdServer etcd = await StartEtcdAsync();
        await using EtcdEngine engine = Open(etcd);
        await using var origin = new ScriptedOrigin().Serve(_ => Answer.Ok("ok"));
        await using NodeProcess a = await StartAsync("a", etcd, origin.Url);
        await SeesAsync(a, "a Up");
        string id = (await IdentityAsync(engine)).Id;

        await using NodeProcess b = await StartAsync("b", etcd, origin.Url, "id = feedface");
        await b.Child.WaitForOutputAsync(
            $"this node belongs to cluster feedface, but the engine holds cluster {id} under the name \"proxy\"");
        await b.Child.WaitForOutputAsync("set cluster.id or remove node.json");

        await ServesAsync(b);
        Assert.Contains("Refused", (await b.ManageAsync("/cluster/members")).Text, StringComparison.Ordinal);
        WireMessage change = await ManageAsync(b, "POST", "/api/revisions", Change);
        Assert.Equal(503, change.Status);
        Assert.Contains("feedface", change.Text, StringComparison.Ordinal);
        Assert.Equal(503, (await ManageAsync(b, "DELETE", "/cluster/members/a")).Status);
        await SeesAsync(a, "a Up");
        Assert.Equal(id, (await IdentityAsync(engine)).Id);
        Assert.DoesNotContain(await KeysAsync(engine), static key => key.EndsWith("/b", StringComparison.Ordinal));

        // Where it points is put right: the engine there is that of its own cluster.
        await a.Child.SignalAsync("TERM");
        await a.Child.WaitAsync(Patience);
        await engine.CommitAsync(
            EngineTransaction.Of(new EngineWrite.Put(Keys.Identity, new ClusterRecord("feedface", false).Write())),
            TestContext.Current.CancellationToken);
        await SeesAsync(b, "b Up");
        Assert.Equal(200, (await ManageAsync(b, "POST", "/api/revisions", Change)).Status);
    }

    [Fact]
    public async Task A_node_that_is_pointed_at_the_engine_of_another_cluster_commits_nothing_there()
    {
        await using EtcdServer mine = await StartEtcdAsync();
        await using EtcdServer other = await StartEtcdAsync();
        await using EtcdEngine engine = Open(other);
        await using var origin = new ScriptedOrigin().Serve(_ => Answer.Ok("ok"));
        await using NodeProcess a = await StartAsync("a", other, origin.Url);
        await SeesAsync(a, "a Up");
        using var folder = new TempFolder();
        string place = $"name = b, drain-grace = 0, state-dir = \"{folder.Path}\"";
        NodeSettings settings = Settings("b", UrlOf(mine), origin.Url) with { Node = place };
        await using (NodeProcess before = await NodeProcess.StartAsync(settings))
        {
            await SeesAsync(before, "b Up");
            await before.Child.SignalAsync("TERM");
            await before.Child.WaitAsync(Patience);
        }

        long head = (await engine.ListAsync("proxy/revisions/journal/", TestContext.Current.CancellationToken))
            .Value.Items.Count;
        await using NodeProcess b = await NodeProcess.StartAsync(settings with
        {
            Rules = settings.Rules
                .Replace(UrlOf(mine), UrlOf(other), StringComparison.Ordinal)
                .Replace("fall = 2", "fall = 3", StringComparison.Ordinal),
        });
        await b.Child.WaitForOutputAsync("wrong engine, or cluster.name is used twice");

        await ServesAsync(b);
        Assert.Equal(
            head,
            (await engine.ListAsync("proxy/revisions/journal/", TestContext.Current.CancellationToken))
                .Value.Items.Count);
        Assert.DoesNotContain(await KeysAsync(engine), static key => key.EndsWith("/b", StringComparison.Ordinal));
        await SeesAsync(a, "a Up");
    }

    [Fact]
    public async Task A_second_node_of_a_name_changes_nothing_and_joins_when_the_first_has_gone()
    {
        await using EtcdServer etcd = await StartEtcdAsync();
        await using var origin = new ScriptedOrigin().Serve(_ => Answer.Ok("ok"));
        await using NodeProcess first = await StartAsync("a", etcd, origin.Url);
        await SeesAsync(first, "a Up");
        await using NodeProcess second = await StartAsync("a", etcd, origin.Url);
        await second.Child.WaitForOutputAsync("Give one of them another node.name");

        WireMessage change = await ManageAsync(second, "POST", "/api/revisions", Change);
        Assert.Equal(503, change.Status);
        Assert.Contains("is taken", change.Text, StringComparison.Ordinal);
        await ServesAsync(second);
        await SeesAsync(first, "a Up");

        await first.Child.SignalAsync("TERM");
        Assert.Equal(0, await first.Child.WaitAsync(Patience));
        await SeesAsync(second, "a Up");
        Assert.Equal(200, (await ManageAsync(second, "POST", "/api/revisions", Change)).Status);
    }

    [Fact]
    public async Task A_program_that_is_too_old_serves_alone_and_joins_when_the_newer_ones_have_gone()
    {
        await using EtcdServer etcd = await StartEtcdAsync();
        await using EtcdEngine engine = Open(etcd);
        await using var origin = new ScriptedOrigin().Serve(_ => Answer.Ok("ok"));
        LeaseId lease = await PutNewerNodeAsync(engine);

        await using NodeProcess node = await StartAsync("a", etcd, origin.Url);
        await node.Child.WaitForOutputAsync("is too old for this cluster: it speaks protocol 1 to 1, z (version 9.0) "
            + "2 to 3; run a version on this node that the cluster understands");

        await ServesAsync(node);
        Assert.Contains("Refused", (await node.ManageAsync("/cluster/members")).Text, StringComparison.Ordinal);
        Assert.Equal(503, (await ManageAsync(node, "POST", "/api/revisions", Change)).Status);
        await engine.RevokeAsync(lease, TestContext.Current.CancellationToken);
        await SeesAsync(node, "a Up");
    }

    [Fact]
    public async Task A_clock_that_is_off_is_named_everywhere_and_harms_nobody()
    {
        await using EtcdServer etcd = await StartEtcdAsync();
        await using var origin = new ScriptedOrigin().Serve(_ => Answer.Ok("ok"));
        using var folder = new TempFolder();
        string clock = folder.Write("clock", "+5m");
        await using NodeProcess a = await StartAsync("a", etcd, origin.Url);
        await using NodeProcess b = await StartAsync("b", etcd, origin.Url);
        await using NodeProcess c = await NodeProcess.StartAsync(Settings("c", UrlOf(etcd), origin.Url) with
        {
            Environment =
            [
                ("LD_PRELOAD", FakeClock()),
                ("FAKETIME_TIMESTAMP_FILE", clock), ("FAKETIME_CACHE_DURATION", "1"),
                ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            ],
        });

        await a.Child.WaitForOutputAsync("the clock of c is 5 min ahead of this node's: set it");
        await b.Child.WaitForOutputAsync("the clock of c is 5 min ahead of this node's: set it");
        await c.Child.WaitForOutputAsync("this node's clock is 5 min ahead of 2 of 2 other nodes: set the clock");
        foreach (NodeProcess node in (NodeProcess[])[a, b, c])
        {
            await SeesAsync(node, "a Up, b Up, c Up");
            await ServesAsync(node);
        }

        Assert.Equal(200, (await ManageAsync(c, "POST", "/api/revisions", Change)).Status);
        File.WriteAllText(clock, "+0");
        foreach (NodeProcess node in (NodeProcess[])[a, b, c])
        {
            await Eventually.IsTrueAsync(
                async () => !(await node.ManageAsync("/cluster/members")).Text.Contains("clock", StringComparison.Ordinal),
                () => node.Log, Patience);
            await SeesAsync(node, "a Up, b Up, c Up");
        }
    }

    [Fact]
    public async Task A_peer_with_a_certificate_of_another_authority_is_kept_out_until_it_has_a_right_one()
    {
        await using EtcdServer etcd = await StartEtcdAsync();
        await using var origin = new ScriptedOrigin().Serve(_ => Answer.Ok("ok"));
        using var right = new TestCertificates();
        using var wrong = new TestCertificates("Somebody Else");
        await using NodeProcess a = await NodeProcess.StartAsync(Secured("a", right.Issue(["a"])));
        await using NodeProcess b = await NodeProcess.StartAsync(Secured("b", wrong.Issue(["b"])));
        await SeesAsync(a, "a Up, b Up");

        await a.Child.WaitForOutputAsync("issued by CN=Somebody Else) is not trusted");
        await a.Child.WaitForOutputAsync("cluster.peers.ca-file must hold its authority");
        await b.Child.WaitForOutputAsync("perhaps it does not trust cluster.peers.certificate of this node");
        await ServesAsync(b);
        Assert.DoesNotContain("peers: a connected", b.Log, StringComparison.Ordinal);

        TestCertificates.Leaf name = right.Issue(["x"], subject: "x");
        File.WriteAllText(Path.Combine(b.Folder, "peer.pem"), name.CertificatePem);
        File.WriteAllText(Path.Combine(b.Folder, "peer.key"), name.KeyPem);
        await a.Child.WaitForOutputAsync("it calls itself b, its certificate is for x");

        TestCertificates.Leaf good = right.Issue(["b"]);
        File.WriteAllText(Path.Combine(b.Folder, "peer.pem"), good.CertificatePem);
        File.WriteAllText(Path.Combine(b.Folder, "peer.key"), good.KeyPem);
        await b.Child.WaitForOutputAsync("peers: a connected");

        NodeSettings Secured(string name, TestCertificates.Leaf leaf) => Settings(
            name, UrlOf(etcd), origin.Url,
            "peers { certificate = peer.pem, key = peer.key, ca-file = ca.pem }") with
        {
            Files = new Dictionary<string, string>
            {
                ["ca.pem"] = right.CaPem, ["peer.pem"] = leaf.CertificatePem, ["peer.key"] = leaf.KeyPem,
            },
        };
    }

    [Fact]
    public async Task An_engine_that_refuses_this_nodes_certificate_or_shows_a_foreign_one_is_told_and_taken_up_again()
    {
        using var certificates = new TestCertificates();
        using var foreign = new TestCertificates("Somebody Else");
        using var folder = new TempFolder();
        await using EtcdServer etcd = StartSecureEtcd(certificates, folder);
        await using var origin = new ScriptedOrigin().Serve(_ => Answer.Ok("ok"));
        TestCertificates.Leaf bad = foreign.Issue(["node"]);
        await using NodeProcess node = await NodeProcess.StartAsync(Settings(
            "a", UrlOf(etcd), origin.Url,
            "etcd { ca-file = ca.pem, certificate = etcd.pem, key = etcd.key }") with
        {
            Files = new Dictionary<string, string>
            {
                ["ca.pem"] = foreign.CaPem, ["etcd.pem"] = bad.CertificatePem, ["etcd.key"] = bad.KeyPem,
            },
        });
        await node.Child.WaitForOutputAsync("cluster.etcd.ca-file");
        await ServesAsync(node);

        File.WriteAllText(Path.Combine(node.Folder, "ca.pem"), certificates.CaPem);
        await node.Child.WaitForOutputAsync("cluster.etcd.certificate");
        await ServesAsync(node);

        TestCertificates.Leaf good = certificates.Issue(["node"]);
        File.WriteAllText(Path.Combine(node.Folder, "etcd.pem"), good.CertificatePem);
        File.WriteAllText(Path.Combine(node.Folder, "etcd.key"), good.KeyPem);
        await SeesAsync(node, "a Up");
    }

    [Fact]
    public async Task An_engine_that_comes_after_the_first_start_is_joined_without_a_restart()
    {
        EtcdServer etcd = await StartEtcdAsync();
        await using EtcdServer engine = etcd;
        await etcd.KillAsync(0);
        await using var origin = new ScriptedOrigin().Serve(_ => Answer.Ok("ok"));
        await using NodeProcess node = await StartAsync("a", etcd, origin.Url);
        await node.Child.WaitForOutputAsync("the cluster's engine is silent");
        await node.Child.WaitForOutputAsync("the node runs its file as it is");
        await ServesAsync(node);
        WireMessage change = await ManageAsync(node, "POST", "/api/revisions", Change);
        Assert.Equal(503, change.Status);

        etcd.Start(0);
        await SeesAsync(node, "a Up");
        await Eventually.IsTrueAsync(
            async () => (await ManageAsync(node, "POST", "/api/revisions", Change)).Status == 200,
            () => node.Log, Patience);
    }

    private static string FakeClock() => Directory.GetDirectories("/usr/lib")
        .Select(static folder => Path.Combine(folder, "faketime", "libfaketimeMT.so.1")).First(File.Exists);

    private static async Task<ClusterRecord> IdentityAsync(EtcdEngine engine)
    {
        EngineResult<ItemRead> read = await engine.GetAsync(Keys.Identity, TestContext.Current.CancellationToken);
        return ClusterRecord.Read(read.Value.Item!.Value)!;
    }

    private static async Task<string[]> KeysAsync(EtcdEngine engine)
    {
        EngineResult<Listing> listing = await engine.ListAsync($"{Cluster}/", TestContext.Current.CancellationToken);
        return [.. listing.Value.Items.Select(static item => item.Key)];
    }

    /// <summary>A member that speaks only what this program does not.</summary>
    private static async Task<LeaseId> PutNewerNodeAsync(EtcdEngine engine)
    {
        EngineResult<Lease> lease = await engine.GrantAsync(
            TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        var node = new NodeIdentity
        {
            Name = "z", Incarnation = 1, PeerAddress = "127.0.0.3:7400", Version = "9.0",
            Protocols = new ProtocolRange(2, 3),
        };
        var pulse = new NodePulse(1, TimeProvider.System.GetUtcNow(), default, []);
        EngineResult<CommitOutcome> outcome = await engine.CommitAsync(
            EngineTransaction.Of(
                new EngineWrite.Put(Keys.Identity, new ClusterRecord("cafe", false).Write()),
                new EngineWrite.Put(Keys.Member("z"), new MemberRecord(node, MemberStatus.Up, 1).Write()),
                new EngineWrite.Put(Keys.Pulse("z"), pulse.Write(), lease.Value.Id)),
            TestContext.Current.CancellationToken);
        Assert.True(outcome.IsOk, outcome.ToString());
        return lease.Value.Id;
    }

    private static EtcdServer StartSecureEtcd(TestCertificates certificates, TempFolder folder)
    {
        TestCertificates.Leaf leaf = certificates.Issue(["127.0.0.1"]);
        string authority = folder.Write("ca.pem", certificates.CaPem);
        return EtcdServer.Start(
            1, "https", "--cert-file", folder.Write("cert.pem", leaf.CertificatePem),
            "--key-file", folder.Write("key.pem", leaf.KeyPem), "--trusted-ca-file", authority, "--client-cert-auth");
    }
}
