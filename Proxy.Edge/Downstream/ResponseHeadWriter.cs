using Proxy.Edge.Http;
using Proxy.Edge.Http1;
using Proxy.Edge.Relay;
using Proxy.Edge.Topology;

namespace Proxy.Edge.Downstream;

/// <summary>How the end of a response body is shown to an HTTP/1 client.</summary>
internal enum ResponseFraming : byte
{
    /// <summary>As the origin framed it: no body, a length, or chunks that pass through.</summary>
    AsReceived,

    /// <summary>Chunks of our own, for a body whose end only the origin's close shows.</summary>
    Encode,

    /// <summary>Until we close; for HTTP/1.0 clients.</summary>
    UntilClose,
}

/// <summary>Composes response heads for an HTTP/1 client (RFC 9112).</summary>
internal static class ResponseHeadWriter
{
    public static ResponseFraming FramingOf(ResponseHead head, bool http10)
    {
        if (head.Body is BodyKind.None or BodyKind.Length)
        {
            return ResponseFraming.AsReceived;
        }

        if (http10)
        {
            return ResponseFraming.UntilClose;
        }

        return head.Body == BodyKind.Chunked ? ResponseFraming.AsReceived : ResponseFraming.Encode;
    }

    /// <summary>An origin's head with <paramref name="lines"/> added. Returns its length in
    /// <paramref name="scratch"/>, or -1 when it does not fit.</summary>
    public static int Write(
        ResponseHead head, ReadOnlySpan<byte> lines, ResponseFraming framing, bool close, bool keepAlive10,
        LoopServices services, byte[] scratch)
    {
        int at;
        if (head.IsHttp10 || head.Reason.IsEmpty)
        {
            // HTTP/2 has no reasons, and some clients insist on one.
            at = StatusLine.Write(scratch, head.Status, head.Reason);
        }
        else
        {
            at = head.FieldsStart - head.Start;
            Buffer.BlockCopy(head.Buffer, head.Start, scratch, 0, at);
        }

        if (!FieldCopier.Copy(head, 0, scratch.AsSpan(at), out int copied))
        {
            return -1;
        }

        at += copied;
        if (at + lines.Length + 256 > scratch.Length)
        {
            return -1;
        }

        at = Add(scratch, at, lines);
        if (!head.Has(HeaderId.Date))
        {
            at = Add(scratch, at, services.DateLine());
        }

        if (framing == ResponseFraming.Encode
            || (framing == ResponseFraming.AsReceived && head.Body == BodyKind.Chunked))
        {
            at = Add(scratch, at, "Transfer-Encoding: chunked\r\n"u8);
        }

        return End(scratch, at, close, keepAlive10);
    }

    /// <summary>A 1xx head as it came, without what ends at this hop.</summary>
    public static int WriteInterim(ResponseHead head, byte[] scratch)
    {
        int at = StatusLine.Write(scratch, head.Status, head.Reason);
        if (!FieldCopier.Copy(head, 0, scratch.AsSpan(at, scratch.Length - at - 2), out int copied))
        {
            return -1;
        }

        return Add(scratch, at + copied, "\r\n"u8);
    }

    /// <summary>The 101 of an upgrade that was asked for.</summary>
    public static int WriteUpgrade(ResponseHead head, byte[] scratch)
    {
        ReadOnlySpan<byte> protocol = head.Value(HeaderId.Upgrade);
        int at = StatusLine.Write(scratch, head.Status, head.Reason);
        if (!FieldCopier.Copy(head, 0, scratch.AsSpan(at, scratch.Length - at - protocol.Length - 64), out int copied))
        {
            return -1;
        }

        at = Add(scratch, at + copied, "Connection: Upgrade\r\nUpgrade: "u8);
        at = Add(scratch, at, protocol);
        return Add(scratch, at, "\r\n\r\n"u8);
    }

    /// <summary>The proxy's own answer; the body is not included.</summary>
    public static int WriteLocal(
        scoped in LocalAnswer answer, bool close, bool keepAlive10, LoopServices services, ListenerProgram listener,
        byte[] scratch)
    {
        int at = StatusLine.Write(scratch, answer.Status);
        at = WriteLocalLines(in answer, services, listener, scratch, at);
        return End(scratch, at, close, keepAlive10);
    }

    /// <summary>The fields of the proxy's own answer, whatever protocol it is sent over. Returns the position behind
    /// them.</summary>
    public static int WriteLocalLines(
        scoped in LocalAnswer answer, LoopServices services, ListenerProgram listener, byte[] scratch, int at)
    {
        at = Add(scratch, at, services.DateLine());
        at = Add(scratch, at, answer.Lines);
        at = Add(scratch, at, listener.ResponseLines);
        if (answer.Fault != ProxyFault.None)
        {
            if (answer.Body.Length > 0)
            {
                at = Add(scratch, at, "Content-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\n"u8);
            }

            at = Add(scratch, at, "Proxy-Status: "u8);
            at = Add(scratch, at, services.NodeName);
            at = Add(scratch, at, "; error="u8);
            at = Add(scratch, at, answer.Fault.ProxyStatusToken());
            at = Add(scratch, at, "\r\n"u8);
        }

        if (answer.Status is not (204 or 304))
        {
            at = Add(scratch, at, "Content-Length: "u8);
            at += DecimalText.Write(scratch.AsSpan(at), answer.Body.Length);
            at = Add(scratch, at, "\r\n"u8);
        }

        return at;
    }

    private static int End(byte[] scratch, int at, bool close, bool keepAlive10)
    {
        if (close)
        {
            at = Add(scratch, at, "Connection: close\r\n"u8);
        }
        else if (keepAlive10)
        {
            at = Add(scratch, at, "Connection: keep-alive\r\n"u8);
        }

        return Add(scratch, at, "\r\n"u8);
    }

    private static int Add(byte[] scratch, int at, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(scratch.AsSpan(at));
        return at + bytes.Length;
    }
}
