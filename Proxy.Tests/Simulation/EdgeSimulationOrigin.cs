using System.Globalization;
using System.Text;

namespace Proxy.Tests.Simulation;

/// <summary>An origin server that answers well or, in a run that is not calm, in every wrong way there is.</summary>
internal sealed class EdgeSimulationOrigin(EdgeSimulationRun run) : ISimServer
{
    public SimAccept OnConnect()
    {
        if (run.Plan.Calm)
        {
            return SimAccept.Accept;
        }

        return run.Random.Next(30) switch
        {
            0 or 1 => SimAccept.Refuse,
            2 => SimAccept.Silence,
            _ => SimAccept.Accept,
        };
    }

    public void OnAccepted(SimPeer peer)
    {
        var wire = new EdgeSimulationWire(run);
        peer.In.Tap = wire.Feed;
        peer.Script = new Connection(run, peer, wire);
        if (!run.Plan.Calm && run.Random.Next(30) == 0)
        {
            // Gone again at once, or before anything was asked.
            long delay = run.Random.Next(2) * run.Random.NextInt64(2_000_000);
            if (run.Random.Next(2) == 0)
            {
                peer.Close(delay);
            }
            else
            {
                peer.Reset(delay);
            }
        }
    }

    private enum Manner : byte
    {
        Proper,
        Silent,
        ResetFirst,
        CloseFirst,
        BadFraming,
        CutHead,
        CutBody,
        StuckBody,
        MoreBehind,
        UnaskedUpgrade,
        EndlessInterim,
        CloseAfter,
    }

    private sealed class Connection : ISimScript, ISimMessages
    {
        private static readonly int[] Statuses = [200, 200, 200, 201, 204, 302, 304, 404, 500, 503];

        private readonly EdgeSimulationRun _run;
        private readonly SimPeer _peer;
        private readonly SimMessageReader _reader;
        private readonly EdgeSimulationWire _wire;
        private SimRequest? _request;
        private Manner _manner;
        private int _bodyBytes;
        private bool _early;

        public Connection(EdgeSimulationRun run, SimPeer peer, EdgeSimulationWire wire)
        {
            _wire = wire;
            _run = run;
            _peer = peer;
            _reader = new SimMessageReader(this, responses: false);
            if (run.Random.Next(5) == 0)
            {
                peer.ReadBytes = (run.Plan.Calm ? 500 : 1) + run.Random.Next(3000);
                peer.ReadPause = run.Random.NextInt64(20_000);
            }
        }

        private Random Random => _run.Random;

        public void OnBytes(ReadOnlySpan<byte> bytes) => _reader.Feed(bytes);

        public void OnEnd() => _peer.Close();

        public void OnReset()
        {
        }

        public bool HasNoBody(SimHead head) => false;

        public void OnHead(SimHead head)
        {
            _request = _run.Ledger.Request(head.Number("X-Id"));
            _bodyBytes = 0;
            _manner = _run.Plan.Calm || Random.Next(3) > 0 ? Manner.Proper : (Manner)Random.Next(1, 12);
            _early = !_run.Plan.Calm && Random.Next(12) == 0;
            if (head["Expect"] is not null && !_early && Random.Next(4) > 0)
            {
                _peer.Send(Bytes("HTTP/1.1 100 Continue\r\n\r\n"), Pause());
            }

            if (_early)
            {
                if (Random.Next(3) == 0)
                {
                    _peer.ReadBytes = 0;
                }

                Answer();
            }
        }

        public void OnBody(ReadOnlySpan<byte> bytes)
        {
            if (_request is not null)
            {
                _run.Ledger.CheckRequestBody(_request, _bodyBytes, bytes);
                _bodyBytes += bytes.Length;
            }
        }

        public void OnComplete(string[] trailers)
        {
            if (!_early)
            {
                Answer();
            }
        }

        private void Answer()
        {
            if (_request is null)
            {
                return;
            }

            for (int i = Random.Next(8) == 0 ? Random.Next(3) : 0; i > 0; i--)
            {
                _peer.Send(Bytes($"HTTP/1.1 10{2 + i} Interim\r\nX-Interim: {i}\r\n\r\n"), Pause());
            }

            switch (_manner)
            {
                case Manner.Silent:
                    break;
                case Manner.ResetFirst:
                    _peer.Reset(Pause());
                    break;
                case Manner.CloseFirst:
                    _peer.Close(Pause());
                    break;
                case Manner.UnaskedUpgrade:
                    _peer.Send(Bytes("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello"));
                    break;
                case Manner.EndlessInterim:
                    _peer.Send(Bytes(string.Concat(Enumerable.Repeat("HTTP/1.1 103 Early Hints\r\nX-Interim: 1\r\n\r\n", 40))));
                    break;
                default:
                    SendAnswer();
                    break;
            }
        }

        private void SendAnswer()
        {
            SimRequest request = _request!;
            int status = Statuses[Random.Next(Statuses.Length)];
            bool bodiless = status is 204 or 304 || request.Method == "HEAD";
            int framing = Random.Next(10) switch { < 6 => 0, < 9 => 1, _ => 2 };
            bool cuts = _manner is Manner.CutHead or Manner.CutBody or Manner.StuckBody;
            bool trailers = framing == 1 && !bodiless && Random.Next(3) == 0;
            bool reset = Random.Next(2) == 0;
            int length = bodiless ? 0 : _run.BodyBytes();
            if (_manner == Manner.CutBody && (bodiless || length < 2))
            {
                _manner = Manner.CutHead;
            }

            var answer = new SimAnswer
            {
                Number = _run.Ledger.NextAnswerNumber,
                Request = request,
                Status = status,
                BodyBytes = length,
                Trailers = trailers,
                IsBroken = _manner == Manner.BadFraming || cuts,
            };
            if (_manner == Manner.StuckBody && (bodiless || length < 2))
            {
                answer = answer with { IsBroken = false };
                _manner = Manner.Proper;
            }

            if (framing == 2 && !bodiless && _manner == Manner.MoreBehind)
            {
                // Whatever follows would be body.
                _manner = Manner.Proper;
            }

            if (framing == 2 && _manner == Manner.CutBody)
            {
                // Only a reset tells this from a complete body.
                reset = true;
            }

            _run.Ledger.Add(answer);
            byte[] head = Bytes(Head(answer, framing, bodiless));
            byte[] body = bodiless ? [] : Body(answer, framing);
            if (_manner == Manner.CutHead)
            {
                (head, body) = (head[..Random.Next(1, head.Length - 2)], []);
            }
            else if (_manner is Manner.CutBody or Manner.StuckBody)
            {
                body = body[..Random.Next(body.Length - 1)];
            }

            SendInPieces([.. head, .. body]);
            Afterwards(framing == 2 && !bodiless, reset);
        }

        private void Afterwards(bool untilClose, bool reset)
        {
            switch (_manner)
            {
                case Manner.StuckBody:
                    break;
                case Manner.CutHead or Manner.CutBody:
                    if (reset)
                    {
                        _peer.Reset(Pause());
                    }
                    else
                    {
                        _peer.Close(Pause());
                    }

                    break;
                case Manner.MoreBehind:
                    _wire.IsSpoilt = true;
                    _peer.Send(Bytes("HTTP/1.1 200 OK\r\nX-Answer: 999999999\r\nContent-Length: 4\r\n\r\nevil"), Random.Next(2) * Pause());
                    break;
                case Manner.CloseAfter:
                    _peer.Close(Random.NextInt64(3_000_000));
                    break;
                default:
                    if (untilClose)
                    {
                        _peer.Close(Pause());
                    }

                    break;
            }
        }

        private string Head(SimAnswer answer, int framing, bool bodiless)
        {
            var head = new StringBuilder();
            head.Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {answer.Status} Fine\r\nX-Answer: {answer.Number}\r\n");
            head.Append(CultureInfo.InvariantCulture, $"X-Id: {answer.Request.Id}\r\n");
            if (Random.Next(4) == 0)
            {
                // Heads that end near a buffer's border.
                head.Append("X-Filler: ").Append('f', Random.Next(4100)).Append("\r\n");
            }

            if (_manner == Manner.BadFraming)
            {
                head.Append(BadFraming());
            }
            else if (framing == 0 && answer.Status is not 204)
            {
                head.Append(CultureInfo.InvariantCulture, $"Content-Length: {(bodiless ? 5 : answer.BodyBytes)}\r\n");
            }
            else if (framing == 1 && answer.Status is not 204)
            {
                head.Append("Transfer-Encoding: chunked\r\n");
            }

            if (Random.Next(10) == 0)
            {
                head.Append("Connection: close\r\n");
            }

            return head.Append("\r\n").ToString();
        }

        private string BadFraming() => Random.Next(6) switch
        {
            0 => "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            1 => "Content-Length: 5\r\nContent-Length: 6\r\n",
            2 => "Content-Length: 5, 5\r\n",
            3 => "Transfer-Encoding: gzip, chunked\r\n",
            4 => "Content-Length : 5\r\n",
            _ => "Content-Length: -5\r\n",
        };

        private byte[] Body(SimAnswer answer, int framing)
        {
            byte[] body = EdgeSimulationLedger.AnswerBody(answer);
            return framing == 1 ? _run.Chunk(body, answer.Trailers) : body;
        }

        private void SendInPieces(byte[] bytes)
        {
            int at = 0;
            for (int pieces = Random.Next(3) == 0 ? Random.Next(8) : 0; pieces > 0 && at < bytes.Length; pieces--)
            {
                int piece = 1 + Random.Next(Random.Next(2) == 0 ? Math.Min(300, bytes.Length - at) : bytes.Length - at);
                _peer.Send(bytes[at..(at + piece)], Pause());
                at += piece;
            }

            _peer.Send(bytes[at..], Random.Next(2) * Pause());
        }

        /// <summary>Short of every time-out a calm run has.</summary>
        private long Pause() => Random.Next(4) == 0 ? Random.NextInt64(200_000) : Random.NextInt64(2_000);

        private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);
    }
}
