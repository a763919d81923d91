using System.Globalization;
using Proxy.Cluster.Engine;
using Proxy.Cluster.Engine.Embedded;
using Proxy.Cluster.Journal;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Cluster.Journal;

public sealed class EngineJournalTests(EngineJournalTests.Server server)
    : JournalContract(server), IClassFixture<EngineJournalTests.Server>
{
    /// <summary>In the embedded engine, as a single node has it.</summary>
    public sealed class Server : JournalUnderTest
    {
        private readonly TempFolder _folder = new();
        private EmbeddedEngine? _engine;

        internal override IJournal Journal => new EngineJournal(_engine!);

        internal override async Task ReopenAsync()
        {
            await _engine!.DisposeAsync();
            await InitializeAsync();
        }

        internal override async Task TearAsync(string name, long sequence)
        {
            string key = string.Create(CultureInfo.InvariantCulture, $"journal/{name}/s/{sequence:x16}");
            EngineItem whole = (await _engine!.GetAsync(key, Cancel)).Value.Item!;
            await _engine.CommitAsync(
                EngineTransaction.Of(new EngineWrite.Put(key, whole.Value[..(whole.Value.Length / 2)])), Cancel);
        }

        public override ValueTask InitializeAsync()
        {
            _engine = EmbeddedEngine.Open(_folder.Path, EmbeddedOptions.Default, TimeProvider.System).Value;
            return ValueTask.CompletedTask;
        }

        public override async ValueTask DisposeAsync()
        {
            await _engine!.DisposeAsync();
            _folder.Dispose();
        }
    }
}
