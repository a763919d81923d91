using System.Globalization;
using Proxy.Cluster.Engine;
using Proxy.Cluster.Engine.Etcd;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Cluster.Engine;

/// <summary>Debian's etcd, one or more members on loopback, with the settings that the product recommends.</summary>
internal sealed class EtcdServer : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ChildProcess?[] _members;
    private readonly int[] _clientPorts;
    private readonly int[] _peerPorts;
    private readonly string[] _more;
    private readonly string _scheme;

    private EtcdServer(int members, string scheme, string[] more)
    {
        (_scheme, _more) = (scheme, more);
        _members = new ChildProcess?[members];
        _clientPorts = [.. Enumerable.Range(0, members).Select(static _ => FreePort.Probe())];
        _peerPorts = [.. Enumerable.Range(0, members).Select(static _ => FreePort.Probe())];
    }

    public IReadOnlyList<Uri> Endpoints =>
        [.. _clientPorts.Select(port => new Uri(string.Create(CultureInfo.InvariantCulture, $"{_scheme}://127.0.0.1:{port}")))];

    /// <param name="more">Further arguments of every member.</param>
    public static EtcdServer Start(int members, string scheme = "http", params string[] more)
    {
        var server = new EtcdServer(members, scheme, more);
        for (int i = 0; i < members; i++)
        {
            server.Start(i);
        }

        return server;
    }

    public void Start(int member)
    {
        string client = Endpoints[member].ToString().TrimEnd('/');
        _members[member] = ChildProcess.Start(
            "etcd",
            [
                "--name", $"m{member}", "--data-dir", Path.Combine(_folder.Path, $"m{member}"),
                "--listen-client-urls", client, "--advertise-client-urls", client,
                "--listen-peer-urls", Peer(member), "--initial-advertise-peer-urls", Peer(member),
                "--initial-cluster", string.Join(',', _members.Select((_, i) => $"m{i}={Peer(i)}")),
                "--initial-cluster-state", "new", "--pre-vote", "--heartbeat-interval", "100",
                "--election-timeout", "1000", .. _more,
            ],
            _folder.Path);
    }

    /// <summary>Until the engine answers; before that nothing of a test makes sense.</summary>
    public async Task IsUpAsync(IClusterEngine engine)
    {
        EngineResult<ItemRead> result = EngineFault.Unavailable("not asked yet");
        await Eventually.IsTrueAsync(
            async () => (result = await engine.GetAsync("up", CancellationToken.None)).IsOk,
            () => $"etcd: {result}\n{_members[0]?.Output}", TimeSpan.FromSeconds(30));
    }

    public async Task KillAsync(int member)
    {
        await _members[member]!.SignalAsync("KILL");
        await _members[member]!.WaitAsync(TimeSpan.FromSeconds(10));
    }

    public Task StopAsync(int member) => _members[member]!.SignalAsync("STOP");

    public Task ContinueAsync(int member) => _members[member]!.SignalAsync("CONT");

    /// <summary>Which member leads; asked of that member itself, so the one that leads for the others is
    /// found.</summary>
    public async Task<int> LeaderAsync()
    {
        int leader = -1;
        await Eventually.IsTrueAsync(
            async () =>
            {
                for (int i = 0; i < _members.Length && leader < 0; i++)
                {
                    byte[] status = await CallAsync(i, "/etcdserverpb.Maintenance/Status", new ProtoWriter());
                    (long self, long leads) = Status(status);
                    leader = leads != 0 && self == leads ? i : -1;
                }

                return leader >= 0;
            },
            () => "a leader");
        return leader;
    }

    public async Task<byte[]> CallAsync(int member, string method, ProtoWriter message, string? token = null)
    {
        using HttpMessageInvoker http = EtcdTransport.Create(new EtcdOptions { Endpoints = Endpoints });
        var client = new GrpcClient(http, TimeProvider.System);
        GrpcReply reply = await client.CallAsync(
            Endpoints[member], method, message, token, TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        Assert.True(reply.Status.Code == GrpcCode.Ok, reply.Status.ToString());
        return reply.Message;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (ChildProcess? member in _members)
        {
            if (member is not null)
            {
                await member.DisposeAsync();
            }
        }

        _folder.Dispose();
    }

    private static (long Self, long Leader) Status(byte[] message)
    {
        (long self, long leader) = (0, 0);
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            if (reader.Field == 1)
            {
                var header = new ProtoReader(reader.Bytes);
                while (header.Next())
                {
                    self = header.Field == 2 ? header.Number : self;
                }
            }

            leader = reader.Field == 4 ? reader.Number : leader;
        }

        return (self, leader);
    }

    private string Peer(int member) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_peerPorts[member]}");
}
