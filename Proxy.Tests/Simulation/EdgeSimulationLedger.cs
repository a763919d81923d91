namespace Proxy.Tests.Simulation;

/// <summary>A request that a simulated client makes.</summary>
internal sealed record SimRequest
{
    public required int Id { get; init; }

    public required string Method { get; init; }

    public required int BodyBytes { get; init; }

    public required bool Chunked { get; init; }

    public required bool Trailers { get; init; }

    public required bool Http10 { get; init; }

    public required bool Expect { get; init; }

    public required bool Close { get; init; }

    /// <summary>Whether repeating it is harmless (RFC 9110 §9.2.2), decided without the proxy's own table.</summary>
    public bool IsIdempotent => Method is "GET" or "HEAD" or "PUT" or "DELETE" or "OPTIONS";

    /// <summary>Heads of this request that were written to origins.</summary>
    public int Attempts { get; set; }
}

/// <summary>What an origin meant to say to a request.</summary>
internal sealed record SimAnswer
{
    public required int Number { get; init; }

    public required SimRequest Request { get; init; }

    public required int Status { get; init; }

    public required int BodyBytes { get; init; }

    public required bool Trailers { get; init; }

    /// <summary>The origin broke off or framed it badly: no client may ever take it for a complete answer.</summary>
    public required bool IsBroken { get; init; }
}

/// <summary>Who asked what, who answered what, and the first promise that was broken.</summary>
internal sealed class EdgeSimulationLedger
{
    /// <summary>Id in what clients send that is not worth an answer, and in answers nobody asked for.</summary>
    public const int Nobody = 999_999_999;

    private readonly List<SimRequest> _requests = [];
    private readonly List<SimAnswer> _answers = [];

    public string? Failure { get; private set; }

    public int RequestCount => _requests.Count;

    public int AnswerCount => _answers.Count;

    /// <summary>Complete answers of origins that clients have read.</summary>
    public int Relayed { get; set; }

    /// <summary>Complete answers of the proxy's own.</summary>
    public int Refused { get; set; }

    /// <summary>The run cannot be judged any more, see <see cref="EdgeSimulationWire.IsSpoilt"/>.</summary>
    public bool IsVoid { get; set; }

    public int NextRequestId => _requests.Count;

    public int NextAnswerNumber => _answers.Count;

    public void Add(SimRequest request) => _requests.Add(request);

    public void Add(SimAnswer answer) => _answers.Add(answer);

    public SimRequest? Request(int id) => (uint)id < (uint)_requests.Count ? _requests[id] : null;

    public SimAnswer? Answer(int number) => (uint)number < (uint)_answers.Count ? _answers[number] : null;

    public void Fail(string what) => Failure ??= IsVoid ? null : what;

    public void Check(bool holds, Func<string> otherwise)
    {
        if (!holds && Failure is null)
        {
            Fail(otherwise());
        }
    }

    /// <summary>The body of a request: nothing in it is like its neighbours or like another body.</summary>
    public static byte[] RequestBody(SimRequest request) => Pattern(request.Id + 1, request.BodyBytes);

    public static byte[] AnswerBody(SimAnswer answer) => Pattern(~answer.Number, answer.BodyBytes);

    public void CheckRequestBody(SimRequest request, int at, ReadOnlySpan<byte> bytes) =>
        CheckBody(request.Id + 1, request.BodyBytes, at, bytes, "request");

    public void CheckAnswerBody(SimAnswer answer, int at, ReadOnlySpan<byte> bytes) =>
        CheckBody(~answer.Number, answer.BodyBytes, at, bytes, "answer");

    private void CheckBody(int key, int length, int at, ReadOnlySpan<byte> bytes, string what)
    {
        if (at + bytes.Length > length)
        {
            Fail($"{what} {key}: {at + bytes.Length} body bytes of {length}");
            return;
        }

        for (int i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] != At(key, at + i))
            {
                Fail($"{what} {key}: wrong byte {bytes[i]} at {at + i} of {length}");
                return;
            }
        }
    }

    private static byte[] Pattern(int key, int count)
    {
        var body = new byte[count];
        for (int i = 0; i < count; i++)
        {
            body[i] = At(key, i);
        }

        return body;
    }

    private static byte At(int key, int i) => (byte)((key * 37) + (i * 3) + ((i >> 8) * 5));
}
