using System.Globalization;
using Proxy.Edge.Topology;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Simulation;

/// <summary>An HTTP/2 client connection: asks on many streams at once, perhaps misbehaves, and checks every byte that
/// comes back.</summary>
internal sealed class EdgeSimulationHttp2Client : ISimScript, ISimHttp2Messages
{
    private static readonly string[] Methods = ["GET", "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"];

    private readonly EdgeSimulationRun _run;
    private readonly Queue<SimRequest> _unsent = new();
    private readonly SortedDictionary<int, SimHttp2Exchange> _open = [];
    private readonly int _atOnce;
    private readonly int _window;
    private readonly long _creditPause;
    private SimPeer _peer = null!;
    private SimHttp2Wire _wire = null!;
    private Fault _fault;
    private int _nextStream = 1;
    private bool _leaving;

    public EdgeSimulationHttp2Client(EdgeSimulationRun run)
    {
        _run = run;
        _atOnce = 1 + Random.Next(12);
        _window = Random.Next(4) switch { 0 => 1 + Random.Next(1000), 1 => 0, 2 => 65535, _ => 1 << 20 };
        _creditPause = Random.Next(2) == 0 ? 0 : Random.NextInt64(100_000);
        int count = 1 + Random.Next(20);
        for (int i = 0; i < count; i++)
        {
            SimRequest request = Draw();
            run.Ledger.Add(request);
            _unsent.Enqueue(request);
        }
    }

    private enum Fault : byte
    {
        None,
        Reset,
        Close,
        StopReading,
        NoCredit,
        ResetStreams,
        StopSending,
        Garbage,
    }

    private Random Random => _run.Random;

    public void Connect(SocketTarget target)
    {
        _fault = _run.Plan.Calm || Random.Next(2) == 0 ? Fault.None : (Fault)Random.Next(1, 8);
        _peer = _run.Connect(target, this);
        _wire = new SimHttp2Wire(_peer, this);

        if (_fault is Fault.Reset or Fault.Close or Fault.StopReading or Fault.Garbage)
        {
            _run.Loop.After(Random.NextInt64(Random.Next(2) == 0 ? 100_000 : 4_000_000), Misbehave);
        }

        _wire.Start(_window);
        OpenNext();
    }

    public void OnBytes(ReadOnlySpan<byte> bytes)
    {
        _wire.Feed(bytes);
        _run.Ledger.Check(_wire.Error is null, () => $"to a client: {_wire.Error}");
    }

    public void OnEnd()
    {
        OnGone();
        _peer.Close();
    }

    public void OnReset() => OnGone();

    public void OnHead(int stream, SimHead head, bool end)
    {
        if (!_open.TryGetValue(stream, out SimHttp2Exchange? exchange))
        {
            return;
        }

        if (exchange.OnHead(head, end, _wire.Stream(stream), _wire.Connection))
        {
            CreditStream(stream, exchange);
        }

        EndIf(end, stream);
    }

    public void OnData(int stream, ReadOnlySpan<byte> bytes, bool end)
    {
        int count = bytes.Length;
        if (_fault != Fault.NoCredit && count > 0)
        {
            Later(() => _wire.Credit(0, count));
        }

        if (!_open.TryGetValue(stream, out SimHttp2Exchange? exchange))
        {
            return;
        }

        exchange.OnData(bytes, end);
        EndIf(end, stream);
        if (!end && count > 0)
        {
            CreditStream(stream, exchange);
        }
    }

    public void OnReset(int stream, int error)
    {
        // 0: the answer is complete and the rest of the request not wanted; the stream is closed here already then.
        if (_open.Remove(stream, out SimHttp2Exchange? exchange))
        {
            _run.Ledger.Check(!_run.Plan.Calm, () => $"a calm run reset {exchange.Request} with {error}");
            OpenNext();
        }
    }

    public void OnGoAway(int lastStream, int error)
    {
        _leaving = true;
        _run.Ledger.Check(
            error == 0 || _fault == Fault.Garbage || (error == 4 && !_run.Plan.Calm),
            () => $"GOAWAY with error {error} for nothing");
        _run.Ledger.Check(!_run.Plan.Calm || _open.Count == 0, () => "GOAWAY in the middle of a calm run");
        foreach (int stream in _open.Keys.Where(one => one > lastStream).ToArray())
        {
            _open.Remove(stream);
        }
    }

    public void OnWindow()
    {
        foreach ((int stream, SimHttp2Exchange exchange) in _open)
        {
            exchange.SendBody(_peer, _wire, stream);
        }
    }

    private void OpenNext()
    {
        while (!_leaving && !_peer.IsClosed && _open.Count < _atOnce && _unsent.TryDequeue(out SimRequest? request))
        {
            int stream = _nextStream;
            _nextStream += 2;
            _wire.Open(stream);
            var exchange = new SimHttp2Exchange(_run, request, _fault == Fault.StopSending && Random.Next(2) == 0);
            _open.Add(stream, exchange);
            SendHead(stream, exchange);
            exchange.SendBody(_peer, _wire, stream);
            if (_window < 65535 || Random.Next(3) == 0)
            {
                CreditStream(stream, exchange);
            }

            if (_fault == Fault.ResetStreams && Random.Next(3) > 0)
            {
                _run.Loop.After(Random.NextInt64(Random.Next(2) == 0 ? 5_000 : 2_000_000), () => GiveUp(stream));
            }
        }

        if (_open.Count == 0 && (_unsent.Count == 0 || _leaving) && _fault != Fault.StopReading)
        {
            _peer.Close(Random.Next(3) == 0 ? Random.NextInt64(5_000_000) : 0);
        }
    }

    private void SendHead(int stream, SimHttp2Exchange exchange)
    {
        SimRequest request = exchange.Request;
        var fields = new List<(string, string)>(Http2Wire.Pseudo(request.Method, $"/r/{request.Id}"))
        {
            ("x-id", request.Id.ToString(CultureInfo.InvariantCulture)), ("te", "trailers"),
        };
        if (Random.Next(6) == 0)
        {
            fields.Add(("x-filler", new string('f', Random.Next(5000))));
        }

        if (Random.Next(4) == 0)
        {
            fields.Add(("priority", $"u={Random.Next(8)}{(Random.Next(2) == 0 ? ", i" : "")}"));
        }

        if (!request.Chunked && request.BodyBytes > 0)
        {
            fields.Add(("content-length", request.BodyBytes.ToString(CultureInfo.InvariantCulture)));
        }

        byte end = exchange.HasBody ? (byte)0 : Http2Wire.EndStream;
        byte[] block = Http2Wire.Block([.. fields]);
        int first = Random.Next(5) == 0 ? Random.Next(block.Length) : block.Length;
        byte[] bytes = first == block.Length
            ? Http2Wire.Frame(Http2Wire.Headers, (byte)(end | Http2Wire.EndHeaders), stream, block)
            :
            [
                .. Http2Wire.Frame(Http2Wire.Headers, end, stream, block[..first]),
                .. Http2Wire.Frame(Http2Wire.Continuation, Http2Wire.EndHeaders, stream, block[first..]),
            ];
        int at = Random.Next(4) == 0 ? Random.Next(bytes.Length) : 0;
        _peer.Send(bytes[..at]);
        _peer.Send(bytes[at..], at == 0 ? 0 : Random.NextInt64(50_000));
    }

    private void CreditStream(int stream, SimHttp2Exchange exchange)
    {
        if (_fault != Fault.NoCredit && _wire.Stream(stream).Receive < 65535 && !exchange.AwaitsCredit)
        {
            exchange.AwaitsCredit = true;
            int count = 1 + Random.Next(_run.Plan.Calm || Random.Next(2) == 0 ? 200_000 : 500);
            Later(() =>
            {
                exchange.AwaitsCredit = false;
                if (_open.ContainsKey(stream))
                {
                    _wire.Credit(stream, count);
                }
            });
        }
    }

    private void EndIf(bool end, int stream)
    {
        if (end)
        {
            _open.Remove(stream, out SimHttp2Exchange? exchange);
            exchange!.Check();
            OpenNext();
        }
    }

    private void GiveUp(int stream)
    {
        if (_open.Remove(stream) && !_peer.IsClosed)
        {
            _peer.Send(Http2Wire.Frame(Http2Wire.Rst, 0, stream, Http2Wire.Number(8)));
            OpenNext();
        }
    }

    private void Misbehave()
    {
        switch (_fault)
        {
            case Fault.Reset:
                _peer.Abort();
                break;
            case Fault.StopReading:
                _peer.ReadBytes = 0;
                break;
            case Fault.Garbage:
                byte[] garbage = new byte[9 + Random.Next(40)];
                Random.NextBytes(garbage);
                _peer.Send(garbage);
                break;
            default:
                _peer.Close();
                break;
        }
    }

    private void Later(Action credit)
    {
        if (_creditPause == 0)
        {
            credit();
        }
        else
        {
            _run.Loop.After(_creditPause, () =>
            {
                if (!_peer.IsClosed)
                {
                    credit();
                }
            });
        }
    }

    private SimRequest Draw()
    {
        string method = Methods[Random.Next(Methods.Length)];
        int body = method is "POST" or "PUT" or "PATCH" || Random.Next(20) == 0 ? _run.BodyBytes() : 0;
        bool chunked = Random.Next(2) == 0 && body > 0;
        return new SimRequest
        {
            Id = _run.Ledger.NextRequestId,
            Method = method,
            BodyBytes = body,
            Chunked = chunked,
            Trailers = chunked && Random.Next(3) == 0,
            Http10 = false,
            Expect = false,
            Close = false,
        };
    }

    private void OnGone() => _run.Ledger.Check(
        !_run.Plan.Calm || (_open.Count == 0 && _unsent.Count == 0),
        () => $"a calm run left {_open.Count} and {_unsent.Count} requests without an answer");
}
