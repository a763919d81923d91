using Proxy.Actors.Config;
using Proxy.Actors.Pools;
using Proxy.Actors.Publishing;
using Proxy.Edge.Topology;

namespace Proxy.Tests.Actors.Pools;

/// <summary>A pool under random checks, observations, orders, reloads and crashes on virtual time. What must hold is
/// checked after every step; a failure prints the seed and the last turns.</summary>
public sealed class PoolSwarmTests
{
    private const int SeedsPerCase = 32;
    private const int Steps = 30;

    [Theory]
    [MemberData(nameof(Cases))]
    public void Promises_hold_whatever_happens(int @case)
    {
        for (int seed = @case * SeedsPerCase; seed < (@case + 1) * SeedsPerCase; seed++)
        {
            var swarm = new Swarm(seed);
            try
            {
                swarm.Run();
            }
            catch (Exception error)
            {
                Assert.Fail($"seed {seed}, step {swarm.Step}: {error.Message}\n{swarm.Story}\n{error.StackTrace}");
            }
        }
    }

    [Fact]
    public void The_same_seed_gives_the_same_run()
    {
        var one = new Swarm(77);
        var two = new Swarm(77);

        one.Run();
        two.Run();

        Assert.Equal(one.TraceHash, two.TraceHash);
        Assert.NotEqual(one.TraceHash, new Swarm(78).TraceHash);
    }

    public static TheoryData<int> Cases => [.. Enumerable.Range(0, 10)];

    private sealed class Swarm
    {
        private static readonly string[] Orders =
        [
            "ready", "drain", "maint", "reset", "D", "-D-S", "I", "R", "H", "-R-H", "-E",
            "weight 0", "weight 9", "weight default",
        ];

        private readonly Random _random;
        private readonly PoolRig _rig;
        private readonly Dictionary<MemberState, Grant> _lastGrants = [];
        private readonly Dictionary<string, MemberOverride> _orders = [];
        private readonly List<string> _story = [];
        private long _lastCandidates;
        private PoolConfig _pool;
        private Answer<PublishAnswer> _published;

        public Swarm(int seed)
        {
            _random = new Random(seed);
            _rig = new PoolRig(seed);
            _rig.Origins.Names["a.example"] = "10.0.0.1";
            _pool = RandomPool();
            _published = _rig.Publish(_pool);
        }

        public int Step { get; private set; }

        public string Story =>
            string.Join('\n', _story.TakeLast(15).Concat(_rig.Events.Lines.TakeLast(15)));

        public ulong TraceHash => _rig.Dispatcher.TraceHash;

        public void Run()
        {
            for (Step = 0; Step < Steps; Step++)
            {
                Disturb();
                Check();
            }

            CalmDown();
        }

        private PoolConfig RandomPool()
        {
            string[] all = ["A", "b", "c:1", "d+R", "e+H", "f:1+R", "g=3"];
            string members = string.Join(' ', all.Where(_ => _random.Next(3) > 0).DefaultIfEmpty("b"));
            ActiveHealthConfig? active = _random.Next(3) == 0 ? null : PoolRig.Active with
            {
                Rise = _random.Next(1, 4),
                Fall = _random.Next(1, 4),
                FastInterval = TimeSpan.FromSeconds(_random.Next(0, 3)),
                Jitter = 20,
            };
            return PoolRig.Pool(members, active) with
            {
                SlowStart = TimeSpan.FromSeconds(_random.Next(3) * 4),
                InitialState = (InitialState)_random.Next(2),
                Health = new HealthConfig
                {
                    Active = active,
                    Passive = new PassiveHealthConfig
                    {
                        Failures = _random.Next(0, 4), Retry = TimeSpan.FromSeconds(7),
                    },
                },
            };
        }

        private string AnyMember() => _pool.Members[_random.Next(_pool.Members.Count)].Name;

        private void Disturb()
        {
            string member = AnyMember();
            char origin = (char)('a' + _random.Next(7));
            switch (_random.Next(12))
            {
                case 0:
                    Tell($"kill {origin}", () => _rig.Origins.Kill(origin));
                    break;
                case 1 or 2:
                    Tell($"revive {origin}", () => _rig.Origins.Revive(origin));
                    break;
                case 3 or 4:
                    var outcome = (Outcome)_random.Next(6);
                    Tell($"{member} {outcome}", () => _rig.Observe(member, outcome, 200));
                    break;
                case 5 or 6:
                    string order = Orders[_random.Next(Orders.Length)];
                    Tell($"{member} {order}", () => Order(member, order));
                    break;
                case 7:
                    _pool = RandomPool();
                    string names = string.Join(' ', _pool.Members.Select(static m => m.Name));
                    Tell($"publish {names}", () => _published = _rig.Publish(_pool));
                    break;
                case 8:
                    Tell($"crash {member}", () => _rig.Events.FailAtCheckOf = member);
                    break;
                case 9:
                    _rig.Origins.Latency = TimeSpan.FromMilliseconds(_random.Next(1, 3000));
                    break;
                case 10:
                    string? name = _random.Next(2) == 0 ? null : $"10.0.0.{_random.Next(1, 4)}";
                    Tell($"name {name}", () => SetName(name));
                    break;
                default:
                    Tell("crash publisher", CrashPublisher);
                    break;
            }

            double seconds = _random.NextDouble() * 8;
            Tell($"wait {seconds:0.0}", () => _rig.Run(seconds));
        }

        private void Tell(string what, Action action)
        {
            _story.Add(what);
            action();
        }

        private void Order(string member, string order)
        {
            Assert.Null(_rig.Order(member, order));
            Assert.True(MemberCommand.TryParse(order, out MemberCommand command));
            MemberConfig config = _pool.Members.Single(config => config.Name == member);
            _orders[member] = command.ApplyTo(
                _orders.GetValueOrDefault(member, MemberOverride.None), BackendSettings.FlagsOf(config));
        }

        private void SetName(string? addresses)
        {
            _rig.Origins.Names.Clear();
            if (addresses is not null)
            {
                _rig.Origins.Names["a.example"] = addresses;
            }
        }

        private void CrashPublisher()
        {
            _rig.Edge.Throw = new InvalidOperationException("planted");
            _rig.Publish(_pool);
            _rig.Run(15);
            _rig.Edge.Throw = null;
            _published = _rig.Publish(_pool);
            _rig.Run(4);
        }

        private void Check()
        {
            Assert.DoesNotContain(_rig.Events.Oddities, static error => error is not OperationCanceledException);
            CandidateList candidates = _rig.CandidateList();
            Assert.True(candidates.Epoch >= _lastCandidates, "the epoch of the candidates went back");
            _lastCandidates = candidates.Epoch;
            Assert.Equal(candidates.Members.Distinct(), candidates.Members);
            for (int i = 0; i < candidates.Count; i++)
            {
                Grant grant = candidates.Members[i].Grant;
                Assert.True(grant.State == GrantState.Open, $"{candidates.Members[i]} is listed but {grant}");
                Assert.Equal(grant.Weight, candidates.Weights[i]);
            }

            foreach (MemberConfig member in _pool.Members)
            {
                MemberState state = _rig.State(member.Name);
                Grant before = _lastGrants.GetValueOrDefault(state, Grant.None);
                Assert.True(state.Grant.Epoch >= before.Epoch, $"{state}: epoch went back");
                bool same = ReferenceEquals(before, state.Grant) || before.Epoch == 0;
                Assert.True(state.Grant.Epoch > before.Epoch || same, $"{state}: another grant of the same epoch");
                _lastGrants[state] = state.Grant;
            }

            string[] listed = [.. candidates.Members.Select(static member => member.Id.Name)];
            string[] expected = Expected();

            // While the loops change over, the candidates of the configuration before follow.
            Assert.Equal(expected, _published.IsGiven ? listed : listed[..Math.Min(expected.Length, listed.Length)]);
        }

        /// <summary>The rule of the candidates, written a second time and differently.</summary>
        private string[] Expected()
        {
            foreach (var set in _pool.Members.GroupBy(static m => m.Set).OrderBy(static s => s.Key))
            {
                string[] Open(MemberRole role) =>
                [
                    .. set.Where(m => RoleOf(m) == role && _rig.State(m.Name).Grant.State == GrantState.Open)
                        .Select(static m => m.Name),
                ];
                string[] primaries = Open(MemberRole.Primary);
                int missing = set.Count(m => RoleOf(m) == MemberRole.Primary) - primaries.Length;
                string[] serving = [.. primaries, .. Open(MemberRole.Spare).Take(missing)];
                serving = serving.Length > 0 ? serving : Open(MemberRole.Standby);
                if (serving.Length > 0)
                {
                    return serving;
                }
            }

            return [];
        }

        private MemberRole RoleOf(MemberConfig member) => MemberConfig.RoleOf(
            _orders.GetValueOrDefault(member.Name, MemberOverride.None).Flags ?? BackendSettings.FlagsOf(member),
            MemberRole.Primary);

        /// <summary>When all origins work, the name resolves and operators step back, every primary serves after a
        /// while.</summary>
        private void CalmDown()
        {
            _rig.Events.FailAtCheckOf = null;
            _rig.Origins.DownPorts.Clear();
            _rig.Origins.Latency = TimeSpan.FromMilliseconds(5);
            SetName("10.0.0.9");
            foreach (MemberConfig member in _pool.Members)
            {
                Order(member.Name, "reset");
            }

            _rig.Run(60);
            Check();
            foreach (MemberConfig member in _pool.Members)
            {
                Grant grant = _rig.State(member.Name).Grant;
                Assert.True(grant.State == GrantState.Open, $"{member.Name} stays {grant}");
                Assert.Equal(member.Weight, grant.Weight);
            }

            // And checks still decide.
            if (_pool.Health.Active is not null)
            {
                foreach (MemberConfig member in _pool.Members)
                {
                    _rig.Origins.Kill(char.ToLowerInvariant(member.Name[0]));
                }

                _rig.Run(60);
                Check();
                Assert.Empty(_rig.Candidates());
            }
        }
    }
}
