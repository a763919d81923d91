using System.Globalization;
using Proxy.Cluster.Revisions;
using Proxy.Tests.Cluster.Engine;
using Proxy.Tests.Simulation;

namespace Proxy.Tests.Cluster.Revisions;

/// <summary>Three nodes that commit, stage, roll back, die, lose their links and the engine, drawn from a seed. Always:
/// what was answered "committed" stays where it was committed. In the end all know and run the same.</summary>
public sealed class RevisionSimulationTests
{
    private const int Seeds = 40;

    // News that came while the journal was read to its end was missed.
    private static readonly int[] Regressions = [242];

    private static readonly string[] Names = ["n1", "n2", "n3"];

    [Fact]
    public async Task Whatever_happens_all_nodes_agree_in_the_end()
    {
        foreach (int seed in Enumerable.Range(1, Seeds).Concat(Regressions))
        {
            try
            {
                using var run = new Run(seed);
                await run.PlayAsync();
            }
            catch (Exception problem)
            {
                throw new InvalidOperationException($"seed {seed}: {problem.Message}", problem);
            }
        }
    }

    private sealed class Run : IDisposable
    {
        private readonly SimDispatcher _dispatcher;
        private readonly SimEngine _engine;
        private readonly Random _random;
        private readonly Dictionary<string, SimEngineClient> _links = [];
        private readonly Dictionary<string, RevisionNode> _nodes = [];
        private readonly Dictionary<string, RememberedRevision?> _disks = [];
        private readonly List<Task<RevisionAnswer>> _asked = [];

        public Run(int seed)
        {
            _dispatcher = new SimDispatcher(seed);
            _engine = new SimEngine(_dispatcher.Time, SimEngineOptions.LikeEtcd);
            _random = new Random(seed);
        }

        public void Dispose() => _engine.Dispose();

        public async Task PlayAsync()
        {
            foreach (string name in Names)
            {
                Start(name);
            }

            for (int step = 0; step < 40; step++)
            {
                Act();
                _dispatcher.Advance(TimeSpan.FromMilliseconds(_random.Next(1_500)));
            }

            _engine.Answer();
            foreach (string name in Names)
            {
                _links[name].LoseNextAnswer = false;
                _links[name].Heal();
                if (!_nodes.ContainsKey(name))
                {
                    Start(name);
                }
            }

            // The word that ends a staging, should one be open, and a last change.
            _dispatcher.Advance(TimeSpan.FromSeconds(10));
            _nodes["n1"].Commit(new RevisionRequest.Continue { Who = "end" });
            Assert.IsType<RevisionAnswer.Committed>(_nodes["n2"].Set("pools.app.members.a.weight", "99"));
            _dispatcher.Advance(TimeSpan.FromSeconds(10));

            RevisionView view = _nodes["n1"].Store.View;
            foreach (RevisionNode node in _nodes.Values)
            {
                Assert.Equal(view.Head?.Number, node.Store.View.Head?.Number);
                Assert.Equal(view.Head?.Number, node.Ran[^1]);
                Assert.Equal(view.Head?.Open()?.Text, node.Running);
                Assert.Equal(
                    view.Known.TakeLast(20).Select(static one => one.Id),
                    node.Store.View.Known.TakeLast(20).Select(static one => one.Id));
            }

            foreach (Task<RevisionAnswer> asked in _asked.Where(static task => task.IsCompletedSuccessfully))
            {
                if (await asked is RevisionAnswer.Committed committed)
                {
                    Assert.Equal(committed.Revision.Id, view.At(committed.Revision.Number)?.Id);
                }
            }
        }

        private void Act()
        {
            string name = Names[_random.Next(Names.Length)];
            RevisionNode? node = _nodes.GetValueOrDefault(name);
            switch (_random.Next(10))
            {
                case 0 when node is not null:
                    // Kill: nothing is told to anybody.
                    _disks[name] = node.Memory;
                    node.Dispose();
                    _links[name].Cut();
                    _nodes.Remove(name);
                    break;
                case 0 or 1 when node is null:
                    Start(name);
                    break;
                case 2:
                    _links[name].Cut();
                    break;
                case 3:
                    _links[name].Heal();
                    break;
                case 4:
                    _engine.Elect(TimeSpan.FromMilliseconds(_random.Next(3_000)));
                    break;
                case 5:
                    _links[name].LoseNextAnswer = true;
                    break;
                case 6 when node is not null:
                    Ask(node, new RevisionRequest.Rollback(1 + _random.Next(5)) { Who = name });
                    break;
                case 7 when node is not null:
                    Ask(node, Setting() with { First = Names[_random.Next(Names.Length)], GoesOn = true });
                    break;
                default:
                    if (node is not null)
                    {
                        Ask(node, Setting() with { Expected = Seen(node) });
                    }

                    break;
            }
        }

        private long? Seen(RevisionNode node) => _random.Next(2) == 0 ? null : node.Store.View.Head?.Number ?? 0;

        private RevisionRequest Setting() => RevisionNode.Setting(
            "pools.app.members.a.weight", _random.Next(1, 90).ToString(CultureInfo.InvariantCulture));

        private void Ask(RevisionNode node, RevisionRequest request) => _asked.Add(node.Send(request));

        private void Start(string name)
        {
            SimEngineClient link = _engine.Connect(name);
            _links[name] = link;
            var slow = new SlowEngine(link, _dispatcher.Time, _random, TimeSpan.FromMilliseconds(200));
            var node = new RevisionNode(
                _dispatcher, name, slow, RevisionClusterTests.File(), Names, _disks.GetValueOrDefault(name));
            _nodes[name] = node;
            RevisionStart start = node.Start();
            Assert.Null(start.Problem);
        }
    }
}
