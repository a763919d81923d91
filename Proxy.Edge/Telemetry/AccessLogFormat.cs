using System.Diagnostics.CodeAnalysis;

namespace Proxy.Edge.Telemetry;

/// <summary>A compiled access log format: a list of segments, each a field or literal bytes. Immutable and shared;
/// writing a record allocates nothing.</summary>
public sealed class AccessLogFormat
{
    /// <summary>Room that every format built in needs at most for one line, with fields cut to
    /// <see cref="CutFieldBytes"/>.</summary>
    internal const int MaxLineBytes = 64 * 1024;

    /// <summary>What is shown of each field when a line does not fit whole. Seven client fields and four names, each
    /// byte six in JSON's worst case, stay far below <see cref="MaxLineBytes"/>.</summary>
    internal const int CutFieldBytes = 512;

    private const string CombinedTemplate = "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\"";
    private const string CommonTemplate = "%h %l %u %t \"%r\" %>s %b";
    private readonly AccessSegment[] _segments;
    private readonly bool _json;

    private AccessLogFormat(AccessSegment[] segments, bool json)
    {
        _segments = segments;
        _json = json;
    }

    /// <summary>"combined", "common", "json", or a template (see <see cref="AccessLogTemplate"/>).</summary>
    public static bool TryParse(
        string text, [NotNullWhen(true)] out AccessLogFormat? format, [NotNullWhen(false)] out string? error)
    {
        error = null;
        format = null;
        switch (text)
        {
            case "json":
                format = new AccessLogFormat(AccessLogJson.Segments(), json: true);
                return true;
            case "combined":
                text = CombinedTemplate;
                break;
            case "common":
                text = CommonTemplate;
                break;
            default:
                break;
        }

        if (!AccessLogTemplate.TryParse(text, out AccessSegment[]? segments, out error))
        {
            return false;
        }

        format = new AccessLogFormat(segments, json: false);
        return true;
    }

    /// <summary>Writes one line, its line feed included. False when it does not fit; then nothing of it
    /// counts.</summary>
    internal bool TryWrite(
        in AccessRecord record, LogTimestamps stamps, Span<byte> destination, int fieldLimit, out int written)
    {
        var line = new LineWriter(destination, fieldLimit);
        foreach (ref readonly AccessSegment segment in _segments.AsSpan())
        {
            if (segment.Field == AccessField.Literal)
            {
                line.Literal(segment.Literal);
            }
            else if (_json)
            {
                AccessLogJson.Write(ref line, segment.Field, record, stamps);
            }
            else
            {
                AccessLogText.Write(ref line, segment.Field, record, stamps);
            }

            if (line.IsFull)
            {
                written = 0;
                return false;
            }
        }

        written = line.Length;
        return true;
    }
}
