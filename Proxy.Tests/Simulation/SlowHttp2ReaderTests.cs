using System.Text;
using Proxy.Edge.Http2;
using Proxy.Edge.Snapshot;
using Proxy.Edge.Topology;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Simulation;

/// <summary>What a client can make the edge hold that opens many streams and takes nothing.</summary>
public sealed class SlowHttp2ReaderTests
{
    private const int Streams = 100;
    private const int AnswerBytes = 60_000;

    /// <summary>A piece of input of the simulated loop, and what a pool of buffers makes of it.</summary>
    private const int Piece = 2 * SimLoop.ReceiveBytes;

    [Fact]
    public void Many_streams_with_window_0_hold_no_more_than_the_limit_and_a_piece()
    {
        long limited = new Reader(mostUnsent: 256 * 1024).Peak();
        long free = new Reader(mostUnsent: 1 << 30).Peak();

        // Buffers are up to twice as large as what is in them; every request keeps its head.
        const long Heads = Streams * 4096;
        Assert.InRange(limited, 256 * 1024, (2 * 256 * 1024) + (2 * Piece) + Heads);
        Assert.True(free > 2 * limited, $"without a limit {free} bytes, with it {limited}");
    }

    [Fact]
    public void When_the_windows_open_every_answer_arrives_whole()
    {
        var reader = new Reader(mostUnsent: 256 * 1024);
        reader.Peak();

        reader.OpenWindows();
        reader.Run(5_000_000);

        Assert.Equal(Streams, reader.Ended);
        Assert.Equal(Streams * AnswerBytes, reader.PayloadBytes);
        reader.CheckNothingIsLeft();
    }

    [Fact]
    public void Streams_that_stay_stuck_are_given_up_so_that_others_go_on()
    {
        var reader = new Reader(mostUnsent: 256 * 1024);
        reader.Peak();

        // By the write time-out of two seconds: first those that hold something, then those that came after.
        reader.Run(60_000_000);

        Assert.Equal(Streams, reader.ResetByProxy);
        reader.CheckNothingIsLeft();
    }

    [Fact]
    public void A_client_that_resets_what_it_does_not_take_frees_it()
    {
        var reader = new Reader(mostUnsent: 256 * 1024);
        reader.Peak();

        reader.ResetAll();
        reader.Run(5_000_000);

        reader.CheckNothingIsLeft();
    }

    private sealed class Reader : ISimServer, ISimScript, IObservationSink
    {
        private readonly SimLoop _loop = new(1);
        private readonly SimEdge _edge;
        private readonly SimPeer _client;
        private readonly List<byte> _input = [];

        public Reader(int mostUnsent)
        {
            _loop.Network.Link = () => new SimLink(1 << 20, 1 << 20, 100);
            // One without limits that this is not about.
            EdgeSimulationPlan plan = Enumerable.Range(0, 100)
                .Select(static seed => new EdgeSimulationPlan(new Random(seed)))
                .First(static one => one.Calm);
            ListenerPlan listener = plan.Snapshot.Listeners[0] with
            {
                Protocols = ClientProtocols.Http2Cleartext,
                Http2 = new Http2Limits { MaxUnsent = mostUnsent },
                MaxRequestsPerConnection = 0,
            };
            var snapshot = new EdgeSnapshot
            {
                Revision = 1, Routes = plan.Snapshot.Routes, Pools = plan.Snapshot.Pools, Listeners = [listener],
            };
            _edge = new SimEdge(_loop, snapshot, this);
            foreach (SocketTarget origin in plan.Origins)
            {
                _loop.Network.Serve(origin, this);
            }

            _client = _loop.Network.ConnectIn(EdgeSimulationPlan.Bind, ClientAddress.FromIpv4(0x0A000001), 4000);
            _client.Script = this;
        }

        public int Ended { get; private set; }

        public int ResetByProxy { get; private set; }

        public int PayloadBytes { get; private set; }

        /// <summary>Asks on all streams, and returns the most that was held in the second after.</summary>
        public long Peak()
        {
            _client.Send([.. Http2Wire.Preface, .. Http2Wire.Frame(Http2Wire.Settings, 0, 0, Http2Wire.Setting(4, 0))]);
            for (int i = 0; i < Streams; i++)
            {
                _client.Send(Http2Wire.Get(1 + (2 * i)));
            }

            return Run(1_000_000);
        }

        public void OpenWindows() => _client.Send(
        [
            .. Http2Wire.Frame(Http2Wire.WindowUpdate, 0, 0, Http2Wire.Number(1 << 30)),
            .. Http2Wire.Frame(Http2Wire.Settings, 0, 0, Http2Wire.Setting(4, 1 << 20)),
        ]);

        public void ResetAll()
        {
            for (int i = 0; i < Streams; i++)
            {
                _client.Send(Http2Wire.Frame(Http2Wire.Rst, 0, 1 + (2 * i), Http2Wire.Number(8)));
            }
        }

        /// <summary>The most that was held at a time.</summary>
        public long Run(long microseconds)
        {
            long until = _loop.Now + microseconds;
            bool over = false;
            _loop.After(microseconds, () => over = true);
            long most = 0;
            while (!over && _loop.Turn())
            {
                most = Math.Max(most, _loop.Buffers.RentedBytes);
            }

            Assert.Empty(_loop.Failures);
            Assert.True(_loop.Now >= until);
            return most;
        }

        public void CheckNothingIsLeft()
        {
            _client.Close();
            Run(60_000_000);
            Assert.Equal(0, _edge.Slot.Count);
            Assert.Equal(0, _loop.Buffers.RentedBytes);
        }

        public SimAccept OnConnect() => SimAccept.Accept;

        public void OnAccepted(SimPeer peer) => peer.Script = new Origin(peer);

        public void OnBytes(ReadOnlySpan<byte> bytes)
        {
            _input.AddRange(bytes);
            List<Http2Frame> frames = Http2Wire.Read(_input.ToArray(), out int used);
            _input.RemoveRange(0, used);
            foreach (Http2Frame frame in frames)
            {
                Ended += frame.Type is Http2Wire.Data or Http2Wire.Headers ? frame.Flags & Http2Wire.EndStream : 0;
                ResetByProxy += frame.Type == Http2Wire.Rst ? 1 : 0;
                PayloadBytes += frame.Type == Http2Wire.Data ? frame.Payload.Length : 0;
                if (frame.Type == Http2Wire.Settings && frame.Flags == 0)
                {
                    _client.Send(Http2Wire.Frame(Http2Wire.Settings, 1, 0));
                }
            }
        }

        public void OnEnd()
        {
        }

        public void OnReset()
        {
        }

        public void Observe(in Observation observation)
        {
        }

        private sealed class Origin(SimPeer peer) : ISimScript
        {
            private readonly StringBuilder _request = new();

            public void OnBytes(ReadOnlySpan<byte> bytes)
            {
                _request.Append(Encoding.ASCII.GetString(bytes));
                if (_request.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
                {
                    _request.Clear();
                    peer.Send(Encoding.ASCII.GetBytes(
                        $"HTTP/1.1 200 OK\r\nContent-Length: {AnswerBytes}\r\n\r\n{new string('x', AnswerBytes)}"));
                }
            }

            public void OnEnd() => peer.Close();

            public void OnReset()
            {
            }
        }
    }
}
