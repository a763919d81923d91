using System.Globalization;
using Proxy.Tests.Kit;

namespace Proxy.Tests.Simulation;

/// <summary>A request on a stream of a simulated client, and the answer that comes back.</summary>
/// <param name="stops">The body is never sent to its end.</param>
internal sealed class SimHttp2Exchange(EdgeSimulationRun run, SimRequest request, bool stops)
{
    private readonly byte[] _body = EdgeSimulationLedger.RequestBody(request);
    private SimAnswer? _answer;
    private bool _hasHead;
    private int _sent;
    private int _bodyBytes;
    private int _trailers;
    private bool _ended;

    public SimRequest Request => request;

    public bool HasBody => request.BodyBytes > 0;

    /// <summary>More window is on its way to the proxy.</summary>
    public bool AwaitsCredit { get; set; }

    /// <summary>Sends as much as windows allow, in frames of any size.</summary>
    public void SendBody(SimPeer peer, SimHttp2Wire wire, int id)
    {
        int until = stops ? _body.Length / 2 : _body.Length;
        SimHttp2Windows stream = wire.Stream(id);
        while (!_ended && _sent < until && stream.Send > 0 && wire.Connection.Send > 0)
        {
            int most = Math.Min(Math.Min(until - _sent, 16384), Math.Min(stream.Send, wire.Connection.Send));
            int take = run.Random.Next(3) == 0 ? 1 + run.Random.Next(most) : most;
            _sent += take;
            stream.Send -= take;
            wire.Connection.Send -= take;
            _ended = _sent == _body.Length;
            byte flags = _ended && !request.Trailers ? Http2Wire.EndStream : (byte)0;
            peer.Send(
                Http2Wire.Frame(Http2Wire.Data, flags, id, _body[(_sent - take).._sent]),
                run.Random.Next(6) == 0 ? run.Random.NextInt64(50_000) : 0);
            if (_ended && request.Trailers)
            {
                peer.Send(Http2Wire.Frame(
                    Http2Wire.Headers, Http2Wire.EndStream | Http2Wire.EndHeaders, id,
                    Http2Wire.Block(("x-trailer", "end"))));
            }
        }
    }

    /// <summary>True for the final head.</summary>
    public bool OnHead(SimHead head, bool end, SimHttp2Windows stream, SimHttp2Windows connection)
    {
        EdgeSimulationLedger ledger = run.Ledger;
        if (_hasHead)
        {
            ledger.Check(head.StartLine.Length == 0 && end, () => $"no trailers: {head}");
            _trailers++;
            return false;
        }

        int status = int.Parse(head.StartLine.AsSpan(9), CultureInfo.InvariantCulture);
        if (status < 200)
        {
            ledger.Check(!end, () => $"{head} ends {request}");
            return false;
        }

        _hasHead = true;
        if (head["x-answer"] is null)
        {
            ledger.Check(
                !run.Plan.Calm,
                () => $"a calm run refused {request} at byte {_sent}, windows {stream.Send} and {connection.Send}: {head}");
            ledger.Check(head["proxy-status"] is not null && status >= 400, () => $"whose answer is {head}");
            return true;
        }

        _answer = ledger.Answer(head.Number("x-answer"));
        ledger.Check(_answer is not null, () => $"nobody answered {head}");
        ledger.Check(
            _answer is null || ReferenceEquals(_answer.Request, request),
            () => $"request {request.Id} got the answer to {_answer!.Request.Id}");
        ledger.Check(_answer is null || _answer.Status == status, () => $"status {_answer!.Status} became {head}");
        return true;
    }

    public void OnData(ReadOnlySpan<byte> bytes, bool end)
    {
        run.Ledger.Check(_hasHead, () => $"{request}: a body before its head");
        if (_answer is not null)
        {
            run.Ledger.CheckAnswerBody(_answer, _bodyBytes, bytes);
        }

        _bodyBytes += bytes.Length;
    }

    /// <summary>The proxy says that the answer is complete.</summary>
    public void Check()
    {
        EdgeSimulationLedger ledger = run.Ledger;
        ledger.Check(_hasHead, () => $"{request} ended without a head");
        if (_answer is not { } answer)
        {
            ledger.Refused++;
            return;
        }

        ledger.Relayed++;
        ledger.Check(!answer.IsBroken, () => $"answer {answer.Number}, which was broken off, looks complete");
        ledger.Check(
            _bodyBytes == answer.BodyBytes,
            () => $"answer {answer.Number}: {_bodyBytes} bytes instead of {answer.BodyBytes}");
        ledger.Check(
            _trailers == (answer.Trailers ? 1 : 0), () => $"answer {answer.Number}: {_trailers} blocks of trailers");
    }
}
