namespace Proxy.Edge.Telemetry;

/// <summary>Fields in the plain formats, as Apache writes them: "-" for what is missing.</summary>
internal static class AccessLogText
{
    public static void Write(ref LineWriter line, AccessField field, in AccessRecord record, LogTimestamps stamps)
    {
        switch (field)
        {
            case AccessField.Missing:
                line.Literal("-"u8);
                break;
            case AccessField.ClientIp:
                WriteClient(ref line, record);
                break;
            case AccessField.RequestLine:
                WriteRequestLine(ref line, record);
                break;
            case AccessField.TimeClf:
                line.Literal(stamps.Clf(record.StartUnixMicroseconds / 1_000_000));
                break;
            case AccessField.TimeIso:
                WriteIsoTime(ref line, record, stamps);
                break;
            default:
                WriteValue(ref line, field, record);
                break;
        }
    }

    public static void WriteIsoTime(ref LineWriter line, in AccessRecord record, LogTimestamps stamps)
    {
        line.Literal(stamps.Iso(record.StartUnixMicroseconds / 1_000_000));
        line.Literal("."u8);
        line.SixDigits((int)(Math.Max(0, record.StartUnixMicroseconds) % 1_000_000));
        line.Literal("Z"u8);
    }

    private static void WriteClient(ref LineWriter line, in AccessRecord record)
    {
        if (record.Client.IsUnknown)
        {
            line.Literal("-"u8);
            return;
        }

        Span<byte> text = stackalloc byte[48];
        line.Literal(text[..record.Client.Format(text)]);
    }

    private static void WriteRequestLine(ref LineWriter line, in AccessRecord record)
    {
        if (record.Method.IsEmpty)
        {
            line.Literal("-"u8);
            return;
        }

        line.Text(record.Method);
        line.Literal(" "u8);
        line.Text(record.Target);
        line.Literal(" "u8);
        line.Text(record.Version);
    }

    private static void WriteValue(ref LineWriter line, AccessField field, in AccessRecord record)
    {
        if (AccessFieldValues.IsNumber(field))
        {
            long number = AccessFieldValues.Number(field, record);
            if (number < 0)
            {
                line.Literal("-"u8);
            }
            else
            {
                line.Number(number);
            }

            return;
        }

        ReadOnlySpan<byte> bytes = AccessFieldValues.Bytes(field, record);
        if (bytes.IsEmpty && field != AccessField.Query)
        {
            line.Literal("-"u8);
        }
        else
        {
            line.Text(bytes);
        }
    }
}
