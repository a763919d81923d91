using System.Text;
using Proxy.Edge.Http;
using Proxy.Edge.Http1;

namespace Proxy.Tests.Fuzz;

/// <summary>Seeded fuzz of the HTTP/1.1 codec against <see cref="NaiveHttp1"/>. Round n of seed s is round 0 of seed s+n,
/// so that one failed round can be replayed alone.</summary>
public static class Http1Fuzz
{
    public static IReadOnlyList<string> Codecs { get; } = ["request-head", "response-head", "chunked"];

    /// <summary>Runs a number of rounds; writes the first failure and returns false.</summary>
    public static bool Run(string codec, int seed, int iterations, TextWriter output)
    {
        for (int i = 0; i < iterations; i++)
        {
            if (!RunRound(codec, unchecked(seed + i), output))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Runs rounds until the time is over.</summary>
    public static bool Run(string codec, int seed, TimeSpan duration, TextWriter output)
    {
        long start = TimeProvider.System.GetTimestamp();
        int rounds = 0;
        while (TimeProvider.System.GetElapsedTime(start) < duration)
        {
            if (!Run(codec, unchecked(seed + rounds), 1000, output))
            {
                return false;
            }

            rounds += 1000;
        }

        output.WriteLine($"{codec}: {rounds} rounds from seed {seed}, no difference");
        return true;
    }

    private static bool RunRound(string codec, int seed, TextWriter output)
    {
        Random random = new(seed);
        string text = codec switch
        {
            "request-head" => Http1Mutator.Request(random),
            "response-head" => Http1Mutator.Response(random),
            "chunked" => Http1Mutator.Chunked(random),
            _ => throw new ArgumentException($"unknown codec {codec}; known: {string.Join(", ", Codecs)}", nameof(codec)),
        };
        string? difference;
        try
        {
            difference = codec switch
            {
                "request-head" => HeadFuzz.CompareRequest(text, random),
                "response-head" => HeadFuzz.CompareResponse(text, random),
                _ => ChunkedFuzz.Compare(text, random),
            };
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            difference = exception.ToString();
        }

        if (difference is null)
        {
            return true;
        }

        output.WriteLine($"{codec} seed {seed}: {difference}");
        output.WriteLine(Escape(text));
        return false;
    }

    private static string Escape(string text)
    {
        StringBuilder escaped = new();
        foreach (char character in text)
        {
            escaped.Append(character switch
            {
                '\r' => "\\r",
                '\n' => "\\n",
                '\t' => "\\t",
                < ' ' or > '~' => $"\\x{(int)character:x2}",
                _ => character.ToString(),
            });
        }

        return escaped.ToString();
    }
}

/// <summary>Compares the head parsers with the naive reader.</summary>
internal static class HeadFuzz
{
    private static readonly Http1Limits Limits = new();

    private delegate HeadStatus Parser<in THead>(
        byte[] buffer, int start, int length, ref int scanned, THead head, out HeadFault fault);

    public static string? CompareRequest(string text, Random random)
    {
        NaiveVerdict verdict = NaiveHttp1.ReadRequest(text, out NaiveHead? naive);
        RequestHead head = new();
        HeadStatus status = Whole<RequestHead>(text, head, Parse, out HeadFault fault);
        if ((int)status != (int)verdict)
        {
            return $"product says {status} ({fault}), naive reader {verdict}";
        }

        return Split(text, random, status, fault, new RequestHead(), Parse)
            ?? (status != HeadStatus.Complete ? null : DifferenceOf(head, naive!) ?? Reparse(head));
    }

    public static string? CompareResponse(string text, Random random)
    {
        Method method = random.Next(4) switch { 0 => Method.Head, 1 => Method.Connect, _ => Method.Get };
        NaiveVerdict verdict =
            NaiveHttp1.ReadResponse(text, method.ToString().ToUpperInvariant(), out NaiveHead? naive);
        ResponseHead head = new();
        Parser<ResponseHead> parse = (byte[] buffer, int start, int length, ref int scanned, ResponseHead into, out HeadFault fault) =>
            ResponseHeadParser.Parse(buffer, start, length, ref scanned, into, Limits, method, out fault);
        HeadStatus status = Whole(text, head, parse, out HeadFault fault);
        if ((int)status != (int)verdict)
        {
            return $"product says {status} ({fault}) to {method}, naive reader {verdict}";
        }

        return Split(text, random, status, fault, new ResponseHead(), parse)
            ?? (status != HeadStatus.Complete ? null
                : DifferenceOf(head, naive!) ?? (head.Status == naive!.Status ? null : "other status"));
    }

    private static HeadStatus Parse(
        byte[] buffer, int start, int length, ref int scanned, RequestHead head, out HeadFault fault) =>
        RequestHeadParser.Parse(buffer, start, length, ref scanned, head, Limits, out fault);

    private static HeadStatus Whole<THead>(string text, THead head, Parser<THead> parse, out HeadFault fault)
    {
        int scanned = 0;
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        return parse(bytes, 0, bytes.Length, ref scanned, head, out fault);
    }

    // The head arrives in pieces, and moves in its buffer between the calls.
    private static string? Split<THead>(
        string text, Random random, HeadStatus status, HeadFault fault, THead head, Parser<THead> parse)
    {
        int scanned = 0;
        int largest = random.Next(3) == 0 ? 1 : 40;
        for (int length = 0; ; length = Math.Min(length + random.Next(1, largest + 1), text.Length))
        {
            int offset = random.Next(70);
            byte[] buffer = new byte[offset + length + random.Next(70)];
            Encoding.Latin1.GetBytes(text, 0, length, buffer, offset);
            HeadStatus part = parse(buffer, offset, length, ref scanned, head, out HeadFault partFault);
            HeadStatus fresh = Whole(text[..length], head, parse, out HeadFault freshFault);
            if (part != fresh || partFault != freshFault)
            {
                return $"after {length} bytes in pieces {part} ({partFault}), in one piece {fresh} ({freshFault})";
            }

            if (part != HeadStatus.Incomplete || length == text.Length)
            {
                return part == status && partFault == fault ? null
                    : $"in pieces {part} ({partFault}), in one piece {status} ({fault})";
            }
        }
    }

    private static string? DifferenceOf(MessageHead head, NaiveHead naive)
    {
        string body = head.Body switch
        {
            BodyKind.None => "none",
            BodyKind.Chunked => "chunked",
            BodyKind.UntilClose => "close",
            _ => head.ContentLength.ToString(System.Globalization.CultureInfo.InvariantCulture),
        };
        IReadOnlyList<string> options = naive.List("connection");
        if (head.End != naive.End || head.IsHttp10 != naive.Http10 || body != naive.Body
            || head.HasClose != options.Contains("close") || head.HasKeepAlive != options.Contains("keep-alive")
            || head.HasUpgrade != (options.Contains("upgrade") && naive.Values("upgrade").Any() && !naive.Http10))
        {
            return $"end {head.End}, body {body}; naive end {naive.End}, body {naive.Body}; or version or options differ";
        }

        if (!Fields(head).SequenceEqual(naive.Fields))
        {
            return "fields differ";
        }

        return head is not RequestHead request
            || (Text(request.MethodBytes) == naive.Method && Text(request.Target) == naive.Target
                && Text(request.Authority) == naive.Authority
                && request.IsWebSocketUpgrade == NaiveHttp1.IsWebSocket(naive))
            ? null
            : "request line or authority differs";
    }

    // Written again in the plainest form, the message must be the same; and what is forwarded must be acceptable.
    private static string? Reparse(RequestHead head)
    {
        string start = $"{Text(head.MethodBytes)} {Text(head.Target)} HTTP/1.{(head.IsHttp10 ? 0 : 1)}\r\n";
        string again = start + string.Concat(Fields(head).Select(field => $"{field.Key}:{field.Value}\r\n")) + "\r\n";
        RequestHead second = new();
        if (Whole<RequestHead>(again, second, Parse, out HeadFault fault) != HeadStatus.Complete
            || !Fields(second).SequenceEqual(Fields(head))
            || (second.Body, second.ContentLength) != (head.Body, head.ContentLength))
        {
            return $"written again it is {fault} or other fields";
        }

        byte[] forwarded = new byte[head.Length];
        if (!FieldCopier.Copy(head, 1UL << (int)HeaderId.Host, forwarded, out int written))
        {
            return "fields do not fit in the length of their head";
        }

        string outgoing = $"GET / HTTP/1.1\r\nHost: o\r\n{Text(forwarded.AsSpan(0, written))}\r\n";
        HeadStatus status = Whole<RequestHead>(outgoing, second, Parse, out fault);
        return status == HeadStatus.Complete && (second.Present & ConnectionOptions.HopByHop) == 0
            ? null
            : $"forwarded it is {status} ({fault})";
    }

    private static IEnumerable<KeyValuePair<string, string>> Fields(MessageHead head) =>
        [.. Enumerable.Range(0, head.FieldCount).Select(i =>
            new KeyValuePair<string, string>(Text(head.Name(i)), Text(head.Value(i))))];

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}

/// <summary>Compares the chunked decoder with the naive reader.</summary>
internal static class ChunkedFuzz
{
    private static readonly Http1Limits Limits = new();

    public static string? Compare(string text, Random random)
    {
        NaiveVerdict verdict = NaiveHttp1.ReadChunked(text, out string payload, out List<string> trailers, out int end);
        Decoded kept = Decode(text, ChunkedOutput.KeepFraming, text.Length);
        Decoded stripped = Decode(text, ChunkedOutput.StripFraming, text.Length);
        if (kept with { Output = "" } != stripped with { Output = "" })
        {
            return "the modes differ in the verdict";
        }

        if (verdict != kept.Verdict && !(verdict == NaiveVerdict.Incomplete && kept.Verdict == NaiveVerdict.Invalid))
        {
            // A line that cannot become valid any more is refused before its end, where the naive reader still waits.
            return $"product says {kept.Verdict} ({kept.Fault}), naive reader {verdict}";
        }

        for (int i = 0; i < 3; i++)
        {
            int size = random.Next(1, random.Next(2) == 0 ? 3 : text.Length + 2);
            if (Decode(text, ChunkedOutput.KeepFraming, size) != kept
                || Decode(text, ChunkedOutput.StripFraming, size) != stripped)
            {
                return $"in pieces of {size} another result";
            }
        }

        return verdict == NaiveVerdict.Complete ? CompareContent(payload, trailers, end, kept, stripped) : null;
    }

    private static string? CompareContent(
        string payload, List<string> trailers, int end, Decoded kept, Decoded stripped)
    {
        if (kept.Consumed != end || stripped.Output != payload)
        {
            return $"consumed {kept.Consumed}, payload {stripped.Output.Length}; naive {end}, {payload.Length}";
        }

        NaiveVerdict again = NaiveHttp1.ReadChunked(kept.Output, out string payload2, out List<string> trailers2, out int end2);
        Decoded canonical = Decode(kept.Output, ChunkedOutput.KeepFraming, kept.Output.Length);
        return again != NaiveVerdict.Complete || payload2 != payload || end2 != kept.Output.Length
            || trailers2.Except(trailers).Any() || canonical.Output != kept.Output
            ? "the kept framing is another body"
            : null;
    }

    private static Decoded Decode(string text, ChunkedOutput mode, int pieceSize)
    {
        ChunkedDecoder decoder = default;
        StringBuilder output = new();
        int consumed = 0;
        for (int at = 0; at < text.Length; at += pieceSize)
        {
            byte[] piece = Encoding.Latin1.GetBytes(text.Substring(at, Math.Min(pieceSize, text.Length - at)));
            ChunkedStep step = decoder.Step(piece, mode, Limits);
            consumed += step.Consumed;
            output.Append(Encoding.Latin1.GetString(piece.AsSpan(0, step.Produced)));
            if (step.Done || step.Fault != HeadFault.None)
            {
                output.Append(Encoding.Latin1.GetString(decoder.Tail));
                NaiveVerdict verdict = step.Done ? NaiveVerdict.Complete : NaiveVerdict.Invalid;
                return new Decoded(verdict, step.Fault, consumed, output.ToString());
            }

            if (step.Consumed != piece.Length || step.Produced > step.Consumed)
            {
                throw new InvalidOperationException($"step took {step.Consumed} of {piece.Length} bytes without an end");
            }
        }

        return new Decoded(NaiveVerdict.Incomplete, HeadFault.None, consumed, output.ToString());
    }

    private readonly record struct Decoded(NaiveVerdict Verdict, HeadFault Fault, int Consumed, string Output);
}
