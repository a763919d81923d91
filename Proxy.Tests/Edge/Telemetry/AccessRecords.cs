using System.Text;
using Proxy.Edge.Telemetry;
using Proxy.Edge.Topology;

namespace Proxy.Tests.Edge.Telemetry;

/// <summary>Records and lines for the tests of this folder.</summary>
internal static class AccessRecords
{
    /// <summary>2000-10-10T20:55:36.123456Z, the moment of the example in Apache's manual.</summary>
    public const long Moment = 971_211_336_123_456;

    public static AccessRecord Full(
        ReadOnlySpan<byte> target = default,
        ReadOnlySpan<byte> userAgent = default,
        ReadOnlySpan<byte> referer = default) =>
        new()
        {
            Client = ClientAddress.FromIpv4(0x7F000001),
            ClientPort = 40_000,
            Method = "GET"u8,
            Target = target.IsEmpty ? "/apache_pb.gif?x=1"u8 : target,
            Version = "HTTP/1.0"u8,
            TlsVersion = "TLSv1.3"u8,
            TlsCipher = "TLS_AES_128_GCM_SHA256"u8,
            Host = "shop.example"u8,
            Referer = referer.IsEmpty ? "http://www.example.com/start.html"u8 : referer,
            UserAgent = userAgent.IsEmpty ? "Mozilla/4.08 [en] (Win98; I ;Nav)"u8 : userAgent,
            Status = 200,
            BodyBytesSent = 2326,
            BytesReceived = 310,
            TotalMicroseconds = 1_234_567,
            QueueMicroseconds = -1,
            ConnectMicroseconds = 150,
            FirstByteMicroseconds = 900,
            StartUnixMicroseconds = Moment,
            Listener = "web"u8,
            Route = "app"u8,
            Pool = "pool"u8,
            Member = "a"u8,
            Attempts = 1,
            RequestId = "r-1"u8,
            ConnectionSerial = 77,
            RequestNumber = 3,
            Phase = 12,
        };

    public static string Line(string template, in AccessRecord record, TimeZoneInfo? zone = null)
    {
        Assert.True(AccessLogFormat.TryParse(template, out AccessLogFormat? format, out string? error), error);
        byte[] buffer = new byte[AccessLogFormat.MaxLineBytes];
        var stamps = new LogTimestamps(zone ?? TimeZoneInfo.Utc);
        Assert.True(format.TryWrite(record, stamps, buffer, int.MaxValue, out int written));
        string line = Encoding.UTF8.GetString(buffer, 0, written);
        Assert.Equal('\n', line[^1]);
        return line[..^1];
    }
}
