using System.Globalization;
using System.Text;
using Proxy.Edge.Topology;

namespace Proxy.Tests.Simulation;

/// <summary>A client connection: asks, perhaps misbehaves, and checks every byte that comes back.</summary>
internal sealed class EdgeSimulationClient : ISimScript, ISimMessages
{
    private static readonly string[] Methods = ["GET", "GET", "GET", "HEAD", "POST", "POST", "PUT", "DELETE", "PATCH", "PURGE"];

    private static readonly string[] Garbage =
    [
        "GET / HTTP/1.1\r\n\r\n",
        "\r\n\r\n\r\n\u0001",
        "POST /r/0 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET /r/0 HTTP/3.0\r\nHost: a\r\n\r\n",
        $"POST /r/0 HTTP/1.1\r\nHost: a\r\nX-Id: {EdgeSimulationLedger.Nobody}\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    ];

    private readonly EdgeSimulationRun _run;
    private readonly Queue<SimRequest> _unsent = new();
    private readonly Queue<SimRequest> _outstanding = new();
    private readonly SimMessageReader _reader;
    private readonly bool _pipelines;
    private SimPeer _peer = null!;
    private SimAnswer? _answer;
    private Fault _fault;
    private bool _inResponse;
    private bool _interim;
    private bool _own;
    private int _bodyBytes;
    private long _stallAfter = long.MaxValue;
    private long _readBytes;
    private bool _ignoresRest;

    public EdgeSimulationClient(EdgeSimulationRun run)
    {
        _run = run;
        _reader = new SimMessageReader(this, responses: true);
        _pipelines = Random.Next(3) == 0;
        int count = 1 + Random.Next(5);
        for (int i = 0; i < count; i++)
        {
            SimRequest request = Draw(last: i == count - 1);
            run.Ledger.Add(request);
            _unsent.Enqueue(request);
        }
    }

    private enum Fault : byte
    {
        None,
        Reset,
        Close,
        HalfClose,
        StopReading,
        StopSending,
        Garbage,
    }

    private Random Random => _run.Random;

    public void Connect(SocketTarget target)
    {
        _fault = _run.Plan.Calm || Random.Next(2) == 0 ? Fault.None : (Fault)Random.Next(1, 7);
        _peer = _run.Connect(target, this);

        if (_fault is Fault.Reset or Fault.Close)
        {
            _run.Loop.After(Random.NextInt64(Random.Next(2) == 0 ? 100_000 : 4_000_000), Leave);
        }
        else if (_fault == Fault.StopReading)
        {
            _stallAfter = Random.Next(2000);
        }

        SendNext();
    }

    public void OnBytes(ReadOnlySpan<byte> bytes)
    {
        _readBytes += bytes.Length;
        if (_readBytes > _stallAfter)
        {
            _peer.ReadBytes = 0;
        }

        if (_ignoresRest)
        {
            return;
        }

        _reader.Feed(bytes);
        _run.Ledger.Check(_reader.Error is null || _ignoresRest, () => $"to a client: {_reader.Error}");
    }

    public void OnEnd()
    {
        if (!_ignoresRest)
        {
            _reader.End();
        }

        _run.Ledger.Check(!_own || !_inResponse || _ignoresRest, () => $"the proxy's own answer to {Describe()} was cut off");
        OnGone();
        if (_fault != Fault.StopSending || Random.Next(2) == 0)
        {
            _peer.Close();
        }
    }

    public void OnReset() => OnGone();

    public bool HasNoBody(SimHead head) =>
        Status(head) is < 200 or 204 or 304 || (_outstanding.TryPeek(out SimRequest? request) && request.Method == "HEAD");

    public void OnHead(SimHead head)
    {
        EdgeSimulationLedger ledger = _run.Ledger;
        _interim = Status(head) < 200;
        if (_interim)
        {
            ledger.Check(_outstanding.Count > 0 && !_outstanding.Peek().Http10, () => $"nobody waits for {head}");
            _peer.Hurry();
            return;
        }

        _inResponse = true;
        _bodyBytes = 0;
        _own = head["X-Answer"] is null;
        _answer = _own ? null : ledger.Answer(head.Number("X-Answer"));
        _outstanding.TryPeek(out SimRequest? asked);
        if (_own)
        {
            ledger.Check(!_run.Plan.Calm, () => $"a calm run refused {Describe()}: {head}");
            ledger.Check(head["Proxy-Status"] is not null && Status(head) >= 400, () => $"whose answer is {head}");
            // An answer to half a head, or to garbage, is not framed for the request we think it is for.
            _ignoresRest = _fault == Fault.Garbage || (asked?.Method == "HEAD" && head["Connection"] == "close");
            return;
        }

        ledger.Check(_answer is not null, () => $"nobody answered {head}");
        ledger.Check(
            _answer is null || ReferenceEquals(_answer.Request, asked),
            () => $"request {asked?.Id} got the answer to {_answer!.Request.Id}");
        ledger.Check(_answer is null || _answer.Status == Status(head), () => $"status {_answer!.Status} became {head}");
        ledger.Check(_answer is null || head.Number("X-Id") == _answer.Request.Id, () => $"wrong echo: {head}");
    }

    public void OnBody(ReadOnlySpan<byte> bytes)
    {
        if (_answer is not null)
        {
            _run.Ledger.CheckAnswerBody(_answer, _bodyBytes, bytes);
        }

        _bodyBytes += bytes.Length;
    }

    public void OnComplete(string[] trailers)
    {
        if (_interim)
        {
            return;
        }

        _inResponse = false;
        EdgeSimulationLedger ledger = _run.Ledger;
        _outstanding.TryDequeue(out SimRequest? asked);
        if (_answer is { } answer)
        {
            ledger.Relayed++;
            ledger.Check(!answer.IsBroken, () => $"answer {answer.Number}, which was broken off, looks complete");
            ledger.Check(
                _bodyBytes == answer.BodyBytes, () => $"answer {answer.Number}: {_bodyBytes} bytes instead of {answer.BodyBytes}");
            ledger.Check(
                trailers.Length == (answer.Trailers && !asked!.Http10 ? 1 : 0),
                () => $"answer {answer.Number}: trailers {string.Join(" | ", trailers)}");
        }
        else
        {
            ledger.Refused++;
        }

        if (_outstanding.Count == 0 && _unsent.Count == 0 && _fault is Fault.None or Fault.HalfClose)
        {
            _peer.Close(Random.Next(3) == 0 ? Random.NextInt64(5_000_000) : 0);
        }
        else if (!_pipelines)
        {
            SendNext();
        }
    }

    private void SendNext()
    {
        while (_unsent.TryDequeue(out SimRequest? request))
        {
            _outstanding.Enqueue(request);
            Send(request);
            if (!_pipelines)
            {
                break;
            }
        }

        if (_unsent.Count == 0 && _fault == Fault.HalfClose)
        {
            _peer.End(Random.NextInt64(300_000));
        }
    }

    private void Send(SimRequest request)
    {
        byte[] head = Encoding.Latin1.GetBytes(Head(request));
        byte[] body = EdgeSimulationLedger.RequestBody(request);
        if (request.Chunked)
        {
            body = _run.Chunk(body, request.Trailers);
        }

        if (_fault == Fault.Garbage && Random.Next(2) == 0)
        {
            _peer.Send(Encoding.Latin1.GetBytes(Garbage[Random.Next(Garbage.Length)]));
            return;
        }

        if (_fault == Fault.StopSending && Random.Next(2) == 0)
        {
            byte[] all = [.. head, .. body];
            _peer.Send(all[..Random.Next(all.Length)]);
            _unsent.Clear();
            return;
        }

        if (request.Expect)
        {
            _peer.Send(head);
            _peer.Send(body, 300_000);
            return;
        }

        byte[] whole = [.. head, .. body];
        int at = 0;
        for (int pieces = Random.Next(4) == 0 ? Random.Next(20) : 0; pieces > 0 && at < whole.Length; pieces--)
        {
            int piece = 1 + Random.Next(Math.Min(whole.Length - at, Random.Next(2) == 0 ? 20 : 5000));
            _peer.Send(whole[at..(at + piece)], Random.NextInt64(50_000));
            at += piece;
        }

        _peer.Send(whole[at..]);
    }

    private SimRequest Draw(bool last)
    {
        string method = Methods[Random.Next(Methods.Length)];
        int body = method is "POST" or "PUT" or "PATCH" or "PURGE" || Random.Next(20) == 0 ? _run.BodyBytes() : 0;
        bool http10 = last && Random.Next(6) == 0;
        bool chunked = !http10 && Random.Next(2) == 0 && (body > 0 || Random.Next(10) == 0);
        return new SimRequest
        {
            Id = _run.Ledger.NextRequestId,
            Method = method,
            BodyBytes = body,
            Chunked = chunked,
            Trailers = chunked && Random.Next(3) == 0,
            Http10 = http10,
            Expect = !http10 && body > 0 && Random.Next(6) == 0,
            Close = last && Random.Next(4) == 0,
        };
    }

    private string Head(SimRequest request)
    {
        var head = new StringBuilder();
        head.Append(CultureInfo.InvariantCulture, $"{request.Method} /r/{request.Id} HTTP/1.{(request.Http10 ? 0 : 1)}\r\n");
        head.Append(CultureInfo.InvariantCulture, $"Host: a.example\r\nX-Id: {request.Id}\r\n");
        if (Random.Next(6) == 0)
        {
            head.Append("X-Filler: ").Append('f', Random.Next(5000)).Append("\r\n");
        }

        if (request.Chunked)
        {
            head.Append("Transfer-Encoding: chunked\r\n");
        }
        else if (request.BodyBytes > 0 || Random.Next(10) == 0)
        {
            head.Append(CultureInfo.InvariantCulture, $"Content-Length: {request.BodyBytes}\r\n");
        }

        head.Append(request.Expect ? "Expect: 100-continue\r\n" : "").Append(request.Close ? "Connection: close\r\n" : "");
        return head.Append("TE: trailers\r\nConnection: TE\r\n\r\n").ToString();
    }

    private void Leave()
    {
        if (_fault == Fault.Reset)
        {
            _peer.Abort();
        }
        else if (!_peer.IsClosed)
        {
            _peer.Close();
        }
    }

    private void OnGone()
    {
        _run.Ledger.Check(
            !_run.Plan.Calm || (_outstanding.Count == 0 && _unsent.Count == 0),
            () => $"a calm run left {Describe()} without an answer, {_bodyBytes} bytes of it came");
    }

    private string Describe() => _outstanding.TryPeek(out SimRequest? request) ? request.ToString() : "nothing";

    private static int Status(SimHead head) => int.Parse(head.StartLine.AsSpan(9, 3), CultureInfo.InvariantCulture);
}
