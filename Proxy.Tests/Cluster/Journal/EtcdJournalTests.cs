using System.Globalization;
using Proxy.Cluster.Engine;
using Proxy.Cluster.Engine.Etcd;
using Proxy.Cluster.Journal;
using Proxy.Tests.Cluster.Engine;

namespace Proxy.Tests.Cluster.Journal;

public sealed class EtcdJournalTests(EtcdJournalTests.Server server)
    : JournalContract(server), IClassFixture<EtcdJournalTests.Server>
{
    /// <summary>In a real etcd, as a cluster has it.</summary>
    public sealed class Server : JournalUnderTest
    {
        private EtcdServer? _server;
        private EtcdEngine? _engine;

        internal override IJournal Journal => new EngineJournal(_engine!);

        internal override async Task ReopenAsync()
        {
            await _engine!.DisposeAsync();
            _engine = Open();
        }

        internal override async Task TearAsync(string name, long sequence)
        {
            string key = string.Create(CultureInfo.InvariantCulture, $"journal/{name}/s/{sequence:x16}");
            EngineItem whole = (await _engine!.GetAsync(key, Cancel)).Value.Item!;
            await _engine.CommitAsync(
                EngineTransaction.Of(new EngineWrite.Put(key, whole.Value[..(whole.Value.Length / 2)])), Cancel);
        }

        public override async ValueTask InitializeAsync()
        {
            _server = EtcdServer.Start(1);
            _engine = Open();
            await _server.IsUpAsync(_engine);
        }

        public override async ValueTask DisposeAsync()
        {
            await _engine!.DisposeAsync();
            await _server!.DisposeAsync();
        }

        private EtcdEngine Open() => new(
            new EtcdOptions { Endpoints = _server!.Endpoints, Deadline = TimeSpan.FromSeconds(10) },
            TimeProvider.System);
    }
}
