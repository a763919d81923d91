using System.Text.Json;
using Proxy.Cluster.Commands.Roll;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Cluster.Commands;

/// <summary>The roll against a fleet made of numbers.</summary>
public sealed class RollMachineTests
{
    private static readonly DateTimeOffset Begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Every_node_is_drained_exchanged_and_ready_before_the_next_one()
    {
        var fleet = new Fleet(3);

        string? problem = fleet.Roll(Plan(3));

        Assert.Null(problem);
        Assert.Equal(["drain 0", "leave 0", "drain 1", "leave 1", "drain 2", "leave 2"], fleet.Commands);
        Assert.Equal([1, 2, 3], fleet.Saved);
        Assert.True(fleet.FewestReady >= 2);
    }

    [Fact]
    public void An_upgrade_needs_no_drain()
    {
        var fleet = new Fleet(2);

        Assert.Null(fleet.Roll(Plan(2) with { How = RollHow.Upgrade }));

        Assert.Equal(["upgrade 0", "upgrade 1"], fleet.Commands);
    }

    [Fact]
    public void Nothing_is_begun_while_a_node_is_not_ready()
    {
        var fleet = new Fleet(3);
        fleet.Break(2);

        string? problem = fleet.Roll(Plan(3));

        Assert.Contains("nothing was changed", problem, StringComparison.Ordinal);
        Assert.Empty(fleet.Commands);
    }

    [Fact]
    public void Errors_of_the_new_version_stop_the_roll_after_the_first_node()
    {
        var fleet = new Fleet(3) { NewErrorShare = 0.2 };

        string? problem = fleet.Roll(Plan(3));

        Assert.Contains("errors have grown since node-0", problem, StringComparison.Ordinal);
        Assert.Equal(["drain 0", "leave 0"], fleet.Commands);
        Assert.Empty(fleet.Saved);
    }

    [Fact]
    public void Errors_there_were_before_stop_nothing()
    {
        var fleet = new Fleet(3) { OldErrorShare = 0.2, NewErrorShare = 0.2 };

        Assert.Null(fleet.Roll(Plan(3)));
    }

    [Fact]
    public void A_node_that_does_not_come_back_stops_the_roll()
    {
        var fleet = new Fleet(3) { NeverBack = 1 };

        string? problem = fleet.Roll(Plan(3));

        Assert.Contains("node-1 does not answer after", problem, StringComparison.Ordinal);
        Assert.DoesNotContain("drain 2", fleet.Commands);
        Assert.Equal([1], fleet.Saved);
    }

    [Fact]
    public void A_refused_command_stops_the_roll_with_its_reason()
    {
        var fleet = new Fleet(2) { Refusal = "management is read-only" };

        Assert.Equal("node-0: management is read-only", fleet.Roll(Plan(2)));
    }

    [Fact]
    public void A_node_that_was_drained_for_nothing_serves_again()
    {
        var fleet = new Fleet(2) { Refusal = "no", Refused = "leave" };

        Assert.Equal("node-0: no", fleet.Roll(Plan(2)));
        Assert.Equal(["drain 0", "undrain 0"], fleet.Commands);
    }

    [Fact]
    public void A_resumed_roll_begins_with_the_next_node()
    {
        var fleet = new Fleet(3);

        Assert.Null(fleet.Roll(Plan(3), done: 2));

        Assert.Equal(["drain 2", "leave 2"], fleet.Commands);
    }

    [Fact]
    public void Streams_that_never_end_hold_the_roll_up_only_for_the_time_to_drain()
    {
        var fleet = new Fleet(2) { Connections = 5 };

        Assert.Null(fleet.Roll(Plan(2)));
    }

    /// <summary>Whatever the fleet does: never two nodes away because of the roll, and nothing after its end.</summary>
    [Fact]
    public void Whatever_happens_one_node_at_a_time_is_away()
    {
        for (int seed = 1; seed <= 300; seed++)
        {
            var random = new Random(seed);
            int size = random.Next(2, 6);
            var fleet = new Fleet(size)
            {
                NewErrorShare = random.Next(4) == 0 ? 0.3 : 0,
                OldErrorShare = random.Next(4) == 0 ? 0.1 : 0,
                NeverBack = random.Next(4) == 0 ? random.Next(size) : -1,
                Connections = random.Next(3) * 7,
                BackAfter = random.Next(1, 40),
            };
            string? problem = fleet.Roll(
                Plan(size) with { How = random.Next(2) == 0 ? RollHow.Replace : RollHow.Upgrade });

            Assert.True(fleet.FewestReady >= size - 1, $"seed {seed}: only {fleet.FewestReady} of {size} were ready");
            Assert.True(problem is not null || fleet.Saved.Count == size, $"seed {seed}");
        }
    }

    [Fact]
    public void Progress_is_for_the_same_nodes_only()
    {
        using var folder = new TempFolder();
        string file = Path.Combine(folder.Path, "roll.json");

        Assert.Equal(0, RollProgress.Read(file, ["a", "b"], out string? none));
        RollProgress.Write(file, ["a", "b"], 1);
        int done = RollProgress.Read(file, ["a", "b"], out string? same);
        RollProgress.Read(file, ["a", "c"], out string? other);
        File.WriteAllText(file, "{");
        RollProgress.Read(file, ["a", "b"], out string? broken);

        Assert.Equal((1, null, null), (done, none, same));
        Assert.Contains("other nodes", other, StringComparison.Ordinal);
        Assert.NotNull(broken);
    }

    [Fact]
    public void The_fleet_is_read_from_the_members_and_the_node_asked_comes_last()
    {
        string? problem = ReadFleet("Up", "a:8558", "", out IReadOnlyList<string> nodes);

        Assert.Null(problem);
        Assert.Equal(["http://b:8558", "http://a:8558"], nodes);
    }

    [Theory]
    [InlineData("Leaving", "a:8558", "", "node a is Leaving")]
    [InlineData("Up", "", "", "node a tells no management address")]
    [InlineData("Up", "a:8558", "{}", "unreachable")]
    public void A_fleet_that_is_not_whole_is_not_rolled(
        string status, string address, string silent, string expected) =>
        Assert.Contains(expected, ReadFleet(status, address, silent, out _), StringComparison.Ordinal);

    private static string? ReadFleet(string status, string address, string silent, out IReadOnlyList<string> nodes)
    {
        using JsonDocument view = JsonDocument.Parse($$"""
            { "selfNode": "proxy://p@a:7400", "unreachable": [{{silent}}], "members": [
              { "node": "proxy://p@a:7400", "name": "a", "status": "{{status}}", "management": "{{address}}" },
              { "node": "proxy://p@b:7400", "name": "b", "status": "Up", "management": "http://b:8558" } ] }
            """);
        nodes = FleetMembers.Read(view.RootElement, "http", out string? problem);
        return problem;
    }

    private static RollPlan Plan(int size) => new()
    {
        Nodes = [.. Enumerable.Range(0, size).Select(static i => $"http://node-{i}:8558")],
    };

    private sealed class Fleet(int size)
    {
        private readonly int[] _generation = new int[size];
        private readonly long[] _requests = new long[size];
        private readonly double[] _errors = new double[size];
        private readonly bool[] _away = new bool[size];
        private readonly bool[] _draining = new bool[size];
        private readonly int[] _back = new int[size];

        public List<string> Commands { get; } = [];

        public List<int> Saved { get; } = [];

        public int FewestReady { get; private set; } = int.MaxValue;

        public double OldErrorShare { get; init; }

        public double NewErrorShare { get; init; }

        public int NeverBack { get; init; } = -1;

        public int Connections { get; init; }

        public string? Refusal { get; init; }

        /// <summary>The verb that is refused; empty = every one.</summary>
        public string Refused { get; init; } = "";

        /// <summary>Looks until an exchanged node is there again.</summary>
        public int BackAfter { get; init; } = 3;

        public void Break(int node)
        {
            _away[node] = true;
            _back[node] = int.MaxValue;
        }

        /// <summary>Why it stopped; null when it did not.</summary>
        public string? Roll(RollPlan plan, int done = 0)
        {
            var machine = new RollMachine(plan, done);
            var inputs = new Queue<RollInput>();
            for (int turn = 0; turn < 5000; turn++)
            {
                RollInput input = inputs.TryDequeue(out RollInput? next) ? next : new RollInput.Looked(Step());
                foreach (RollEffect effect in machine.Handle(input, Begin.AddSeconds(turn * 0.5)))
                {
                    switch (effect)
                    {
                        case RollEffect.Command command:
                            inputs.Enqueue(new RollInput.Commanded(Take(command)));
                            break;
                        case RollEffect.Save save:
                            Saved.Add(save.Done);
                            break;
                        case RollEffect.End end:
                            Assert.Empty(machine.Handle(new RollInput.Looked(Step()), Begin.AddDays(1)));
                            return end.Problem;
                    }
                }
            }

            throw new InvalidOperationException("the roll does not end");
        }

        private string? Take(RollEffect.Command command)
        {
            if (Refusal is not null && (Refused.Length == 0 || Refused == command.Verb))
            {
                return Refusal;
            }

            Commands.Add($"{command.Verb} {command.Node}");
            _draining[command.Node] = command.Verb == "drain";
            if (command.Verb is "leave" or "upgrade")
            {
                _away[command.Node] = true;
                _back[command.Node] = command.Node == NeverBack ? int.MaxValue : BackAfter;
            }

            return null;
        }

        private IReadOnlyList<NodeSample?> Step()
        {
            for (int i = 0; i < _away.Length; i++)
            {
                if (_away[i] && _back[i] != int.MaxValue && --_back[i] < 0)
                {
                    _away[i] = false;
                    _generation[i]++;
                    (_requests[i], _errors[i]) = (0, 0);
                }

                if (!_away[i])
                {
                    _requests[i] += 100;
                    _errors[i] += 100 * (_generation[i] == 0 ? OldErrorShare : NewErrorShare);
                }
            }

            FewestReady = Math.Min(
                FewestReady, Enumerable.Range(0, _away.Length).Count(i => !_away[i] && !_draining[i]));
            return
            [
                .. Enumerable.Range(0, _away.Length).Select(i => _away[i] ? null : new NodeSample(
                    $"node-{i}", $"{_generation[i]}", $"{_generation[i]}", !_draining[i], "draining",
                    _draining[i] ? Connections : 9, _requests[i], (long)_errors[i])),
            ];
        }
    }
}
