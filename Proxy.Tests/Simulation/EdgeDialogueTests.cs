using System.Text;
using Proxy.Edge.Topology;

namespace Proxy.Tests.Simulation;

/// <summary>Single conversations on the simulated loop, for what a random swarm meets too rarely.</summary>
public sealed class EdgeDialogueTests
{
    [Fact]
    public void A_body_whose_end_fills_the_buffer_of_its_head_is_still_framed()
    {
        for (int i = 0; i < 7 * 21; i++)
        {
            int total = 4080 + (i / 7);
            string head = "HTTP/1.1 200 OK\r\nX-A: b\r\n\r\n";
            // Some seeds split what must arrive in one piece.
            var dialogue = new Dialogue(new SimLink(1 << 20, 1 << 20, 100), seed: i % 7);
            dialogue.Origin = peer =>
            {
                peer.Send(Encoding.ASCII.GetBytes(head[..10]));
                peer.Send(Encoding.ASCII.GetBytes(head[10..] + new string('x', total - head.Length)), 10_000);
                peer.Close(10_000);
            };
            dialogue.Ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n");

            dialogue.Run();

            Assert.EndsWith("\r\n0\r\n\r\n", dialogue.Answer, StringComparison.Ordinal);
            Assert.Equal(total - head.Length, dialogue.Answer.Split("\r\n\r\n", 2)[1].Count(letter => letter == 'x'));
        }
    }

    [Fact]
    public void A_reader_who_stops_is_reset_so_that_half_a_body_without_a_length_is_not_taken_for_all_of_it()
    {
        var dialogue = new Dialogue(new SimLink(1 << 20, 2000, 100));
        dialogue.Origin = peer => peer.Send(Encoding.ASCII.GetBytes(
            $"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1f40\r\n{new string('x', 8000)}\r\n0\r\n\r\n"));
        dialogue.Client.ReadBytes = 0;
        dialogue.Ask("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
        dialogue.Loop.After(60_000_000, () =>
        {
            dialogue.Client.ReadBytes = int.MaxValue;
            dialogue.Client.OnInput();
        });

        dialogue.Run();

        Assert.True(dialogue.WasReset);
        Assert.False(dialogue.HasEnded);
    }

    [Fact]
    public void Bytes_behind_an_answer_are_never_the_answer_to_the_next_request()
    {
        var dialogue = new Dialogue(new SimLink(1 << 20, 1 << 20, 100));
        int connections = 0;
        dialogue.Origin = peer => peer.Send(Encoding.ASCII.GetBytes(
            $"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{connections++:d2}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"));
        dialogue.Ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        dialogue.Loop.After(1_000_000, () => dialogue.Ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));

        dialogue.Run();

        Assert.Contains("\r\n\r\n01", dialogue.Answer, StringComparison.Ordinal);
        Assert.DoesNotContain("evil", dialogue.Answer, StringComparison.Ordinal);
    }

    private sealed class Dialogue : ISimServer, ISimScript, IObservationSink
    {
        private readonly StringBuilder _answer = new();
        private readonly SimEdge _edge;

        public Dialogue(SimLink link, int seed = 1)
        {
            Loop = new SimLoop(seed);
            Loop.Network.Link = () => link;
            var plan = new EdgeSimulationPlan(new Random(0));
            _edge = new SimEdge(Loop, plan.Snapshot, this);
            foreach (SocketTarget origin in plan.Origins)
            {
                Loop.Network.Serve(origin, this);
            }

            Client = Loop.Network.ConnectIn(EdgeSimulationPlan.Bind, ClientAddress.FromIpv4(0x0A000001), 4000);
            Client.Script = this;
        }

        public SimLoop Loop { get; }

        public SimPeer Client { get; }

        public Action<SimPeer> Origin { get; set; } = _ => { };

        public bool WasReset { get; private set; }

        public bool HasEnded { get; private set; }

        public string Answer => _answer.ToString();

        public void Ask(string request) => Client.Send(Encoding.ASCII.GetBytes(request));

        public void Run()
        {
            while (Loop.Turn())
            {
            }

            Assert.Empty(Loop.Failures);
            Assert.Equal(0, _edge.Slot.Count);
            Assert.Equal(0, Loop.Buffers.RentedBytes);
        }

        public SimAccept OnConnect() => SimAccept.Accept;

        public void OnAccepted(SimPeer peer) => peer.Script = new OriginScript(this, peer);

        public void OnBytes(ReadOnlySpan<byte> bytes) => _answer.Append(Encoding.ASCII.GetString(bytes));

        public void OnEnd() => HasEnded = true;

        public void OnReset() => WasReset = true;

        public void Observe(in Observation observation)
        {
        }

        private sealed class OriginScript(Dialogue dialogue, SimPeer peer) : ISimScript
        {
            private readonly StringBuilder _request = new();

            public void OnBytes(ReadOnlySpan<byte> bytes)
            {
                _request.Append(Encoding.ASCII.GetString(bytes));
                if (_request.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
                {
                    _request.Clear();
                    dialogue.Origin(peer);
                }
            }

            public void OnEnd() => peer.Close();

            public void OnReset()
            {
            }
        }
    }
}
