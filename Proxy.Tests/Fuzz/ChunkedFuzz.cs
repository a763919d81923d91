using System.Text;
using Proxy.Edge.Http1;

namespace Proxy.Tests.Fuzz;

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

        NaiveVerdict again = NaiveHttp1.ReadChunked(
            kept.Output, out string payload2, out List<string> trailers2, out int end2);
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
                throw new InvalidOperationException(
                    $"step took {step.Consumed} of {piece.Length} bytes without an end");
            }
        }

        return new Decoded(NaiveVerdict.Incomplete, HeadFault.None, consumed, output.ToString());
    }

    private readonly record struct Decoded(NaiveVerdict Verdict, HeadFault Fault, int Consumed, string Output);
}
