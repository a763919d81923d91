using Proxy.Cluster.Journal;

namespace Proxy.Tests.Cluster.Journal;

public sealed class MemoryJournalTests(MemoryJournalTests.Server server)
    : JournalContract(server), IClassFixture<MemoryJournalTests.Server>
{
    public sealed class Server : JournalUnderTest
    {
        private readonly MemoryJournal _journal = new();

        internal override IJournal Journal => _journal;

        internal override Task ReopenAsync() => Task.CompletedTask;

        internal override Task TearAsync(string name, long sequence)
        {
            _journal.Tear(name, sequence);
            return Task.CompletedTask;
        }

        public override ValueTask InitializeAsync() => ValueTask.CompletedTask;

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
