using Proxy.Cluster.Engine;
using Proxy.Cluster.Engine.Etcd;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Cluster.Engine;

/// <summary>Who may talk to etcd: TLS with client certificates, users with passwords.</summary>
public sealed class EtcdAccessTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_client_certificate_opens_what_is_closed_without_one()
    {
        using var certificates = new TestCertificates();
        using var folder = new TempFolder();
        TestCertificates.Leaf leaf = certificates.Issue(["127.0.0.1"]);
        string authority = folder.Write("ca.pem", certificates.CaPem);
        await using EtcdServer server = EtcdServer.Start(
            1, "https", "--cert-file", folder.Write("cert.pem", leaf.CertificatePem),
            "--key-file", folder.Write("key.pem", leaf.KeyPem), "--trusted-ca-file", authority, "--client-cert-auth");
        var files = new EtcdTls(
            authority, Path.Combine(folder.Path, "cert.pem"), Path.Combine(folder.Path, "key.pem"));
        var options = new EtcdOptions { Endpoints = server.Endpoints, Tls = files };

        await using var known = new EtcdEngine(options, TimeProvider.System);
        await server.IsUpAsync(known);
        await using var anonymous = new EtcdEngine(options with { Tls = files with { Certificate = "" } }, TimeProvider.System);
        await using var untrusting = new EtcdEngine(options with { Tls = files with { Authorities = "" } }, TimeProvider.System);

        Assert.True((await known.GetAsync("k", Cancel)).IsOk);
        EngineFault? refused = (await anonymous.GetAsync("k", Cancel)).Fault;
        Assert.Equal(EngineFaultKind.Unavailable, refused?.Kind);
        Assert.Contains("cluster.etcd.certificate", refused?.Reason, StringComparison.Ordinal);
        EngineResult<ItemRead> distrusted = await untrusting.GetAsync("k", Cancel);
        Assert.Contains("cluster.etcd.ca-file", distrusted.Fault?.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_logs_in_renews_a_lost_token_and_others_are_denied()
    {
        await using EtcdServer server = EtcdServer.Start(1);
        var options = new EtcdOptions { Endpoints = server.Endpoints };
        await using var setUp = new EtcdEngine(options, TimeProvider.System);
        await server.IsUpAsync(setUp);
        await EnableUsersAsync(server);
        await using var engine = new EtcdEngine(options with { User = "root", Password = "secret" }, TimeProvider.System);
        await using var wrong = new EtcdEngine(options with { User = "root", Password = "guess" }, TimeProvider.System);
        await using var guest = new EtcdEngine(options with { User = "guest", Password = "g" }, TimeProvider.System);

        Revision first = (await PutAsync(engine)).Value.Revision;
        await using var watch = new WatchRecorder(engine, "k", first);
        await using var denied = new WatchRecorder(guest, "k", first);
        await using var refused = new WatchRecorder(wrong, "k", first);
        await Eventually.IsTrueAsync(() => watch.Changes.Count == 1, () => "the watch of the user");
        EngineResult<CommitOutcome>[] strangers = [await PutAsync(setUp), await PutAsync(wrong), await PutAsync(guest)];
        await Eventually.IsTrueAsync(() => denied.Ended is not null && refused.Ended is not null, () => "watches denied");
        // Tokens live in the member's memory.
        await server.KillAsync(0);
        server.Start(0);
        EngineResult<CommitOutcome> second = EngineFault.Unavailable("");
        await Eventually.IsTrueAsync(async () => (second = await PutAsync(engine)).IsOk, () => $"{second}");
        await Eventually.IsTrueAsync(() => watch.Changes.Count >= 2, () => "the watch with a new token");

        Assert.All(strangers, static result => Assert.Equal(EngineFaultKind.Denied, result.Fault?.Kind));
        Assert.Equal(EngineFaultKind.Denied, denied.Ended?.Kind);
        Assert.Equal(EngineFaultKind.Denied, refused.Ended?.Kind);
        Assert.Equal([first, second.Value.Revision], watch.Changes.Select(static change => change.Item.Modified));
        Assert.DoesNotContain("secret", (options with { Password = "secret" }).ToString(), StringComparison.Ordinal);
    }

    private static async Task<EngineResult<CommitOutcome>> PutAsync(EtcdEngine engine) =>
        await engine.CommitAsync(EngineTransaction.Of(new EngineWrite.Put("k", default)), Cancel);

    private static async Task EnableUsersAsync(EtcdServer server)
    {
        const string Auth = "/etcdserverpb.Auth/";
        await server.CallAsync(0, Auth + "UserAdd", new ProtoWriter().Text(1, "root").Text(2, "secret"));
        await server.CallAsync(0, Auth + "UserAdd", new ProtoWriter().Text(1, "guest").Text(2, "g"));
        await server.CallAsync(0, Auth + "RoleAdd", new ProtoWriter().Text(1, "root"));
        await server.CallAsync(0, Auth + "UserGrantRole", new ProtoWriter().Text(1, "root").Text(2, "root"));
        await server.CallAsync(0, Auth + "AuthEnable", new ProtoWriter());
    }
}
