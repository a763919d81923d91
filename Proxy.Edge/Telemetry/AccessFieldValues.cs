using Proxy.Edge.Topology;

namespace Proxy.Edge.Telemetry;

/// <summary>Finds the value of a field in a record; both output forms read records through here.</summary>
internal static class AccessFieldValues
{
    public static bool IsNumber(AccessField field) => field >= AccessField.ClientPort;

    /// <summary>Value of a number; negative when missing (a duration that did not happen, a status of 0).</summary>
    public static long Number(AccessField field, in AccessRecord record)
    {
        long value = field switch
        {
            AccessField.ClientPort => record.ClientPort,
            AccessField.Status => record.Status,
            AccessField.BodyBytes or AccessField.BodyBytesOrDash => record.BodyBytesSent,
            AccessField.BytesReceived => record.BytesReceived,
            AccessField.TotalMicroseconds => record.TotalMicroseconds,
            AccessField.TotalMilliseconds => record.TotalMicroseconds / 1000,
            AccessField.TotalSeconds => record.TotalMicroseconds / 1_000_000,
            AccessField.QueueMicroseconds => record.QueueMicroseconds,
            AccessField.ConnectMicroseconds => record.ConnectMicroseconds,
            AccessField.FirstByteMicroseconds => record.FirstByteMicroseconds,
            AccessField.TimeUnixSeconds => record.StartUnixMicroseconds / 1_000_000,
            AccessField.TimeUnixMilliseconds => record.StartUnixMicroseconds / 1000,
            AccessField.TimeUnixMicroseconds => record.StartUnixMicroseconds,
            AccessField.Attempts => record.Attempts,
            AccessField.Connection => record.ConnectionSerial,
            AccessField.RequestNumber => record.RequestNumber,
            AccessField.EarlierRequests => Math.Max(0, record.RequestNumber - 1),
            AccessField.Phase => record.Phase,
            _ => throw new ArgumentOutOfRangeException(nameof(field), field, "not a number"),
        };
        return value == 0 && field is AccessField.Status or AccessField.BodyBytesOrDash ? -1 : value;
    }

    /// <summary>Bytes of a field that is copied from the record; empty when missing.</summary>
    public static ReadOnlySpan<byte> Bytes(AccessField field, in AccessRecord record) => field switch
    {
        AccessField.Method => record.Method,
        AccessField.Target => record.Target,
        AccessField.Path => Path(record.Target),
        AccessField.Query => record.Target[Path(record.Target).Length..],
        AccessField.Version => record.Version,
        AccessField.TlsVersion => record.TlsVersion,
        AccessField.TlsCipher => record.TlsCipher,
        AccessField.Host => record.Host,
        AccessField.Referer => record.Referer,
        AccessField.UserAgent => record.UserAgent,
        AccessField.Listener => record.Listener,
        AccessField.Route => record.Route,
        AccessField.Pool => record.Pool,
        AccessField.Member => record.Member,
        AccessField.Fault => record.Fault == ProxyFault.None ? default : record.Fault.NameBytes(),
        AccessField.RequestId => record.RequestId,
        _ => default,
    };

    private static ReadOnlySpan<byte> Path(ReadOnlySpan<byte> target)
    {
        int query = target.IndexOf((byte)'?');
        return query < 0 ? target : target[..query];
    }
}
