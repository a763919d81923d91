namespace Proxy.Tests.Simulation;

/// <summary>Reads what the proxy writes to one origin connection, whatever the origin does about it: every byte must
/// belong to a request that a client made, and a request that must not be repeated may appear on one wire
/// only.</summary>
internal sealed class EdgeSimulationWire : ISimMessages
{
    private readonly EdgeSimulationRun _run;
    private readonly SimMessageReader _reader;
    private SimRequest? _request;
    private int _bodyBytes;

    public EdgeSimulationWire(EdgeSimulationRun run)
    {
        _run = run;
        _reader = new SimMessageReader(this, responses: false);
    }

    public void Feed(ReadOnlySpan<byte> bytes)
    {
        _run.Ledger.IsVoid |= IsSpoilt;
        _reader.Feed(bytes);
        _run.Ledger.Check(_reader.Error is null, () => $"to an origin: {_reader.Error}");
    }

    /// <summary>The origin has sent an answer that nobody asked for. A request that is on its way at that moment may
    /// get it, and every later one its predecessor's: HTTP/1.1 has no defence, so the run says nothing from there
    /// on.</summary>
    public bool IsSpoilt { get; set; }

    public bool HasNoBody(SimHead head) => false;

    public void OnHead(SimHead head)
    {
        EdgeSimulationLedger ledger = _run.Ledger;
        _request = ledger.Request(head.Number("X-Id"));
        _bodyBytes = 0;
        if (_request is not { } request)
        {
            ledger.Check(head.Number("X-Id") == EdgeSimulationLedger.Nobody, () => $"nobody asked: {head}");
            return;
        }

        request.Attempts++;
        ledger.Check(
            head.StartLine == $"{request.Method} /r/{request.Id} HTTP/1.1", () => $"request {request.Id} became {head}");
        ledger.Check(
            request.IsIdempotent || request.Attempts == 1, () => $"{request.Method} {request.Id} was sent {request.Attempts} times");
        ledger.Check(
            request.Attempts <= _run.Plan.MostAttempts, () => $"request {request.Id} was sent {request.Attempts} times");
        ledger.Check(
            request.Chunked == (head["Transfer-Encoding"] is not null), () => $"request {request.Id} is framed as {head}");
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
        if (_request is { } request)
        {
            _run.Ledger.Check(
                _bodyBytes == request.BodyBytes, () => $"request {request.Id}: body of {_bodyBytes} instead of {request.BodyBytes}");
            _run.Ledger.Check(
                trailers.Length == (request.Trailers ? 1 : 0),
                () => $"request {request.Id}: trailers {string.Join(" | ", trailers)}");
        }
    }
}
