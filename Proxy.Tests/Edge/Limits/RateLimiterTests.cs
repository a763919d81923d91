using Proxy.Edge.Limits;
using Proxy.Edge.Replication;

namespace Proxy.Tests.Edge.Limits;

public sealed class RateLimiterTests
{
    private const long Second = 1_000_000_000;
    private static readonly EntryHash Hash = new(new byte[16]);

    [Fact]
    public void A_burst_passes_at_once_and_then_one_per_interval()
    {
        var limiter = Limiter(new RateRule(10, TimeSpan.FromSeconds(1), 3));

        Assert.Equal([true, true, true, false], Enumerable.Range(0, 4).Select(_ => Admits(limiter, 1, Second)));
        Assert.False(Admits(limiter, 1, Second + (Second / 10) - 1));
        Assert.True(Admits(limiter, 1, Second + (Second / 10)));
        Assert.False(Admits(limiter, 1, Second + (Second / 10)));
    }

    [Fact]
    public void A_refusal_says_when_the_next_request_passes_and_takes_nothing()
    {
        var limiter = Limiter(new RateRule(2, TimeSpan.FromSeconds(1), 1));
        Assert.True(Admits(limiter, 1, 0));

        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(LimitVerdict.Refused(Second / 4), limiter.Take(1, Second / 4));
        }

        Assert.True(Admits(limiter, 1, Second / 2));
    }

    [Fact]
    public void With_patience_requests_are_spaced_instead_of_refused()
    {
        var limiter = Limiter(new RateRule(10, TimeSpan.FromSeconds(1), 1), TimeSpan.FromMilliseconds(250));

        var waits = Enumerable.Range(0, 4).Select(_ => limiter.Take(1, 0)).ToArray();

        Assert.Equal(LimitVerdict.Admitted(), waits[0]);
        Assert.Equal(LimitVerdict.Admitted(Second / 10), waits[1]);
        Assert.Equal(LimitVerdict.Admitted(Second / 5), waits[2]);
        Assert.Equal(LimitVerdict.Refused(Second / 20), waits[3]);
    }

    [Fact]
    public void Keys_do_not_share_an_allowance()
    {
        var limiter = Limiter(new RateRule(1, TimeSpan.FromSeconds(1), 1));

        Assert.True(Admits(limiter, 1, 0));
        Assert.True(Admits(limiter, 2, 0));
        Assert.False(Admits(limiter, 1, 0));
    }

    /// <summary>The bound of the documentation, over every window of random runs.</summary>
    [Fact]
    public void No_window_admits_more_than_rate_and_burst()
    {
        for (var seed = 1; seed <= 200; seed++)
        {
            var random = new Random(seed);
            var rule = new RateRule(random.Next(1, 1000), TimeSpan.FromSeconds(1), random.Next(1, 50));
            var limiter = Limiter(rule);
            var admitted = new List<long>();
            long now = 0;
            for (var i = 0; i < 400; i++)
            {
                now += random.NextInt64(0, 2 * rule.Interval);
                if (Admits(limiter, 7, now))
                {
                    admitted.Add(now);
                }
            }

            for (var first = 0; first < admitted.Count; first += 3)
            {
                for (var last = first; last < admitted.Count; last += 7)
                {
                    var allowed = ((admitted[last] - admitted[first]) / rule.Interval) + rule.Burst;
                    Assert.True(last - first + 1 <= allowed, $"seed {seed}: {last - first + 1} of {allowed}");
                }
            }
        }
    }

    [Fact]
    public async Task Several_threads_together_admit_exactly_the_burst()
    {
        for (var round = 0; round < 20; round++)
        {
            var limiter = Limiter(new RateRule(1, TimeSpan.FromHours(1), 1000));
            var counts = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(
                () => Enumerable.Range(0, 500).Count(_ => Admits(limiter, 5, Second)))));

            Assert.Equal(1000, counts.Sum());
        }
    }

    [Fact]
    public void A_full_table_forgets_the_key_closest_to_its_allowance()
    {
        var limiter = Limiter(new RateRule(1, TimeSpan.FromSeconds(1), 10), capacity: 8);
        for (ulong key = 1; key <= 8; key++)
        {
            for (ulong i = 0; i < key; i++)
            {
                Assert.True(Admits(limiter, key, 0));
            }
        }

        Assert.True(Admits(limiter, 9, 0));

        // Key 8 has used eight of ten still; key 1 made way and has everything again.
        Assert.Equal(2, Enumerable.Range(0, 10).Count(_ => Admits(limiter, 8, 0)));
        Assert.Equal(10, Enumerable.Range(0, 20).Count(_ => Admits(limiter, 1, 0)));
    }

    [Fact]
    public void Idle_keys_leave_their_place_to_others()
    {
        var limiter = Limiter(new RateRule(1, TimeSpan.FromSeconds(1), 1), capacity: 8);
        for (ulong key = 1; key <= 1000; key++)
        {
            Assert.True(Admits(limiter, key, (long)key * Second));
            Assert.False(Admits(limiter, key, (long)key * Second));
        }
    }

    [Fact]
    public void Refused_clients_are_told_the_policy_and_when_to_come_back()
    {
        var fields = new LimitFields("login \"x\"", new RateRule(5, TimeSpan.FromMinutes(1), 1));
        var text = new byte[LimitFields.MaxLength];

        var length = fields.Write((11 * Second) + 1, text);

        Assert.Equal(
            "RateLimit-Policy: \"login x\";q=5;w=60\r\nRateLimit: \"login x\";r=0;t=12\r\nRetry-After: 12\r\n",
            System.Text.Encoding.ASCII.GetString(text, 0, length));
    }

    private static bool Admits(RateLimiter limiter, ulong key, long now) =>
        limiter.Take(key, now).Outcome == LimitOutcome.Admitted;

    private static RateLimiter Limiter(RateRule rule, TimeSpan patience = default, int capacity = 64) => new(
        "test", rule, new LimitKey(LimitKeyKind.ClientAddress), patience, capacity, Hash,
        new LimitShares(new NoLimitDesk()));
}
