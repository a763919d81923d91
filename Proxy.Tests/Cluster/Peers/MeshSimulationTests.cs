using System.Collections.Concurrent;
using System.Globalization;
using Proxy.Edge.Replication;

namespace Proxy.Tests.Cluster.Peers;

public sealed class MeshSimulationTests
{
    private const int Seeds = 500;
    private static readonly TimeSpan Life = TimeSpan.FromHours(1);

    /// <summary>Whatever is lost, cut, crashed or restarted: some time after it stops, all nodes know the same, and
    /// nothing that a surviving node wrote is missing.</summary>
    [Fact]
    public void After_faults_all_nodes_know_the_same() => RunAll(1, Seeds);

    /// <summary>For replaying a failure: PROXY_SIM_SEED; for a long run also PROXY_SIM_COUNT.</summary>
    [Fact(Explicit = true)]
    public void One_seed_again() => RunAll(Number("PROXY_SIM_SEED", 1), Number("PROXY_SIM_COUNT", 1));

    private static void RunAll(int first, int count)
    {
        var failures = new ConcurrentQueue<string>();
        // Not all cores: tests with real sockets run beside this one.
        var half = new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, Environment.ProcessorCount / 2) };
        Parallel.For(first, first + count, half, seed =>
        {
            try
            {
                Run(seed);
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                failures.Enqueue($"seed {seed}: {error}");
            }
        });
        Assert.True(failures.IsEmpty, $"{failures.Count} failed\n{string.Join("\n\n", failures.Take(3))}");
    }

    private static int Number(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out int number)
            ? number
            : otherwise;

    private static void Run(int seed)
    {
        var sim = new SimPeers(seed) { Bandwidth = seed % 3 == 0 ? 20 : 0 };
        string[] names = [.. Enumerable.Range(0, 3 + sim.Random.Next(3)).Select(static i => $"node-{i}")];
        foreach (string name in names)
        {
            sim.Start(name, skew: sim.Random.Next(-1_000, 1_000));
        }

        Dictionary<EntryKey, ReplicatedEntry> survivors = [];
        Dictionary<string, long> counted = [];
        long end = 8_000;
        while (sim.Now < end)
        {
            sim.RunUntil(sim.Now + sim.Random.Next(1, 60));
            Write(sim, survivors, counted);
            Disturb(sim, names, survivors, counted);
        }

        sim.HealAll();
        sim.Bandwidth = 0;
        foreach (string name in names.Where(name => !sim.Nodes.ContainsKey(name)))
        {
            sim.Start(name);
        }

        // A comparison may find what is missing only after 10 s, and a node looks after its own counts every 10 s.
        sim.RunUntil(end + 30_000);
        Check(sim, names, survivors, counted);
    }

    private static void Write(
        SimPeers sim, Dictionary<EntryKey, ReplicatedEntry> survivors, Dictionary<string, long> counted)
    {
        SimNode node = sim.Nodes.Values.ElementAt(sim.Random.Next(sim.Nodes.Count));
        int burst = sim.Random.Next(20) == 0 ? 300 : sim.Random.Next(5);
        for (int i = 0; i < burst; i++)
        {
            ulong number = (ulong)sim.Random.Next(400);
            var key = new EntryKey(number * 0x9E3779B97F4A7C15UL, number);
            ulong value = (ulong)sim.Random.Next(6);
            if (node.Entries.Write(key, value, Life, node.Wall))
            {
                ReplicatedEntry[] written = new ReplicatedEntry[1];
                node.Entries.Journal.Read(node.Entries.Journal.Head - 1, written);
                survivors[key] = survivors.TryGetValue(key, out ReplicatedEntry old) && old.Beats(written[0])
                    ? old : written[0];
            }
        }

        if (sim.Random.Next(4) == 0)
        {
            node.Counters.Add(new EntryKey(1, 1), 3, Life, node.Wall);
            counted[node.Name] = counted.GetValueOrDefault(node.Name) + 3;
        }

        if (sim.Random.Next(10) == 0)
        {
            byte[]? content = sim.Random.Next(4) == 0 ? null : new byte[sim.Random.Next(1, 5_000)];
            node.Blobs.Write($"blob-{sim.Random.Next(5)}", content, Life, node.Wall);
        }

        node.PumpSoon();
    }

    private static void Disturb(
        SimPeers sim, string[] names, Dictionary<EntryKey, ReplicatedEntry> survivors, Dictionary<string, long> counted)
    {
        string a = names[sim.Random.Next(names.Length)];
        string b = names[sim.Random.Next(names.Length)];
        switch (sim.Random.Next(60))
        {
            case 0 or 1:
                sim.Cut(a, b, true);
                break;
            case 2 or 3:
                sim.Cut(a, b, false);
                break;
            case 4 when sim.Links.Count > 0:
                sim.Links[sim.Random.Next(sim.Links.Count)].Break(silent: sim.Random.Next(4) == 0);
                break;
            case 5 when sim.Nodes.TryGetValue(a, out SimNode? node) && sim.Nodes.Count > 2 && sim.Random.Next(3) == 0:
                // What it wrote last may be lost with it, and so may what it alone had taken over.
                sim.Crash(node, silent: sim.Random.Next(2) == 0);
                survivors.Clear();
                counted[a] = 0;
                break;
            case 6 when !sim.Nodes.ContainsKey(a):
                sim.Start(a, skew: sim.Random.Next(-1_000, 1_000));
                break;
        }
    }

    private static void Check(
        SimPeers sim, string[] names, Dictionary<EntryKey, ReplicatedEntry> survivors, Dictionary<string, long> counted)
    {
        SimNode first = sim.Nodes[names[0]];
        ulong[] entries = Digests(first.Entries.Table);
        ulong[] counts = Digests(first.Counts.Table);
        foreach (SimNode node in sim.Nodes.Values)
        {
            Assert.True(
                node.PeersUp.Length == names.Length - 1,
                $"{node.Name} reaches {string.Join(' ', node.PeersUp)}; {string.Join('\n', node.Seen.TakeLast(20))}");
            Assert.Equal(entries, Digests(node.Entries.Table));
            Assert.Equal(counts, Digests(node.Counts.Table));
            node.Counters.SetPeers(names.Select(NodeTag.Of));
            Assert.Equal(counted.Where(pair => pair.Value > 0).Sum(static pair => pair.Value), node.Counters.Sum(
                new EntryKey(1, 1), node.Wall) - Ghosts(node, counted));
            for (int i = 0; i < 5; i++)
            {
                Assert.Equal(first.Blobs.Read($"blob-{i}", first.Wall), node.Blobs.Read($"blob-{i}", node.Wall));
            }

            foreach ((EntryKey key, ReplicatedEntry survivor) in survivors)
            {
                ReplicatedEntry[] buffer = [];
                int count = node.Entries.Table.CopyBucket(ReplicaTable.BucketOf(key), ref buffer);
                Assert.Contains(buffer[..count], entry => entry.Key == key && !survivor.Beats(entry));
            }
        }
    }

    /// <summary>What the others remember of a node that was started anew and has not counted since.</summary>
    private static long Ghosts(SimNode node, Dictionary<string, long> counted)
    {
        long sum = 0;
        foreach ((string name, _) in counted.Where(pair => pair.Value == 0 && pair.Key != node.Name))
        {
            if (node.Counts.TryRead(new EntryKey(1, 1).SlotOf(NodeTag.Of(name)), node.Wall, out ReplicatedEntry entry))
            {
                sum += (long)(entry.Value >> 1);
            }
        }

        return sum;
    }

    private static ulong[] Digests(ReplicaTable table)
    {
        ulong[] digests = new ulong[ReplicaTable.Buckets];
        ReplicatedEntry[] buffer = [];
        table.Digest(0, new Stamp(ulong.MaxValue), 0, digests, ref buffer);
        return digests;
    }
}
