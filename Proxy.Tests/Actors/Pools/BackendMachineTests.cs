using System.Net;
using Proxy.Actors.Config;
using Proxy.Actors.Pools;
using Proxy.Edge.Topology;

namespace Proxy.Tests.Actors.Pools;

public sealed class BackendMachineTests
{
    private static readonly ActiveHealthConfig Active = new() { Rise = 2, Fall = 3 };

    [Fact]
    public void Without_a_health_block_one_failed_connection_closes_for_ten_seconds()
    {
        var script = new BackendScript(BackendScript.Settings());

        Assert.Equal("Open 100 up", BackendScript.Describe(script.Machine.Grant));
        script.Play("""
            ResponseTimeout | =
            ConnectFailed   | Closed 0 1 failed in a row: connection failed
            ConnectFailed   | =
            wait 9.9        | =
            wait 0.2        | Open 100 up
            ConnectTimeout  | Closed 0 1 failed in a row: connecting timed out
            wait 10         | Open 100 up
            ok              | =
            Broken          | =
            500             | =
            """);
    }

    [Fact]
    public void The_only_member_stays_open_whatever_requests_say()
    {
        new BackendScript(BackendScript.Settings(hasPeers: false)).Play("""
            ConnectFailed | =
            ConnectFailed | =
            """);
    }

    [Fact]
    public void Passive_health_counts_failures_in_a_row_within_the_window()
    {
        Assert.True(StatusSet.TryParse("500-599", out StatusSet statuses));
        var passive = new PassiveHealthConfig
        {
            Failures = 3, Window = TimeSpan.FromSeconds(10), Retry = TimeSpan.FromSeconds(5), Statuses = statuses,
        };
        new BackendScript(BackendScript.Settings(passive: passive)).Play("""
            500           | =
            ConnectFailed | =
            404           | =
            503           | =
            503           | =
            wait 11       | =
            503           | =
            503           | =
            Broken        | Closed 0 3 failed in a row: connection broke
            ok            | =
            wait 5        | Open 100 up
            503           | Closed 0 1 failed in a row: status 503
            wait 5        | Open 100 up
            ok            | =
            503           | =
            wait 30       | =
            503           | =
            """);
    }

    [Fact]
    public void Probation_ends_with_the_window()
    {
        var passive = new PassiveHealthConfig { Failures = 2 };
        new BackendScript(BackendScript.Settings(passive: passive)).Play("""
            Broken  | =
            Broken  | Closed 0 2 failed in a row: connection broke
            wait 10 | Open 100 up
            wait 11 | =
            Broken  | =
            """);
    }

    [Fact]
    public void Checks_in_a_row_change_the_state()
    {
        new BackendScript(BackendScript.Settings(active: Active)).Play("""
            pass         | =
            fail refused | =
            fail refused | =
            pass         | =
            fail refused | =
            fail refused | =
            fail timeout | Closed 0 health check failed 3/3: timeout
            pass         | =
            fail refused | =
            pass         | =
            pass         | Open 100 up
            """);
    }

    [Theory]
    [InlineData(InitialState.Up, "fail refused | Closed 0 first health check failed: refused")]
    [InlineData(InitialState.Down, "pass | Open 100 up")]
    public void Before_anything_is_known_one_check_decides(InitialState initial, string script) =>
        new BackendScript(BackendScript.Settings(active: Active, initial: initial)).Play(script);

    [Fact]
    public void A_member_that_starts_down_is_closed_until_a_check_passes()
    {
        var script = new BackendScript(BackendScript.Settings(active: Active, initial: InitialState.Down));

        Assert.Equal("Closed 0 not checked yet", BackendScript.Describe(script.Machine.Grant));
        Assert.Equal(1, script.Machine.Grant.Epoch);
    }

    [Fact]
    public void A_passing_check_forgives_failed_requests_but_only_when_it_began_after_them()
    {
        var script = new BackendScript(BackendScript.Settings(active: Active, passive: new() { Failures = 1 }));
        script.Play("""
            pass          | =
            ConnectFailed | Closed 0 1 failed in a row: connection failed
            """);
        Assert.True(script.CheckSoon);
        Assert.Equal(ProbePace.Transitional, script.Machine.Pace);

        script.Play("""
            wait 1        | =
            slowpass      | =
            pass          | Open 100 up
            ConnectFailed | Closed 0 1 failed in a row: connection failed
            fail refused  | =
            wait 9        | =
            wait 1        | Open 100 up
            """);
    }

    [Fact]
    public void Failed_checks_and_failed_requests_are_independent()
    {
        var script = new BackendScript(BackendScript.Settings(active: Active, passive: new() { Failures = 1 }));
        script.Play("""
            fail refused  | Closed 0 first health check failed: refused
            ConnectFailed | =
            wait 30       | =
            recover       | =
            pass          | =
            """);
        Assert.Equal(MemberCondition.CheckFailed, script.Machine.Condition);
        script.Play("pass | Open 100 up");
    }

    [Fact]
    public void A_member_that_came_back_grows_slowly_but_never_at_the_start()
    {
        new BackendScript(BackendScript.Settings(active: Active, slowStart: 20, initial: InitialState.Down)).Play("""
            pass         | Open 100 up
            pass         | =
            fail x       | =
            fail x       | =
            fail x       | Closed 0 health check failed 3/3: x
            pass         | =
            pass         | Open 1 up, slow start 0 %
            wait 1       | Open 5 up, slow start 5 %
            wait 5       | Open 30 up, slow start 30 %
            op weight 10 | Open 3 up, slow start 30 %
            wait 13.9    | Open 9 up, slow start 95 %
            wait 0.1     | Open 10 up
            wait 100     | =
            """);
    }

    [Fact]
    public void A_ramp_follows_maintenance_but_not_a_drain_or_forced_recovery()
    {
        new BackendScript(BackendScript.Settings(slowStart: 20)).Play("""
            op drain      | StickyOnly 100 drain by operator
            op ready      | Open 100 up
            op maint      | Closed 0 stopped by operator
            op ready      | Open 1 up, slow start 0 %
            wait 20       | Open 100 up
            ConnectFailed | Closed 0 1 failed in a row: connection failed
            recover       | Open 100 up
            ConnectFailed | Closed 0 1 failed in a row: connection failed
            wait 10       | Open 1 up, slow start 0 %
            op +N         | StickyOnly 1 drain by operator
            """);
    }

    [Fact]
    public void An_operator_has_the_last_word()
    {
        var script = new BackendScript(BackendScript.Settings(active: Active, passive: new() { Failures = 1 }));
        script.Play("""
            op weight 7       | Open 7 up
            op drain          | StickyOnly 7 drain by operator
            op weight 0       | StickyOnly 0 weight 0: sticky requests only
            op -N             | =
            op weight default | Open 100 up
            op S              | Closed 0 stopped by operator
            fail refused      | =
            fail refused      | =
            fail refused      | =
            op S-E            | =
            op D-S            | Closed 0 disabled by operator
            op reset          | Open 100 up
            ConnectFailed     | Closed 0 1 failed in a row: connection failed
            op -E             | Open 100 up
            ConnectFailed     | Closed 0 1 failed in a row: connection failed
            op I              | Open 100 up
            ConnectFailed     | =
            """);
    }

    [Fact]
    public void After_maintenance_the_next_check_decides()
    {
        new BackendScript(BackendScript.Settings(active: Active)).Play("""
            pass     | =
            op maint | Closed 0 stopped by operator
            op ready | Open 100 up
            fail x   | Closed 0 first health check failed: x
            op maint | Closed 0 stopped by operator
            op ready | Closed 0 first health check failed: x
            pass     | Open 100 up
            """);
    }

    [Fact]
    public void Configured_flags_hold_until_an_operator_says_otherwise()
    {
        var script = new BackendScript(BackendScript.Settings(flags: MemberFlags.Drain));

        Assert.Equal("StickyOnly 100 drain by configuration", BackendScript.Describe(script.Machine.Grant));
        script.Play("""
            op ready | Open 100 up
            op reset | StickyOnly 100 drain by configuration
            """);
    }

    [Fact]
    public void A_name_keeps_its_last_good_addresses()
    {
        var script = new BackendScript(BackendScript.Settings("http://origin.example"));
        Assert.Equal("Closed 0 name origin.example: not resolved yet", BackendScript.Describe(script.Machine.Grant));

        script.Play("""
            unresolve no such host    | Closed 0 name origin.example: no such host
            resolve 10.0.0.1 10.0.0.2 | Open 100 up
            resolve 10.0.0.2 10.0.0.1 | =
            unresolve no such host    | =
            resolve 10.0.0.3          | Open 100 up
            """);
        Assert.Equal([SocketTarget.Inet(IPAddress.Parse("10.0.0.3"), 80)], script.Machine.Grant.Addresses);
    }

    [Fact]
    public void A_successor_goes_on_from_the_last_grant()
    {
        SocketTarget[] addresses = [SocketTarget.Inet(IPAddress.Parse("10.0.0.1"), 80)];
        var open = new Grant(7, GrantState.Open, 100, addresses, "up");
        BackendSettings named = BackendScript.Settings("http://origin.example", active: Active, initial: InitialState.Down);

        var script = new BackendScript(named, open);
        Assert.Same(open, script.Machine.Grant);
        script.Play("""
            fail x | =
            fail x | =
            fail x | Closed 0 health check failed 3/3: x
            """);
        Assert.Equal(8, script.Machine.Grant.Epoch);

        Grant closed = script.Machine.Grant;
        script = new BackendScript(named, closed);
        Assert.Same(closed, script.Machine.Grant);
        script.Play("""
            pass | =
            pass | Open 100 up
            """);
    }

    [Fact]
    public void A_successor_of_a_member_in_error_waits_for_the_retry_time()
    {
        SocketTarget[] addresses = [BackendScript.Settings().Member.Url.Target!];
        new BackendScript(BackendScript.Settings(), new Grant(3, GrantState.Closed, 0, addresses, "1 failed in a row: x")).Play(
            """
            wait 9 | =
            wait 1 | Open 100 up
            """);
    }

    [Fact]
    public void A_successor_continues_a_ramp()
    {
        SocketTarget[] addresses = [BackendScript.Settings().Member.Url.Target!];
        new BackendScript(
            BackendScript.Settings(slowStart: 20), new Grant(3, GrantState.Open, 50, addresses, "up, slow start 50 %")).Play("""
            wait 4.9 | Open 70 up, slow start 70 %
            wait 5.1 | Open 100 up
            """);
    }

    [Fact]
    public void Unchanged_settings_make_no_grant_and_changed_thresholds_keep_the_state()
    {
        var script = new BackendScript(BackendScript.Settings(active: Active));
        script.Play("pass | =");
        BackendSettings settings = script.Machine.Settings;

        foreach (int fall in (int[])[3, 5, 1])
        {
            BackendEffects effects = script.Machine.Handle(
                new BackendInput.Configured(
                    settings with { Health = settings.Health with { Active = Active with { Fall = fall } } }, false),
                TimeSpan.FromSeconds(2000));

            Assert.Null(effects.Grant);
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Random_inputs_keep_the_promises_of_a_grant(int seed)
    {
        var random = new Random(seed);
        BackendSettings settings = BackendScript.Settings(
            random.Next(2) == 0 ? "http://127.0.0.1:1" : "http://name.example",
            random.Next(2) == 0 ? Active : null,
            new() { Failures = random.Next(0, 4) },
            weight: random.Next(0, 3) * 50,
            slowStart: random.Next(2) * 7,
            initial: (InitialState)random.Next(2),
            hasPeers: random.Next(4) > 0);
        var script = new BackendScript(settings);
        string[] inputs =
        [
            "pass", "fail x", "ok", "503", "ConnectFailed", "Broken", "wait 1", "wait 12", "op drain", "op ready", "op maint",
            "op reset", "op weight 3", "op weight 0", "op I", "recover", "resolve 10.0.0.1", "resolve 10.0.0.2", "unresolve gone",
        ];
        for (int i = 0; i < 300; i++)
        {
            Grant before = script.Machine.Grant;
            string input = inputs[random.Next(inputs.Length)];
            script.PlayAnything(input);
            Grant after = script.Machine.Grant;

            string context = $"seed {seed} step {i} '{input}': {BackendScript.Describe(after)}";
            Assert.True(ReferenceEquals(before, after) || after.Epoch > before.Epoch, context);
            Assert.True(after.State == GrantState.Closed || after.Addresses.Count > 0, context);
            Assert.True(after.State != GrantState.Open || after.Weight is > 0 and <= 1_000_000, context);
            Assert.True((after.State == GrantState.Open) == (script.Machine.Condition == MemberCondition.None), context);
            Assert.True(after.State == GrantState.Closed || script.Machine.Checks.IsUp || settings.Health.Active is null, context);
        }
    }

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 60)];
}
