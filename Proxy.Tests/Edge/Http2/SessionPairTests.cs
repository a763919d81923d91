using System.Text;
using Proxy.Edge.Buffers;
using Proxy.Edge.Http2;

namespace Proxy.Tests.Edge.Http2;

/// <summary>A client's and a server's session joined back to back, with bytes that arrive in pieces of any size, small
/// windows and slow readers: every body arrives as it was sent, and nothing is left over.</summary>
public sealed class SessionPairTests
{
    [Fact]
    public void Whatever_is_sent_arrives()
    {
        for (int seed = 0; seed < 150; seed++)
        {
            try
            {
                new Pair(seed).Run();
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"seed {seed}", error);
            }
        }
    }

    private sealed class Pair
    {
        private readonly Random _random;
        private readonly BufferPool _buffers = new(long.MaxValue);
        private readonly Side _client;
        private readonly Side _server;
        private readonly List<Call> _calls = [];
        private long _now = 1_000_000;

        public Pair(int seed)
        {
            _random = new Random(seed);
            Http2Limits limits = new() { StreamWindow = 65_535 * _random.Next(1, 4), ConnectionWindow = 70_000 };
            _client = new Side(this, Http2Role.Client, limits);
            _server = new Side(this, Http2Role.Server, limits);
            _client.Session.Start(_now);
            _server.Session.Start(_now);
        }

        public void Run()
        {
            int calls = _random.Next(1, 12);
            for (int step = 0; step < 200_000; step++)
            {
                if (_calls.Count < calls && _random.Next(20) == 0)
                {
                    _calls.Add(new Call(_client.Session, _random, number: _calls.Count));
                }

                Call? call = _calls.Count > 0 ? _calls[_random.Next(_calls.Count)] : null;
                call?.Step(_random);
                Move(_client, _server);
                Move(_server, _client);
                if (_calls.Count == calls && _calls.All(static one => one.IsDone))
                {
                    break;
                }
            }

            Assert.All(_calls, static one => one.Check());
            Move(_client, _server, all: true);
            Move(_server, _client, all: true);
            Assert.Null(_client.Error ?? _server.Error);
            Assert.Equal(0, _client.Session.OpenStreams + _server.Session.OpenStreams);
            _client.Session.Abandon(Http2Error.None);
            _server.Session.Abandon(Http2Error.None);
            Assert.Equal(0, _buffers.RentedBytes);
        }

        private void Move(Side from, Side to, bool all = false)
        {
            from.Pending.AddRange(from.Session.Output.AsSpan(0, from.Session.OutputCount).ToArray());
            from.Session.ClearOutput();
            from.Session.SetBlocked(false);
            int take = all ? from.Pending.Count : Math.Min(from.Pending.Count, _random.Next(40_000));
            if (take == 0)
            {
                return;
            }

            byte[] buffer = new byte[64 + take + 64];
            from.Pending.CopyTo(0, buffer, 64, take);
            from.Pending.RemoveRange(0, take);
            to.Session.Receive(buffer, 64, take, _now++);
        }

        internal Call Find(string head) =>
            _calls[int.Parse(head.Split(' ')[1][1..], System.Globalization.CultureInfo.InvariantCulture)];

        private sealed class Side : IHttp2SessionHandler
        {
            private readonly Pair _pair;

            public Side(Pair pair, Http2Role role, Http2Limits limits)
            {
                _pair = pair;
                Session = new Http2Session(role, limits, new Http2Workspace(), pair._buffers, this);
            }

            public Http2Session Session { get; }

            public List<byte> Pending { get; } = [];

            public string? Error { get; private set; }

            public void OnOutput()
            {
            }

            public IHttp2StreamHandler OnStream(Http2Stream stream) => new Accepted(_pair, Session, stream);

            public void OnStreamClosed(Http2Stream stream)
            {
            }

            public void OnPeerSettings()
            {
            }

            public void OnGoAway(Http2Error error)
            {
            }

            public void OnPong()
            {
            }

            public void OnConnectionError(Http2Error error, string reason) => Error = reason;
        }

        /// <summary>The server's end of a call, until it is known which.</summary>
        private sealed class Accepted(Pair pair, Http2Session session, Http2Stream stream) : IHttp2StreamHandler
        {
            private Call _call = null!;

            public void OnHead(byte[] buffer, int start, int count, bool endStream)
            {
                _call = pair.Find(Encoding.Latin1.GetString(buffer, start, count));
                _call.Accept(session, stream);
                _call.Up.Note(endStream);
            }

            public void OnData(byte[] buffer, int start, int count, bool endStream) =>
                _call.Up.Take(buffer.AsSpan(start, count), endStream);

            public void OnTrailers(byte[] buffer, int start, int count) =>
                _call.Up.TakeTrailers(Encoding.Latin1.GetString(buffer, start, count));

            public void OnWritable()
            {
            }

            public void OnReset(Http2Error error, bool unprocessed) =>
                throw new InvalidOperationException($"reset: {error}");
        }
    }

    /// <summary>One direction of one call: what is to be sent, what has come.</summary>
    internal sealed class Flow
    {
        private readonly byte[] _body;
        private readonly bool _trailers;
        private readonly List<byte> _got = [];
        private string _gotTrailers = "";
        private int _sent;
        private bool _ended;
        private int _owed;

        public Flow(Random random)
        {
            _body = new byte[random.Next(3) == 0 ? 0 : random.Next(200_000)];
            random.NextBytes(_body);
            _trailers = random.Next(3) == 0;
        }

        public bool IsSent { get; private set; }

        public bool IsOver => _ended && _owed == 0;

        public void Send(Http2Session session, Http2Stream stream, Random random)
        {
            if (IsSent || stream.UnsentBytes > 0)
            {
                return;
            }

            int count = Math.Min(_body.Length - _sent, random.Next(60_000));
            bool last = _sent + count == _body.Length;
            session.SendData(stream, _body, _sent, count, last && !_trailers);
            _sent += count;
            if (last && _trailers)
            {
                session.SendTrailers(stream, "x-end: yes\r\n"u8);
            }

            IsSent = last;
        }

        public void Note(bool end) => _ended |= end;

        public void Take(ReadOnlySpan<byte> bytes, bool end)
        {
            Assert.False(_ended);
            _got.AddRange(bytes);
            _owed += bytes.Length;
            _ended = end;
        }

        public void TakeTrailers(string trailers)
        {
            _gotTrailers = trailers;
            _ended = true;
        }

        public void Use(Http2Session session, Http2Stream stream, Random random)
        {
            int use = random.Next(2) == 0 ? _owed : _owed / 2;
            session.Consume(stream, use);
            _owed -= use;
        }

        public void Check()
        {
            Assert.True(_ended);
            Assert.True(_body.AsSpan().SequenceEqual(_got.ToArray()));
            Assert.Equal(_trailers ? "x-end: yes\r\n" : "", _gotTrailers);
        }
    }

    internal sealed class Call : IHttp2StreamHandler
    {
        private readonly Http2Session _client;
        private readonly Http2Stream _stream;
        private Http2Session? _server;
        private Http2Stream _accepted = null!;
        private bool _answered;

        public Call(Http2Session client, Random random, int number)
        {
            _client = client;
            Up = new Flow(random);
            Down = new Flow(random);
            _stream = client.Open(this);
            client.SendRequest(
                _stream, Encoding.ASCII.GetBytes($"POST /{number} HTTP/1.1\r\nHost: a\r\n\r\n"), https: false,
                endStream: false);
        }

        public Flow Up { get; }

        public Flow Down { get; }

        public bool IsDone => Up.IsOver && Down.IsOver && Up.IsSent && Down.IsSent;

        public void Accept(Http2Session server, Http2Stream stream) => (_server, _accepted) = (server, stream);

        public void Step(Random random)
        {
            Up.Send(_client, _stream, random);
            Down.Use(_client, _stream, random);
            if (_server is null)
            {
                return;
            }

            if (!_answered)
            {
                _answered = true;
                _server.SendHead(_accepted, 200, "x: y\r\n"u8, endStream: false);
            }

            Down.Send(_server, _accepted, random);
            Up.Use(_server, _accepted, random);
        }

        public void Check()
        {
            Up.Check();
            Down.Check();
        }

        public void OnHead(byte[] buffer, int start, int count, bool endStream) => Down.Note(endStream);

        public void OnData(byte[] buffer, int start, int count, bool endStream) =>
            Down.Take(buffer.AsSpan(start, count), endStream);

        public void OnTrailers(byte[] buffer, int start, int count) =>
            Down.TakeTrailers(Encoding.Latin1.GetString(buffer, start, count));

        public void OnWritable()
        {
        }

        public void OnReset(Http2Error error, bool unprocessed) => throw new InvalidOperationException($"reset: {error}");
    }
}
