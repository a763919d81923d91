using Proxy.Cluster.Journal;

namespace Proxy.Tests.Cluster.Journal;

/// <summary>A provider and what the contract must be able to do to it. Lives as long as its test class; every test has
/// journals of its own.</summary>
public abstract class JournalUnderTest : IAsyncLifetime
{
    private int _names;

    internal abstract IJournal Journal { get; }

    /// <summary>The writer's process is gone, another begins.</summary>
    internal abstract Task ReopenAsync();

    /// <summary>A snapshot as a torn write leaves it: half of its bytes.</summary>
    internal abstract Task TearAsync(string name, long sequence);

    public abstract ValueTask InitializeAsync();

    public abstract ValueTask DisposeAsync();

    internal string NewName() => $"journal-{Interlocked.Increment(ref _names)}";
}
