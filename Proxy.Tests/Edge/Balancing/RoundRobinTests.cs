using Proxy.Edge.Balancing;
using Proxy.Edge.Topology;

namespace Proxy.Tests.Edge.Balancing;

public sealed class RoundRobinTests
{
    [Theory]
    [InlineData("a=5 b=1 c=1", "a a b a c a a a a b a c a a")]
    [InlineData("a=70 b=30", "a b a a a b a a b a a b a a a b a a b a")]
    [InlineData("a=700000 b=300000", "a b a a a b a a b a")]
    [InlineData("a=25 b=25 c=25 d=25", "a b c d a b c d")]
    [InlineData("a=25 b=0 c=25 d=25", "a c d a c d")]
    [InlineData("a=25 c=25 d=25", "a c d a c d")]
    [InlineData("a=1 b=4 c=1", "b a b b c b b a b b c b")]
    [InlineData("a=1", "a a a")]
    public void Turns_are_spread_as_in_the_reference_proxies(string members, string expected)
    {
        CandidateList list = Candidates.List(members);
        var balancer = new RoundRobin();

        Assert.Equal(expected, Picks(balancer, list, expected.Split(' ').Length));
    }

    [Fact]
    public void Nobody_is_chosen_from_an_empty_list_or_one_without_weight()
    {
        var balancer = new RoundRobin();

        Assert.Null(balancer.Pick(CandidateList.Empty, 0, []));
        Assert.Null(balancer.Pick(Candidates.List("a=0 b=0"), 0, []));
    }

    [Fact]
    public void Tried_members_are_not_chosen_again()
    {
        CandidateList list = Candidates.List("a=5 b=1 c=1");
        var balancer = new RoundRobin();
        List<MemberState> tried = [];

        for (int i = 0; i < 3; i++)
        {
            tried.Add(balancer.Pick(list, 0, tried.ToArray())!);
        }

        Assert.Equal(3, tried.Distinct().Count());
        Assert.Null(balancer.Pick(list, 0, tried.ToArray()));
    }

    [Fact]
    public void Turns_go_on_where_they_were_when_the_list_changes()
    {
        CandidateList list = Candidates.List("a=1 b=1 c=1");
        var balancer = new RoundRobin();
        Picks(balancer, list, 1);

        Assert.Equal("b c a", Picks(balancer, new CandidateList(2, [.. list.Members], [.. list.Weights]), 3));
    }

    [Fact]
    public void A_newcomer_gets_neither_a_burst_nor_nothing()
    {
        CandidateList list = Candidates.List("a=100 b=100 c=1");
        var balancer = new RoundRobin();
        Picks(balancer, list, 57);
        CandidateList wider = Candidates.List("n=100 a=100 b=100 c=1", list.Members);

        string picks = Picks(balancer, wider, 12);

        Assert.InRange(picks.Count(static c => c == 'n'), 3, 5);
        Assert.DoesNotContain("n n", picks, StringComparison.Ordinal);
    }

    [Fact]
    public void Heavy_weights_of_the_past_do_not_starve_anybody()
    {
        CandidateList heavy = Candidates.List("a=1000000 b=999999 c=500000");
        var balancer = new RoundRobin();
        Picks(balancer, heavy, 4);
        CandidateList light = Candidates.List("a=1 b=1 c=1", heavy.Members);

        string picks = Picks(balancer, light, 30);

        Assert.All("abc", name => Assert.InRange(picks.Count(c => c == name), 8, 12));
    }

    [Fact]
    public void A_pick_allocates_nothing()
    {
        CandidateList list = Candidates.List("a=5 b=1 c=1");
        MemberState[] tried = [list.Members[1]];
        var balancer = new RoundRobin();
        balancer.Pick(list, 0, tried);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            balancer.Pick(list, 0, tried);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Shares_follow_the_weights_and_the_sum_of_numbers_stays_zero(int seed)
    {
        var random = new Random(seed);
        int count = random.Next(1, 9);
        IEnumerable<string> members = Enumerable.Range(0, count).Select(i => $"m{i}={random.Next(0, 101)}");
        string text = string.Join(' ', members.Append("last=7"));
        CandidateList list = Candidates.List(text);
        long total = list.Weights.Sum(static weight => (long)weight);
        int rounds = (int)Math.Max(1, 5000 / total);
        var picked = new Dictionary<MemberState, long>();
        var balancer = new RoundRobin();

        for (long i = 0; i < rounds * total; i++)
        {
            MemberState member = balancer.Pick(list, 0, [])!;
            picked[member] = picked.GetValueOrDefault(member) + 1;
            Assert.Equal(0, Sum(balancer.Numbers));
        }

        for (int i = 0; i < list.Count; i++)
        {
            long times = picked.GetValueOrDefault(list.Members[i]);
            Assert.True(
                times == (long)list.Weights[i] * rounds,
                $"seed {seed}: {list.Members[i]} of {text} was picked {times} times");
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Under_random_changes_nothing_tried_or_weightless_is_chosen_and_shares_stay_fair(int seed)
    {
        var random = new Random(seed);
        MemberState[] all = [.. Enumerable.Range(0, 6).Select(static i => Candidates.Member($"m{i}"))];
        var balancer = new RoundRobin();
        for (int change = 0; change < 40; change++)
        {
            MemberState[] members = [.. all.Where(_ => random.Next(3) > 0)];
            int[] weights = [.. members.Select(_ => random.Next(4) == 0 ? 0 : random.Next(1, 1_000_001))];
            var list = new CandidateList(change, members, weights);
            for (int i = 0; i < 20; i++)
            {
                MemberState[] tried = [.. members.Where(_ => random.Next(4) == 0)];
                MemberState? chosen = balancer.Pick(list, 0, tried);
                bool any = members.Where((member, at) => weights[at] > 0 && !tried.Contains(member)).Any();
                Assert.True(any == chosen is not null, $"seed {seed}");
                Assert.True(chosen is null || !tried.Contains(chosen), $"seed {seed}: chose tried {chosen}");
                Assert.True(chosen is null || weights[Array.IndexOf(members, chosen)] > 0, $"seed {seed}: {chosen}");
                Assert.True(Sum(balancer.Numbers) == 0, $"seed {seed}: the sum moved");
            }
        }

        var even = new CandidateList(99, all, [.. all.Select(static _ => 10)]);
        var picked = new Dictionary<MemberState, int>();
        for (int i = 0; i < 6000; i++)
        {
            MemberState member = balancer.Pick(even, 0, [])!;
            picked[member] = picked.GetValueOrDefault(member) + 1;
        }

        Assert.All(all, member => Assert.InRange(picked[member], 990, 1010));
    }

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 20)];

    private static long Sum(ReadOnlySpan<long> numbers)
    {
        long sum = 0;
        foreach (long number in numbers)
        {
            sum += number;
        }

        return sum;
    }

    private static string Picks(RoundRobin balancer, CandidateList list, int count) =>
        string.Join(' ', Enumerable.Range(0, count).Select(_ => balancer.Pick(list, 0, [])!.Id.Name));
}
