using Proxy.Edge.Http;

namespace Proxy.Edge.Http1;

/// <summary>Parses response heads (RFC 9112 §4, §5), as strictly as requests: an origin that frames its answers badly
/// would otherwise mix up the clients that share its connection. Every fault means 502.</summary>
public static class ResponseHeadParser
{
    /// <summary>Parses the head in buffer[start .. start+length); see <see cref="RequestHeadParser.Parse"/>.</summary>
    /// <param name="requestMethod">Method of the request this answers; it decides about the body.</param>
    public static HeadStatus Parse(
        byte[] buffer,
        int start,
        int length,
        ref int scanned,
        ResponseHead head,
        Http1Limits limits,
        Method requestMethod,
        out HeadFault fault)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((ulong)(uint)start + (uint)length, (ulong)buffer.Length);
        fault = HeadFault.None;
        HeadStatus status =
            HeadLines.Read(buffer, start, start + length, scanned, head, limits.Fields, out HeadLinesResult lines);
        head.Reset();
        head.Buffer = buffer;
        head.Start = start;
        if (lines.StartLineEnd >= 0)
        {
            fault = ReadStatusLine(head, lines.StartLineEnd);
            if (fault != HeadFault.None)
            {
                return HeadStatus.Invalid;
            }
        }

        switch (status)
        {
            case HeadStatus.Complete:
                fault = lines.End - start > limits.HeadBytes
                    ? HeadFault.HeadTooLarge
                    : Finish(head, in lines, requestMethod);
                return fault == HeadFault.None ? HeadStatus.Complete : HeadStatus.Invalid;
            case HeadStatus.Invalid:
                fault = lines.Fault;
                return HeadStatus.Invalid;
            default:
                scanned = length;
                fault = length >= limits.HeadBytes ? HeadFault.HeadTooLarge : HeadFault.None;
                return fault == HeadFault.None ? HeadStatus.Incomplete : HeadStatus.Invalid;
        }
    }

    // status-line = HTTP-version SP 3DIGIT SP [ reason-phrase ]; the second space is often forgotten with the reason,
    // which nobody can misread.
    private static HeadFault ReadStatusLine(ResponseHead head, int lineEnd)
    {
        ReadOnlySpan<byte> line = head.Buffer.AsSpan(head.Start, lineEnd - head.Start);
        if (line.Length < HttpVersion.Length + 4 || line[HttpVersion.Length] != ' ')
        {
            return HeadFault.BadStartLine;
        }

        HeadFault fault = HttpVersion.Read(line[..HttpVersion.Length], out bool isHttp10);
        if (fault != HeadFault.None)
        {
            return fault;
        }

        int hundreds = line[9] - '0';
        int tens = line[10] - '0';
        int ones = line[11] - '0';
        if (hundreds is < 1 or > 5 || (uint)tens > 9 || (uint)ones > 9 || (line.Length > 12 && line[12] != ' '))
        {
            return HeadFault.BadStatus;
        }

        head.IsHttp10 = isHttp10;
        head.Status = (hundreds * 100) + (tens * 10) + ones;
        head.ReasonStart = head.Start + Math.Min(13, line.Length);
        head.ReasonLength = Math.Max(line.Length - 13, 0);
        head.FieldsStart = lineEnd + 2;
        return HeadFault.None;
    }

    private static HeadFault Finish(ResponseHead head, in HeadLinesResult lines, Method requestMethod)
    {
        head.End = lines.End;
        head.FieldCount = lines.FieldCount;
        head.Present = lines.Present;
        HeadFault fault = ConnectionOptions.Apply(head);
        return fault == HeadFault.None ? BodyFraming.ForResponse(head, requestMethod) : fault;
    }
}
