using System.Text;

namespace Proxy.Edge.Telemetry;

/// <summary>The JSON format: one object per line, always the same keys in the same order, null for what is
/// missing.</summary>
internal static class AccessLogJson
{
    private static readonly (string Key, AccessField Field)[] Keys =
    [
        ("time", AccessField.TimeIso),
        ("client", AccessField.ClientIp),
        ("client_port", AccessField.ClientPort),
        ("method", AccessField.Method),
        ("target", AccessField.Target),
        ("version", AccessField.Version),
        ("tls_version", AccessField.TlsVersion),
        ("tls_cipher", AccessField.TlsCipher),
        ("host", AccessField.Host),
        ("referer", AccessField.Referer),
        ("user_agent", AccessField.UserAgent),
        ("status", AccessField.Status),
        ("body_bytes", AccessField.BodyBytes),
        ("bytes_received", AccessField.BytesReceived),
        ("total_us", AccessField.TotalMicroseconds),
        ("queue_us", AccessField.QueueMicroseconds),
        ("connect_us", AccessField.ConnectMicroseconds),
        ("first_byte_us", AccessField.FirstByteMicroseconds),
        ("listener", AccessField.Listener),
        ("route", AccessField.Route),
        ("pool", AccessField.Pool),
        ("member", AccessField.Member),
        ("fault", AccessField.Fault),
        ("attempts", AccessField.Attempts),
        ("request_id", AccessField.RequestId),
        ("connection", AccessField.Connection),
        ("connection_request", AccessField.RequestNumber),
        ("phase", AccessField.Phase),
    ];

    public static AccessSegment[] Segments()
    {
        var segments = new List<AccessSegment>();
        foreach ((string key, AccessField field) in Keys)
        {
            string opening = segments.Count == 0 ? "{" : ",";
            segments.Add(new AccessSegment(AccessField.Literal, Encoding.ASCII.GetBytes($"{opening}\"{key}\":")));
            segments.Add(new AccessSegment(field));
        }

        segments.Add(new AccessSegment(AccessField.Literal, "}\n"u8.ToArray()));
        return [.. segments];
    }

    public static void Write(ref LineWriter line, AccessField field, in AccessRecord record, LogTimestamps stamps)
    {
        if (AccessFieldValues.IsNumber(field))
        {
            long number = AccessFieldValues.Number(field, record);
            if (number < 0)
            {
                line.Literal("null"u8);
            }
            else
            {
                line.Number(number);
            }

            return;
        }

        switch (field)
        {
            case AccessField.TimeIso:
                line.Literal("\""u8);
                AccessLogText.WriteIsoTime(ref line, record, stamps);
                line.Literal("\""u8);
                break;
            case AccessField.ClientIp when record.Client.IsUnknown:
                line.Literal("null"u8);
                break;
            case AccessField.ClientIp:
                Span<byte> text = stackalloc byte[48];
                WriteString(ref line, text[..record.Client.Format(text)]);
                break;
            default:
                WriteString(ref line, AccessFieldValues.Bytes(field, record));
                break;
        }
    }

    private static void WriteString(ref LineWriter line, scoped ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            line.Literal("null"u8);
            return;
        }

        line.JsonString(bytes);
    }
}
