using System.Text;
using Proxy.Edge.Http;

namespace Proxy.Edge.Http1;

/// <summary>Decides where a body ends: the only place that does (RFC 9112 §6.3). What two readers could read
/// differently is refused, never repaired: a second Content-Length field or a list in one even when the numbers agree,
/// Content-Length next to Transfer-Encoding, any coding but a single "chunked".</summary>
public static class BodyFraming
{
    /// <summary>18 digits always fit a long, and no body is larger than 10^18 bytes.</summary>
    private const int MaxLengthDigits = 18;

    private const ulong FramingFields = (1UL << (int)HeaderId.ContentLength) | (1UL << (int)HeaderId.TransferEncoding);

    /// <summary>Sets Body and ContentLength. Any method may have a body; Content-Length 0 counts as none.</summary>
    public static HeadFault ForRequest(RequestHead head)
    {
        head.Body = BodyKind.None;
        head.ContentLength = 0;
        if ((head.Present & FramingFields) == 0)
        {
            return HeadFault.None;
        }

        return Judge(head, out bool chunked, out long length) is var fault && fault != HeadFault.None
            ? fault
            : Apply(head, chunked, length, BodyKind.None);
    }

    /// <summary>Sets Body and ContentLength of the response to a request with this method.</summary>
    public static HeadFault ForResponse(ResponseHead head, Method requestMethod)
    {
        head.Body = BodyKind.None;
        head.ContentLength = 0;
        if (requestMethod == Method.Connect && head.Status is >= 200 and < 300)
        {
            // A tunnel starts behind the head; the client must ignore both fields, so they are not passed on either.
            MarkHopByHop(head, HeaderId.ContentLength);
            return HeadFault.None;
        }

        HeadFault fault = Judge(head, out bool chunked, out long length);
        if (fault != HeadFault.None)
        {
            return fault;
        }

        if (head.Status is < 200 or 204)
        {
            // Neither field may be sent (RFC 9110 §8.6, RFC 9112 §6.1); one that announces a body would hide bytes that
            // the next reader takes for a response. A zero length is a common, harmless mistake: not forwarded.
            MarkHopByHop(head, HeaderId.ContentLength);
            return chunked ? HeadFault.BadTransferCoding : length > 0 ? HeadFault.BadContentLength : HeadFault.None;
        }

        return requestMethod == Method.Head || head.Status == 304
            ? HeadFault.None
            : Apply(head, chunked, length, BodyKind.UntilClose);
    }

    private static HeadFault Apply(MessageHead head, bool chunked, long length, BodyKind otherwise)
    {
        head.Body = chunked ? BodyKind.Chunked
            : length > 0 ? BodyKind.Length
            : length == 0 ? BodyKind.None
            : otherwise;
        head.ContentLength = Math.Max(length, 0);
        return HeadFault.None;
    }

    // Reads both fields; length is -1 when there is none.
    private static HeadFault Judge(MessageHead head, out bool chunked, out long length)
    {
        chunked = false;
        length = -1;
        if (head.Has(HeaderId.TransferEncoding))
        {
            HeadFault fault = JudgeTransferCoding(head);
            if (fault != HeadFault.None)
            {
                return fault;
            }

            if (head.Has(HeaderId.ContentLength))
            {
                return HeadFault.LengthWithChunked;
            }

            chunked = true;
        }
        else if (head.Has(HeaderId.ContentLength) && !TryReadLength(head, out length))
        {
            return HeadFault.BadContentLength;
        }

        return HeadFault.None;
    }

    private static bool TryReadLength(MessageHead head, out long length)
    {
        length = 0;
        ReadOnlySpan<byte> digits = SingleValue(head, HeaderId.ContentLength);
        if (digits.IsEmpty || digits.Length > MaxLengthDigits)
        {
            return false;
        }

        foreach (byte digit in digits)
        {
            if (!char.IsAsciiDigit((char)digit))
            {
                return false;
            }

            length = (length * 10) + (digit - '0');
        }

        return true;
    }

    // HTTP/1.0 has no transfer codings: whoever sends one there may be read either way (RFC 9112 §6.1).
    private static HeadFault JudgeTransferCoding(MessageHead head)
    {
        ReadOnlySpan<byte> codings = SingleValue(head, HeaderId.TransferEncoding);
        if (head.IsHttp10 || codings.IsEmpty)
        {
            return HeadFault.BadTransferCoding;
        }

        if (Ascii.EqualsIgnoreCase(codings, "chunked"u8))
        {
            return HeadFault.None;
        }

        while (ListElements.TryNext(ref codings, out ReadOnlySpan<byte> coding))
        {
            bool last = codings.IsEmpty;
            bool chunked = Ascii.EqualsIgnoreCase(coding, "chunked"u8);
            if (!HttpToken.IsToken(coding) || (chunked && !last))
            {
                return HeadFault.BadTransferCoding;
            }
        }

        return HeadFault.UnsupportedTransferCoding;
    }

    /// <summary>Value of the only field with this id; empty when there are several.</summary>
    private static ReadOnlySpan<byte> SingleValue(MessageHead head, HeaderId id)
    {
        int index = head.IndexOf(id);
        for (int i = index + 1; i < head.FieldCount; i++)
        {
            if (head.Fields[i].Id == id)
            {
                return default;
            }
        }

        return head.Value(index);
    }

    private static void MarkHopByHop(MessageHead head, HeaderId id)
    {
        for (int i = 0; i < head.FieldCount && head.Has(id); i++)
        {
            head.Fields[i].HopByHop |= head.Fields[i].Id == id;
        }
    }
}
