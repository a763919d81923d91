using Proxy.Actors.Config;
using Proxy.Cluster.Health;

namespace Proxy.Tests.Cluster.Health;

public sealed class MemberWatchTests
{
    private static readonly ActiveHealthConfig Config = new()
    {
        Interval = TimeSpan.FromSeconds(5), Timeout = TimeSpan.FromSeconds(2), Rise = 2, Fall = 3, Jitter = 0,
    };

    private readonly MemberWatch _watch = new("m", Config, 0, TimeSpan.Zero);
    private readonly List<string> _probes = [];
    private TimeSpan _now;

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(10)]
    [InlineData(100)]
    public void A_healthy_member_is_checked_once_per_interval_whatever_the_number_of_nodes(int nodes)
    {
        _watch.Observe(Nodes(nodes));

        Run(60, static _ => true);

        Assert.InRange(_probes.Count, 11, 13);
        Assert.InRange(_probes.Distinct().Count(), Math.Min(nodes, 2), 3);
        Assert.True(_watch.VerdictAt(_now)?.Up);
    }

    [Fact]
    public void A_dead_member_is_seen_by_all_observers_before_it_is_ejected_after_fall_rounds()
    {
        _watch.Observe(Nodes(5));
        Run(20, static _ => true);
        _probes.Clear();

        Run(15, static _ => false);

        MemberVerdict verdict = _watch.VerdictAt(_now)!;
        Assert.False(verdict.Up);
        Assert.Equal(3, verdict.Evidence.Length);
        Assert.Equal("health check failed, say 3 of 3 nodes: test", verdict.Reason);
        Assert.Equal(9, _probes.Count);
        Run(15, static _ => true);
        Assert.True(_watch.VerdictAt(_now)!.Up);
    }

    [Fact]
    public void One_nodes_broken_cable_ejects_nobody_and_that_node_is_named()
    {
        _watch.Observe(Nodes(3));
        string broken = "n1";

        Run(120, node => node != broken);

        MemberVerdict verdict = _watch.VerdictAt(_now)!;
        Assert.True(verdict.Up);
        Assert.True(verdict.IsBypassedBy(broken));
        Assert.False(verdict.IsBypassedBy("n0"));
        Run(60, static _ => true);
        Assert.False(_watch.VerdictAt(_now)!.IsBypassedBy(broken));
    }

    [Fact]
    public void Half_against_half_ejects_nobody()
    {
        _watch.Observe(Nodes(2));

        Run(120, static node => node == "n0");

        Assert.True(_watch.VerdictAt(_now)!.Up);
    }

    [Fact]
    public void Silent_observers_say_nothing_and_the_verdict_grows_old()
    {
        _watch.Observe(Nodes(3));
        Run(20, static _ => true);

        Run(10, static _ => null);
        Assert.True(_watch.VerdictAt(_now)!.Up);
        Run(60, static _ => null);
        Assert.Null(_watch.VerdictAt(_now));
        Run(60, static node => node == "n1" ? null : true);

        Assert.True(_watch.VerdictAt(_now)!.Up);
    }

    [Fact]
    public void Answers_that_nobody_waits_for_count_nothing()
    {
        _watch.Observe(Nodes(3));
        Run(20, static _ => true);

        for (int i = 0; i < 50; i++)
        {
            Assert.Empty(_watch.Report("n0", i, false, "late", _now, 0.5));
            Assert.Empty(_watch.Report("stranger", i, false, "late", _now, 0.5));
        }

        Assert.True(_watch.VerdictAt(_now)!.Up);
        Assert.DoesNotContain(_watch.VerdictAt(_now)!.Evidence, static one => !one.Passed);
    }

    private static string[] Nodes(int count) => [.. Enumerable.Range(0, count).Select(static i => $"n{i}")];

    /// <param name="answer">Whether a node reaches the member; null = no answer.</param>
    private void Run(int seconds, Func<string, bool?> answer)
    {
        TimeSpan end = _now + TimeSpan.FromSeconds(seconds);
        for (; _now < end; _now += TimeSpan.FromMilliseconds(100))
        {
            var asks = new Queue<ProbeAsk>(_watch.Tick(_now, 0.5));
            while (asks.TryDequeue(out ProbeAsk ask))
            {
                _probes.Add(ask.Node);
                if (answer(ask.Node) is { } passed)
                {
                    foreach (ProbeAsk more in _watch.Report(ask.Node, ask.Round, passed, "test", _now, 0.5))
                    {
                        asks.Enqueue(more);
                    }
                }
            }
        }
    }
}
