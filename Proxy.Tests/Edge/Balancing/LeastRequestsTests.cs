using Proxy.Edge.Balancing;
using Proxy.Edge.Topology;

namespace Proxy.Tests.Edge.Balancing;

public sealed class LeastRequestsTests
{
    [Fact]
    public void Idle_equals_take_turns()
    {
        Assert.Equal("a b c a b c", Picks(Candidates.List("a=10 b=10 c=10"), 6));
    }

    [Fact]
    public void A_busy_member_is_passed_over_and_saves_up_no_turns()
    {
        CandidateList list = Candidates.List("a=10 b=10");
        var balancer = new LeastRequests();
        list.Members[0].Counters(0).InFlight = 3;
        for (int i = 0; i < 100; i++)
        {
            Assert.Equal("b", balancer.Pick(list, 0, [])!.Id.Name);
        }

        list.Members[0].Counters(0).InFlight = 0;

        string picks = string.Concat(Enumerable.Range(0, 10).Select(_ => balancer.Pick(list, 0, [])!.Id.Name));
        Assert.Equal(5, picks.Count(static c => c == 'a'));
    }

    [Theory]
    [InlineData("a=100 b=50", 1, 0, "a b a a b a")] // 2/100 equals 1/50: turns by weight
    [InlineData("a=100 b=50", 2, 0, "b b")]
    [InlineData("a=100 b=50", 0, 0, "a a")]
    [InlineData("a=100 b=0", 9, 0, "a a")]
    public void Load_is_compared_by_weight(string members, int busyA, int busyB, string expected)
    {
        CandidateList list = Candidates.List(members);
        list.Members[0].Counters(0).InFlight = busyA;
        list.Members[1].Counters(0).InFlight = busyB;

        Assert.Equal(expected, Picks(list, expected.Split(' ').Length));
    }

    [Fact]
    public void Requests_of_all_loops_count()
    {
        MemberState a = Candidates.Member("a", loops: 3);
        MemberState b = Candidates.Member("b", loops: 3);
        a.Counters(2).InFlight = 2;
        b.Counters(0).InFlight = 1;

        Assert.Equal("b b", Picks(new CandidateList(1, [a, b], [1, 1]), 2));
    }

    [Fact]
    public void Tried_members_are_left_out()
    {
        CandidateList list = Candidates.List("a=1 b=1");

        Assert.Same(list.Members[1], new LeastRequests().Pick(list, 0, [list.Members[0]]));
        Assert.Null(new LeastRequests().Pick(list, 0, list.Members));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Shares_of_a_closed_loop_follow_the_weights_within_one_percent(int seed)
    {
        var random = new Random(seed);
        CandidateList list = Candidates.List(
            $"a={random.Next(1, 100)} b={random.Next(1, 100)} c={random.Next(1, 100)}");
        var balancer = new LeastRequests();
        var running = new List<MemberState>();
        var picked = new Dictionary<MemberState, double>();
        const int Rounds = 30_000;
        int parallel = list.Weights.Sum();
        for (int i = 0; i < Rounds; i++)
        {
            if (running.Count >= parallel)
            {
                int done = random.Next(running.Count);
                running[done].Counters(0).InFlight--;
                running.RemoveAt(done);
            }

            MemberState member = balancer.Pick(list, 0, [])!;
            member.Counters(0).InFlight++;
            running.Add(member);
            picked[member] = picked.GetValueOrDefault(member) + 1;
        }

        for (int i = 0; i < list.Count; i++)
        {
            double expected = (double)list.Weights[i] / parallel;
            Assert.True(
                Math.Abs((picked[list.Members[i]] / Rounds) - expected) < 0.01,
                $"seed {seed}: share {picked[list.Members[i]] / Rounds} instead of {expected}");
        }
    }

    [Fact]
    public void A_pick_allocates_nothing()
    {
        CandidateList list = Candidates.List("a=5 b=1 c=1");
        var balancer = new LeastRequests();
        balancer.Pick(list, 0, []);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            balancer.Pick(list, 0, []);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 10)];

    private static string Picks(CandidateList list, int count)
    {
        var balancer = new LeastRequests();
        return string.Join(' ', Enumerable.Range(0, count).Select(_ => balancer.Pick(list, 0, [])!.Id.Name));
    }
}
