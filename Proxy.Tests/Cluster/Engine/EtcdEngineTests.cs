using Proxy.Cluster.Engine;
using Proxy.Cluster.Engine.Etcd;

namespace Proxy.Tests.Cluster.Engine;

public sealed class EtcdEngineTests(EtcdEngineTests.Server server)
    : EngineContract(server), IClassFixture<EtcdEngineTests.Server>
{
    public sealed class Server : EngineUnderTest
    {
        private readonly EtcdServer _server = EtcdServer.Start(1);
        private readonly EtcdEngine[] _engines;
        private readonly EtcdEngine _impatient;

        public Server()
        {
            var options = new EtcdOptions { Endpoints = _server.Endpoints };
            _impatient = new EtcdEngine(options, TimeProvider.System);
            _engines =
            [
                .. Enumerable.Range(0, 3).Select(_ =>
                    new EtcdEngine(options with { Deadline = TimeSpan.FromSeconds(10) }, TimeProvider.System)),
            ];
        }

        internal override IReadOnlyList<IClusterEngine> Nodes => _engines;

        internal override TimeProvider Time => TimeProvider.System;

        internal override IClusterEngine Impatient => _impatient;

        internal override TimeSpan Deadline => TimeSpan.FromMilliseconds(800);

        public override async ValueTask InitializeAsync() => await _server.IsUpAsync(_engines[0]);

        public override async ValueTask DisposeAsync()
        {
            foreach (EtcdEngine engine in (EtcdEngine[])[.. _engines, _impatient])
            {
                await engine.DisposeAsync();
            }

            await _server.DisposeAsync();
        }

        internal override async ValueTask CompactAsync(Revision oldest) =>
            await _server.CallAsync(
                0, "/etcdserverpb.KV/Compact", new ProtoWriter().Number(1, oldest.Value).Flag(2, true));

        internal override async Task InterruptAsync()
        {
            await _server.KillAsync(0);
            _server.Start(0);
        }

        internal override Task FallSilentAsync() => _server.StopAsync(0);

        internal override Task AnswerAsync() => _server.ContinueAsync(0);
    }
}
