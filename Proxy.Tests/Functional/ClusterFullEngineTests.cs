using Proxy.Cluster.Engine;
using Proxy.Cluster.Engine.Etcd;
using Proxy.Tests.Cluster.Engine;
using Proxy.Tests.Kit;
using static Proxy.Tests.Functional.ClusterStage;

namespace Proxy.Tests.Functional;

/// <summary>An engine without room: it lives and answers, but takes no write. (A full disk of a node by itself is in
/// <see cref="StaticStabilityTests"/> and <see cref="RevisionTests"/>.)</summary>
[Trait("Suite", "Functional")]
public sealed class ClusterFullEngineTests
{
    private const string Change = "{ \"set\": { \"pools.app.members.m1.weight\": 7 } }";

    [Fact]
    public async Task Traffic_sessions_and_members_stay_changes_are_refused_and_taken_again_when_there_is_room()
    {
        await using EtcdServer etcd = EtcdServer.Start(1, "http", "--quota-backend-bytes", $"{8 << 20}");
        await using EtcdEngine engine = Open(etcd);
        await etcd.IsUpAsync(engine);
        await using ScriptedOrigin one = Application("one");
        await using ScriptedOrigin two = Application("two");
        await using NodeProcess a = await NodeProcess.StartAsync(Sticky("a", etcd, one, two));
        await using NodeProcess b = await NodeProcess.StartAsync(Sticky("b", etcd, one, two));
        await SeesAsync(a, "a Up, b Up");
        await a.Child.WaitForOutputAsync("peers: b connected");
        WireMessage login = await AskAsync(a, "/login");
        string session = login.Value("Set-Cookie").Split(';')[0];

        Revision last = await FillAsync(engine);
        WireMessage refused = await ManageAsync(a, "POST", "/api/revisions", Change);

        Assert.Equal(503, refused.Status);
        Assert.Contains("space", refused.Text, StringComparison.Ordinal);
        // Longer than a lease: what is alive stays so without room.
        await Task.Delay(TimeSpan.FromSeconds(6), TimeProvider.System, TestContext.Current.CancellationToken);
        foreach (NodeProcess node in (NodeProcess[])[a, b])
        {
            Assert.Equal(200, (await node.ManageAsync("/ready")).Status);
            await SeesAsync(node, "a Up, b Up");
            for (int i = 0; i < 6; i++)
            {
                Assert.Equal(login.Text, (await AskAsync(node, "/", session)).Text);
            }
        }

        string later = (await AskAsync(b, "/login")).Value("Set-Cookie").Split(';')[0];
        string home = (await AskAsync(b, "/", later)).Text;
        await Eventually.IsTrueAsync(
            async () => (await AskAsync(a, "/", later)).Text == home, () => "a session that began meanwhile");

        await MakeRoomAsync(etcd, engine, last);
        await Eventually.IsTrueAsync(
            async () => (await ManageAsync(a, "POST", "/api/revisions", Change)).Status == 200,
            () => a.Log, Patience);
        await SeesAsync(b, "a Up, b Up");
    }

    private static NodeSettings Sticky(string name, EtcdServer etcd, ScriptedOrigin one, ScriptedOrigin two)
    {
        NodeSettings settings = Settings(name, UrlOf(etcd), one.Url);
        return settings with
        {
            Rules = settings.Rules
                .Replace($"m2, url = \"{one.Url}\"", $"m2, url = \"{two.Url}\"", StringComparison.Ordinal)
                .Replace(
                    "health {", "affinity { application-cookie { name = SID } }\nhealth {", StringComparison.Ordinal),
        };
    }

    private static ScriptedOrigin Application(string name)
    {
        int sessions = 0;
        return new ScriptedOrigin().Serve(request => request.Target == "/login"
            ? Answer.Ok(name, $"Set-Cookie: SID={name}{Interlocked.Increment(ref sessions)}; Path=/")
            : Answer.Ok(name));
    }

    private static Task<WireMessage> AskAsync(NodeProcess node, string path, string cookie = "none=1") =>
        node.AskAsync($"GET {path} HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n");

    private static async Task<Revision> FillAsync(EtcdEngine engine)
    {
        byte[] piece = new byte[512 * 1024];
        for (int i = 0; i < 100; i++)
        {
            EngineResult<CommitOutcome> outcome = await engine.CommitAsync(
                EngineTransaction.Of(new EngineWrite.Put("filler", piece)), TestContext.Current.CancellationToken);
            if (!outcome.IsOk)
            {
                Assert.Contains("space", outcome.Fault.Reason, StringComparison.Ordinal);
                break;
            }
        }

        EngineResult<Listing> all = await engine.ListAsync("filler", TestContext.Current.CancellationToken);
        return all.Value.Revision;
    }

    /// <summary>What an operator of etcd does: compact, defragment, take the alarm back.</summary>
    private static async Task MakeRoomAsync(EtcdServer etcd, EtcdEngine engine, Revision last)
    {
        await engine.CommitAsync(
            EngineTransaction.Of(new EngineWrite.Delete("filler")), TestContext.Current.CancellationToken);
        await etcd.CallAsync(0, "/etcdserverpb.KV/Compact", new ProtoWriter().Number(1, last.Value).Flag(2, true));
        await etcd.CallAsync(0, "/etcdserverpb.Maintenance/Defragment", new ProtoWriter());
        byte[] alarms = await etcd.CallAsync(0, "/etcdserverpb.Maintenance/Alarm", new ProtoWriter());
        await etcd.CallAsync(
            0, "/etcdserverpb.Maintenance/Alarm",
            new ProtoWriter().Number(1, 2).Number(2, MemberIn(alarms)).Number(3, 1));
    }

    private static long MemberIn(byte[] alarms)
    {
        var reader = new ProtoReader(alarms);
        while (reader.Next())
        {
            if (reader.Field == 2)
            {
                var alarm = new ProtoReader(reader.Bytes);
                while (alarm.Next())
                {
                    if (alarm.Field == 1)
                    {
                        return alarm.Number;
                    }
                }
            }
        }

        return 0;
    }
}
