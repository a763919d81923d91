using System.Diagnostics;
using System.Globalization;
using Proxy.Cluster.Peers;
using Proxy.Edge.Replication;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Cluster.Peers;

/// <summary>What the streams between nodes cost: run by ops/bench-peers. Both nodes live in this process, so a node's
/// share is half of it; making the entries is part of that.</summary>
public sealed class PeerBench(ITestOutputHelper output)
{
    private const int PerSecond = 50_000;
    private const int Keys = 1_000_000;
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Life = TimeSpan.FromHours(1);
    private readonly TimeProvider _time = TimeProvider.System;

    private long Wall => _time.GetUtcNow().ToUnixTimeMilliseconds();

    [Theory(Explicit = true)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Streams_cost_little_and_arrive_soon(bool encrypted)
    {
        using var certificates = new PeerCertificates();
        await using MeshCluster cluster = await MeshCluster.StartAsync(2, encrypted ? certificates : null);
        using var stop = new CancellationTokenSource();

        double idle = await CpuAsync();
        Thread[] load = [.. cluster.Nodes.Select((node, index) => Writer(node, index, stop.Token))];
        await CpuAsync();
        double busy = await CpuAsync();
        List<double> lags = await LagsAsync(cluster);
        await stop.CancelAsync();
        Array.ForEach(load, static one => one.Join());
        Assert.True(await cluster.Nodes[0].PushTailAsync(TimeSpan.FromSeconds(5), CancellationToken.None));
        Say($"{(encrypted ? "mTLS" : "plain")}: 2 nodes, {PerSecond} entries/s each way: CPU per node "
            + $"{busy / 2:0.0} % of a core (idle {idle / 2:0.0} %), lag p50 {At(lags, 0.5):0.00} ms, "
            + $"p99 {At(lags, 0.99):0.00} ms, max {lags[^1]:0.00} ms; entries {cluster.Nodes[0].Entries.Table.Count}, "
            + $"repairs {cluster.Nodes.Sum(n => n.Status().Sum(static s => s.Repairs))}");
    }

    [Fact(Explicit = true)]
    public async Task A_newcomer_gets_a_million_entries()
    {
        var directory = new TestDirectory();
        await using PeerMesh full = MeshCluster.Node("full", directory, null);
        for (int i = 0; i < Keys; i++)
        {
            full.Entries.Write(KeyOf((ulong)i), 7, Life, Wall);
        }

        full.Start();
        directory.Set("full", full.ListeningOn!);
        await using PeerMesh fresh = MeshCluster.Node("newcomer", directory, null);
        long begin = _time.GetTimestamp();
        fresh.Start();
        await Eventually.IsTrueAsync(() => fresh.Entries.Table.Count == Keys, () => $"{fresh.Entries.Table.Count}");

        Say($"newcomer: {Keys} entries, {Keys * ReplicatedEntry.Bytes / 1_000_000} MB in "
            + $"{_time.GetElapsedTime(begin).TotalMilliseconds:0} ms from its start, connecting included");
    }

    [Fact(Explicit = true)]
    public async Task Five_nodes_write_ten_thousand_each()
    {
        await using MeshCluster cluster = await MeshCluster.StartAsync(5, null);
        using var stop = new CancellationTokenSource();
        Thread[] load = [.. cluster.Nodes.Select((node, index) => Writer(node, index, stop.Token, 10_000))];
        await CpuAsync();
        double busy = await CpuAsync();
        List<double> lags = await LagsAsync(cluster);
        await stop.CancelAsync();
        Array.ForEach(load, static one => one.Join());

        Say($"plain: 5 nodes, 10000 entries/s from each: CPU per node {busy / 5:0.0} % of a core, "
            + $"lag p50 {At(lags, 0.5):0.00} ms, p99 {At(lags, 0.99):0.00} ms");
    }

    private static EntryKey KeyOf(ulong number) => new(EntryKey.Mix(number + 1), EntryKey.Mix(number ^ 0xABCDEF));

    private static double At(List<double> sorted, double part) => sorted[(int)((sorted.Count - 1) * part)];

    private async Task<double> CpuAsync()
    {
        using var process = Process.GetCurrentProcess();
        TimeSpan before = process.TotalProcessorTime;
        long begin = _time.GetTimestamp();
        await Task.Delay(Measured, _time);
        process.Refresh();
        return (process.TotalProcessorTime - before) / _time.GetElapsedTime(begin) * 100;
    }

    /// <summary>A thread of its own, as the loops that write in a node are.</summary>
    private Thread Writer(PeerMesh node, int index, CancellationToken stop, int perSecond = PerSecond)
    {
        var writer = new Thread(() => Write(node, index, perSecond, stop));
        writer.Start();
        return writer;
    }

    private void Write(PeerMesh node, int index, int perSecond, CancellationToken stop)
    {
        var random = new Random(index);
        long begin = _time.GetTimestamp();
        long written = 0;
        while (!stop.IsCancellationRequested)
        {
            long due = (long)(_time.GetElapsedTime(begin).TotalSeconds * perSecond);
            long wall = Wall;
            for (; written < due; written++)
            {
                node.Entries.Write(KeyOf((ulong)random.Next(Keys)), 9, Life, wall);
            }

            stop.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(2));
        }
    }

    /// <summary>One node writes a marker with the time in it, another looks for it all the time.</summary>
    private async Task<List<double>> LagsAsync(MeshCluster cluster)
    {
        var marker = new EntryKey(77, 77);
        List<double> lags = [];
        using var stop = new CancellationTokenSource();
        var watcher = new Thread(() =>
        {
            ulong seen = 0;
            while (!stop.IsCancellationRequested)
            {
                if (cluster.Nodes[1].Entries.TryRead(marker, Wall, out ReplicatedEntry entry) && entry.Value != seen)
                {
                    seen = entry.Value;
                    lags.Add(_time.GetElapsedTime((long)seen).TotalMilliseconds);
                }

                Thread.Yield();
            }
        });
        watcher.Start();
        for (int i = 0; i < 800; i++)
        {
            cluster.Nodes[0].Entries.Write(marker, (ulong)_time.GetTimestamp(), Life, Wall);
            await Task.Delay(TimeSpan.FromMilliseconds(8), _time);
        }

        await stop.CancelAsync();
        watcher.Join();
        lags.Sort();
        return lags;
    }

    private void Say(string line) => output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{line}"));
}
