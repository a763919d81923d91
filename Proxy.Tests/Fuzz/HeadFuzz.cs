using System.Globalization;
using System.Text;
using Proxy.Edge.Http;
using Proxy.Edge.Http1;

namespace Proxy.Tests.Fuzz;

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
        Parser<ResponseHead> parse =
            (byte[] buffer, int start, int length, ref int scanned, ResponseHead into, out HeadFault found) =>
                ResponseHeadParser.Parse(buffer, start, length, ref scanned, into, Limits, method, out found);
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
            _ => head.ContentLength.ToString(CultureInfo.InvariantCulture),
        };
        IReadOnlyList<string> options = naive.List("connection");
        if (head.End != naive.End || head.IsHttp10 != naive.Http10 || body != naive.Body
            || head.HasClose != options.Contains("close") || head.HasKeepAlive != options.Contains("keep-alive")
            || head.HasUpgrade != (options.Contains("upgrade") && naive.Values("upgrade").Any() && !naive.Http10))
        {
            return $"end {head.End}, body {body}; naive {naive.End}, {naive.Body}; or version or options differ";
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
