using System.Text;
using Proxy.Edge.Http;

namespace Proxy.Edge.Http1;

/// <summary>Parses request heads (RFC 9112 §3, §5). Strict: what two readers could read differently is refused. Pure;
/// the head's slots are the only memory it writes.</summary>
public static class RequestHeadParser
{
    /// <summary>No registered method has more than 17 characters.</summary>
    private const int MaxMethodLength = 64;

    /// <summary>Empty lines tolerated before a request line; old clients sent one after a body (RFC 9112
    /// §2.2).</summary>
    private const int MaxLeadingEmptyLines = 2;

    private const ulong OnlyOnce = (1UL << (int)HeaderId.Host) | (1UL << (int)HeaderId.Expect);

    private const ulong Special =
        (1UL << (int)HeaderId.Connection) | (1UL << (int)HeaderId.Te) | (1UL << (int)HeaderId.Expect);

    /// <summary>Parses the head in buffer[start .. start+length), of which bytes behind the head are left
    /// alone.</summary>
    /// <param name="scanned">Bytes of this head seen by earlier calls: 0 for a new head; set when the head is
    /// incomplete. The head may have grown and moved in between, not changed.</param>
    /// <param name="head">Filled in when complete; its offsets are offsets in <paramref name="buffer"/>.</param>
    public static HeadStatus Parse(
        byte[] buffer,
        int start,
        int length,
        ref int scanned,
        RequestHead head,
        Http1Limits limits,
        out HeadFault fault)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)(uint)start + (uint)length, (ulong)buffer.Length);
        int end = start + length;
        int lineStart = start;
        fault = length > 0 && buffer[start] <= '\r' ? SkipEmptyLines(buffer, end, ref lineStart) : HeadFault.None;
        if (fault != HeadFault.None)
        {
            return HeadStatus.Invalid;
        }

        int seen = Math.Max(scanned - (lineStart - start), 0);
        HeadStatus status =
            HeadLines.Read(buffer, lineStart, end, seen, head, limits.Fields, out HeadLinesResult lines);
        head.Reset();
        head.Buffer = buffer;
        head.Start = lineStart;
        if (lines.StartLineEnd >= 0)
        {
            fault = ReadRequestLine(head, lines.StartDelimiter, lines.StartLineEnd, limits);
            if (fault != HeadFault.None)
            {
                return HeadStatus.Invalid;
            }
        }

        switch (status)
        {
            case HeadStatus.Complete:
                fault = lines.End - start > limits.HeadBytes ? HeadFault.HeadTooLarge : Finish(head, in lines);
                return fault == HeadFault.None ? HeadStatus.Complete : HeadStatus.Invalid;
            case HeadStatus.Invalid:
                fault = lines.Fault;
                return HeadStatus.Invalid;
            default:
                scanned = length;
                fault = JudgeSize(buffer.AsSpan(lineStart, end - lineStart), limits);
                return fault == HeadFault.None ? HeadStatus.Incomplete : HeadStatus.Invalid;
        }
    }

    private static HeadFault SkipEmptyLines(byte[] buffer, int end, ref int lineStart)
    {
        for (int skipped = 0; lineStart < end && buffer[lineStart] is (byte)'\r' or (byte)'\n'; skipped++)
        {
            if (skipped == MaxLeadingEmptyLines)
            {
                return HeadFault.BadStartLine;
            }

            if (buffer[lineStart] == '\n')
            {
                return HeadFault.BareLf;
            }

            if (lineStart + 1 == end)
            {
                break; // A lone CR: its LF may follow.
            }

            if (buffer[lineStart + 1] != '\n')
            {
                return HeadFault.BareCr;
            }

            lineStart += 2;
        }

        return HeadFault.None;
    }

    // Of an incomplete head.
    private static HeadFault JudgeSize(ReadOnlySpan<byte> bytes, Http1Limits limits)
    {
        if (bytes.Length >= limits.HeadBytes)
        {
            return HeadFault.HeadTooLarge;
        }

        int longestLine = MaxMethodLength + 1 + limits.TargetBytes + 1 + HttpVersion.Length + 1;
        return bytes.Length > longestLine && !bytes[..(longestLine + 1)].Contains((byte)'\n')
            ? HeadFault.TargetTooLong
            : HeadFault.None;
    }

    // request-line = method SP request-target SP HTTP-version, single spaces only
    private static HeadFault ReadRequestLine(RequestHead head, int methodEnd, int lineEnd, Http1Limits limits)
    {
        byte[] buffer = head.Buffer;
        int methodLength = methodEnd - head.Start;
        int target = methodEnd + 1;
        int targetEnd = lineEnd - HttpVersion.Length - 1;
        if (methodLength is 0 or > MaxMethodLength || buffer[methodEnd] != ' ' || targetEnd < target)
        {
            return HeadFault.BadStartLine;
        }

        if (buffer[targetEnd] != ' ')
        {
            return HeadFault.BadVersion;
        }

        HeadFault fault = HttpVersion.Read(buffer.AsSpan(targetEnd + 1, HttpVersion.Length), out bool isHttp10);
        if (fault != HeadFault.None)
        {
            return fault;
        }

        head.IsHttp10 = isHttp10;
        head.MethodLength = methodLength;
        head.Method = MethodNames.Recognise(buffer.AsSpan(head.Start, methodLength));
        head.TargetStart = target;
        head.TargetLength = targetEnd - target;
        head.FieldsStart = lineEnd + 2;
        return head.TargetLength == 0 ? HeadFault.BadTarget
            : head.TargetLength > limits.TargetBytes ? HeadFault.TargetTooLong
            : RequestTarget.Read(head);
    }

    // The fields are in their slots: what do they mean together?
    private static HeadFault Finish(RequestHead head, in HeadLinesResult lines)
    {
        head.End = lines.End;
        head.FieldCount = lines.FieldCount;
        head.Present = lines.Present;
        if ((lines.Repeated & OnlyOnce) != 0)
        {
            return (lines.Repeated & (1UL << (int)HeaderId.Host)) != 0 ? HeadFault.SeveralHosts : HeadFault.BadExpect;
        }

        HeadFault fault = ReadHost(head);
        if (fault != HeadFault.None)
        {
            return fault;
        }

        fault = BodyFraming.ForRequest(head);
        return fault == HeadFault.None && (head.Present & Special) != 0 ? ReadSpecial(head, in lines) : fault;
    }

    private static HeadFault ReadHost(RequestHead head)
    {
        int index = head.IndexOf(HeaderId.Host);
        if (index < 0)
        {
            return head.IsHttp10 ? HeadFault.None : HeadFault.MissingHost;
        }

        ref HeaderField field = ref head.Fields[index];
        int host = HostSyntax.HostLength(head.Value(index));
        if (host < 0)
        {
            return HeadFault.BadHost;
        }

        if (head.Form is TargetForm.Absolute or TargetForm.Authority)
        {
            field.HopByHop = true; // The target's authority replaces it, RFC 9112 §3.2.2.
            return HeadFault.None;
        }

        head.AuthorityStart = field.ValueStart;
        head.AuthorityLength = field.ValueLength;
        head.HostLength = host;
        return HeadFault.None;
    }

    private static HeadFault ReadSpecial(RequestHead head, in HeadLinesResult lines)
    {
        HeadFault fault = ConnectionOptions.Apply(head);
        if (fault != HeadFault.None)
        {
            return fault;
        }

        if (head.Has(HeaderId.Te))
        {
            head.AcceptsTrailers = NamesTrailers(head);
        }

        if (head.Has(HeaderId.Expect))
        {
            if (!Ascii.EqualsIgnoreCase(head.Value(HeaderId.Expect), "100-continue"u8))
            {
                return HeadFault.BadExpect;
            }

            head.ExpectsContinue = !head.IsHttp10; // To be ignored on HTTP/1.0, RFC 9110 §10.1.1.
        }

        if (head.HasUpgrade
            && head.Method == Method.Get
            && (lines.Repeated & (1UL << (int)HeaderId.Upgrade)) == 0
            && Ascii.EqualsIgnoreCase(head.Value(HeaderId.Upgrade), "websocket"u8))
        {
            // A WebSocket handshake has no body (RFC 6455 §4.1). With one, its end and the start of the new protocol
            // could be seen at different places.
            head.IsWebSocketUpgrade = true;
            return head.Body == BodyKind.None ? HeadFault.None : HeadFault.BadUpgrade;
        }

        return HeadFault.None;
    }

    private static bool NamesTrailers(RequestHead head)
    {
        for (int i = 0; i < head.FieldCount; i++)
        {
            ReadOnlySpan<byte> codings = head.Fields[i].Id == HeaderId.Te ? head.Value(i) : default;
            while (ListElements.TryNext(ref codings, out ReadOnlySpan<byte> coding))
            {
                if (Ascii.EqualsIgnoreCase(coding, "trailers"u8))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
