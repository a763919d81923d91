using Proxy.Actors.Config;
using Proxy.Actors.Pools;
using Proxy.Actors.Publishing;
using Proxy.Edge.Topology;

namespace Proxy.Tests.Actors.Pools;

public sealed class PoolActorTests
{
    [Fact]
    public void A_member_that_dies_leaves_the_candidates_and_comes_back()
    {
        var rig = new PoolRig();
        rig.Publish(PoolRig.Pool("a b", PoolRig.Active));
        rig.Run(10);
        Assert.Equal("a b", rig.Candidates());

        rig.Origins.Kill('a');
        rig.Run(9);
        Assert.Equal("a b", rig.Candidates());
        rig.Run(8);
        Assert.Equal("b", rig.Candidates());
        Assert.Equal("Closed 0 health check failed 3/3: connection refused", rig.Grant("a"));

        rig.Origins.Revive('a');
        rig.Run(12);
        Assert.Equal("a b", rig.Candidates());
        Assert.Empty(rig.Events.Oddities);
    }

    [Fact]
    public void Spares_and_standbys_step_in_and_operators_learn_why()
    {
        var rig = new PoolRig();
        rig.Publish(PoolRig.Pool("a b s+R h+H"));
        Assert.Equal("a b", rig.Candidates());

        rig.Order("a", "maint");
        Assert.Equal("b s", rig.Candidates());
        Assert.Equal(["spare s serves because of a: stopped by operator"], rig.Events.Reasons);

        rig.Order("b", "drain");
        rig.Order("s", "D");
        Assert.Equal("h", rig.Candidates());
        rig.Order("s", "ready");
        rig.Order("a", "ready");
        Assert.Equal("a s", rig.Candidates());
    }

    [Fact]
    public void Failing_requests_close_a_member_for_a_while_and_never_all_of_them()
    {
        var rig = new PoolRig();
        rig.Publish(PoolRig.Pool("a b"));

        rig.Observe("a", Outcome.ConnectFailed);
        Assert.Equal("b", rig.Candidates());
        rig.Run(9);
        Assert.Equal("b", rig.Candidates());
        rig.Run(1);
        Assert.Equal("a b", rig.Candidates());

        rig.Observe("a", Outcome.ConnectFailed);
        rig.Observe("b", Outcome.ConnectFailed);
        Assert.Equal("a b", rig.Candidates());
    }

    [Fact]
    public void An_actor_that_crashes_keeps_its_members_grant()
    {
        var rig = new PoolRig();
        rig.Publish(PoolRig.Pool("a b", PoolRig.Active with { Rise = 1, Fall = 1 }));
        rig.Origins.Kill('b');
        rig.Run(6);
        Grant open = rig.State("a").Grant;
        Grant closed = rig.State("b").Grant;
        Assert.Equal(GrantState.Closed, closed.State);

        foreach (string member in (string[])["a", "b"])
        {
            rig.Events.FailAtCheckOf = member;
            rig.Run(10);
            Assert.Contains(rig.Events.Restarts, path => path.Contains($"/{member}-", StringComparison.Ordinal));
        }

        Assert.Same(open, rig.State("a").Grant);
        Assert.Same(closed, rig.State("b").Grant);
        Assert.Equal("a", rig.Candidates());

        // Both are looked after again.
        rig.Origins.Kill('a');
        rig.Origins.Revive('b');
        rig.Run(12);
        Assert.Equal("b", rig.Candidates());
        rig.Observe("b", Outcome.ConnectFailed);
        Assert.Equal(0, rig.Tree.Observations.Dropped);
    }

    [Fact]
    public void An_actor_that_crashes_comes_back_with_the_newest_settings_and_orders()
    {
        var rig = new PoolRig();
        rig.Publish(PoolRig.Pool("a b", PoolRig.Active));
        rig.Publish(PoolRig.Pool("a=40 b", PoolRig.Active));
        rig.Order("a", "drain");

        rig.Events.FailAtCheckOf = "a";
        rig.Run(10);

        Assert.Single(rig.Events.Restarts);
        Assert.Equal("StickyOnly 40 drain by operator", rig.Grant("a"));
        rig.Order("a", "ready");
        Assert.Equal("Open 40 up", rig.Grant("a"));
    }

    [Fact]
    public void Checks_that_are_switched_off_and_on_never_run_twice_at_once()
    {
        var rig = new PoolRig();
        ActiveHealthConfig active = PoolRig.Active with { Interval = TimeSpan.FromSeconds(1) };
        rig.Origins.Latency = TimeSpan.FromSeconds(30);
        rig.Publish(PoolRig.Pool("a b", active));
        rig.Run(2);
        Assert.Equal(2, rig.Origins.Probes.Count);

        rig.Publish(PoolRig.Pool("a b"));
        rig.Publish(PoolRig.Pool("a b", active));
        rig.Run(20);

        Assert.Equal(2, rig.Origins.Probes.Count);
        Assert.Empty(rig.Events.Oddities);
        rig.Run(20);
        Assert.Equal(4, rig.Origins.Probes.Count);
    }

    [Fact]
    public void A_change_of_configuration_leaves_unchanged_members_alone()
    {
        var rig = new PoolRig();
        PoolConfig pool = PoolRig.Pool("a b c", PoolRig.Active);
        rig.Publish(pool);
        rig.Origins.Kill('b');
        rig.Run(30);
        Grant a = rig.State("a").Grant;
        Grant b = rig.State("b").Grant;
        MemberState stateOfA = rig.State("a");
        Assert.Equal("a c", rig.Candidates());

        rig.Publish(PoolRig.Pool("a b c=7 d", PoolRig.Active) with { SlowStart = TimeSpan.FromSeconds(9) });
        rig.Run(0.1);

        Assert.Same(stateOfA, rig.State("a"));
        Assert.Same(a, rig.State("a").Grant);
        Assert.Same(b, rig.State("b").Grant);
        Assert.Equal("Open 7 up", rig.Grant("c"));
        Assert.Equal("a c d", rig.Candidates());
        Assert.Empty(rig.Events.Restarts);
        Assert.Empty(rig.Events.Stops);
    }

    [Fact]
    public void A_member_with_another_url_is_another_member()
    {
        var rig = new PoolRig();
        PoolConfig pool = PoolRig.Pool("a b");
        rig.Publish(pool);
        MemberState old = rig.State("b");
        Assert.True(MemberUrl.TryParse("http://127.0.0.1:99", out MemberUrl? url, out _));

        rig.Publish(pool with { Members = [pool.Members[0], pool.Members[1] with { Url = url }] });

        Assert.NotSame(old, rig.State("b"));
        Assert.Equal("a b", rig.Candidates());
        Assert.DoesNotContain(old, rig.CandidateList().Members);
        Assert.Single(rig.Events.Stops);
    }

    [Fact]
    public void Orders_outlive_a_reload_until_they_are_taken_back()
    {
        var rig = new PoolRig();
        rig.Publish(PoolRig.Pool("a b"));
        Assert.Null(rig.Order("a", "drain"));
        Assert.Null(rig.Order("a", "weight 5"));
        Assert.Equal("StickyOnly 5 drain by operator", rig.Grant("a"));

        rig.Publish(PoolRig.Pool("a=50 b"));
        Assert.Equal("StickyOnly 5 drain by operator", rig.Grant("a"));

        rig.Order("a", "reset");
        Assert.Equal("Open 50 up", rig.Grant("a"));
        Assert.Equal("pool app has no member x; it has: a, b", rig.Order("x", "drain"));
    }

    [Fact]
    public void A_stopped_member_is_not_checked()
    {
        var rig = new PoolRig();
        rig.Publish(PoolRig.Pool("a b", PoolRig.Active));
        rig.Run(10);
        rig.Order("a", "maint");
        rig.Run(1);
        rig.Origins.Probes.Clear();

        rig.Run(20);
        Assert.DoesNotContain(rig.Origins.Probes, static probe => probe.Targets[0].Port == 1);

        rig.Order("a", "ready");
        rig.Run(6);
        Assert.Contains(rig.Origins.Probes, static probe => probe.Targets[0].Port == 1);
    }

    [Fact]
    public void A_check_is_sent_as_configured()
    {
        var rig = new PoolRig();
        ActiveHealthConfig active = PoolRig.Active with
        {
            Method = "HEAD",
            Path = "/health?deep=1",
            Host = "check.example",
            Port = 99,
            Timeout = TimeSpan.FromSeconds(1),
        };
        rig.Publish(PoolRig.Pool("a", active));
        rig.Run(6);

        var probe = rig.Origins.Probes[0];
        Assert.Equal("HEAD /health?deep=1 check.example 127.0.0.1:99 00:00:01 200-399",
            $"{probe.Method} {probe.Path} {probe.Host} {probe.Targets[0]} {probe.Timeout} {probe.Expect.Text}");
    }

    [Fact]
    public void A_check_that_breaks_says_nothing_about_the_member()
    {
        var rig = new PoolRig();
        rig.Publish(PoolRig.Pool("a b", PoolRig.Active));
        rig.Run(10);
        rig.Origins.Broken = new InvalidOperationException("no file descriptors");

        rig.Run(60);

        Assert.Equal("a b", rig.Candidates());
        Assert.NotEmpty(rig.Events.Oddities);
        rig.Origins.Broken = null;
        rig.Origins.Kill('a');
        rig.Run(20);
        Assert.Equal("b", rig.Candidates());
    }

    [Fact]
    public void Names_are_looked_up_before_the_pool_goes_live_and_again_later()
    {
        var rig = new PoolRig();
        rig.Origins.Names["a.example"] = "10.0.0.1 10.0.0.2";
        Answer<PublishAnswer> answer = rig.Publish(PoolRig.Pool("A b"));
        Assert.Empty(rig.Edge.Published);

        rig.Run(0.1);
        Assert.True(answer.IsGiven);
        Assert.Equal("10.0.0.1:1,10.0.0.2:1", string.Join(',', rig.State("A").Grant.Addresses));

        rig.Origins.Names["a.example"] = "10.0.0.3";
        rig.Run(40);
        Assert.Equal("10.0.0.3:1", string.Join(',', rig.State("A").Grant.Addresses));

        rig.Origins.Names.Clear();
        int lookups = rig.Origins.Lookups;
        rig.Run(100);
        Assert.Equal("10.0.0.3:1", string.Join(',', rig.State("A").Grant.Addresses));
        Assert.Equal("A b", rig.Candidates());
        Assert.InRange(rig.Origins.Lookups - lookups, 10, 25); // failed lookups are repeated after five seconds
    }

    [Fact]
    public void A_name_that_is_not_found_does_not_hold_the_others_up()
    {
        var rig = new PoolRig();
        Answer<PublishAnswer> answer = rig.Publish(PoolRig.Pool("A b"));
        rig.Run(0.1);
        Assert.True(answer.IsGiven);
        Assert.Equal("b", rig.Candidates());
        Assert.Equal("Closed 0 name a.example: no such host", rig.Grant("A"));

        rig.Origins.Latency = TimeSpan.FromMinutes(1);
        answer = rig.Publish(PoolRig.Pool("A b C"));
        rig.Run(2.9);
        Assert.False(answer.IsGiven);
        rig.Run(0.2);
        Assert.True(answer.IsGiven);
        Assert.Equal(["pool app: the name of member C is not known yet"], answer.Value.Warnings);
    }

    [Fact]
    public void A_flood_of_observations_is_bounded_and_counted()
    {
        var rig = new PoolRig();
        rig.Publish(PoolRig.Pool("a b"));
        var observation = new Observation(rig.State("a"), Outcome.ResponseTimeout, 0, 0);
        for (int i = 0; i < ObservationInbox.MaxWaiting + 10; i++)
        {
            rig.Tree.Observations.Observe(observation);
        }

        Assert.Equal(10, rig.Tree.Observations.Dropped);
        rig.Run(0);
        rig.Tree.Observations.Observe(observation);
        Assert.Equal(10, rig.Tree.Observations.Dropped);
        Assert.Equal("b", rig.Candidates());

        var stranger = new MemberState(new MemberId("app", "x"), "", 1);
        rig.Tree.Observations.Observe(new Observation(stranger, Outcome.Broken, 0, 0));
        Assert.Equal(11, rig.Tree.Observations.Dropped);
    }

    [Fact]
    public void Checks_of_several_members_are_spread_over_the_interval()
    {
        var rig = new PoolRig();
        rig.Publish(PoolRig.Pool("a b c d e f g h", PoolRig.Active));
        int[] perSecond = new int[5];
        for (int second = 0; second < 5; second++)
        {
            int before = rig.Origins.Probes.Count;
            rig.Run(1);
            perSecond[second] = rig.Origins.Probes.Count - before;
        }

        Assert.Equal(8, perSecond.Sum());
        Assert.True(perSecond.Max() < 6, string.Join(' ', perSecond));
    }
}
