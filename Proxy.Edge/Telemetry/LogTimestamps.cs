using System.Globalization;
using System.Text;

namespace Proxy.Edge.Telemetry;

/// <summary>Textual forms of wall-clock seconds, kept so that a line copies bytes rather than doing calendar
/// arithmetic. Four seconds are kept, because long exchanges end out of order. Belongs to one thread.</summary>
internal sealed class LogTimestamps
{
    private const long LastSecond = 253_402_300_799; // 9999-12-31T23:59:59Z, the last one DateTimeOffset can hold
    private readonly TimeZoneInfo _zone;
    private readonly Entry[] _entries = new Entry[4];

    public LogTimestamps(TimeZoneInfo zone)
    {
        _zone = zone;
        for (int i = 0; i < _entries.Length; i++)
        {
            _entries[i].Second = -1;
        }
    }

    /// <summary>[10/Oct/2000:13:55:36 -0700] of local time.</summary>
    public ReadOnlySpan<byte> Clf(long unixSecond) => Get(unixSecond).Clf;

    /// <summary>2000-10-10T20:55:36 of UTC, without fraction and zone.</summary>
    public ReadOnlySpan<byte> Iso(long unixSecond) => Get(unixSecond).Iso;

    private ref readonly Entry Get(long second)
    {
        second = Math.Clamp(second, 0, LastSecond);
        ref Entry entry = ref _entries[second & 3];
        if (entry.Second != second)
        {
            Fill(ref entry, second);
        }

        return ref entry;
    }

    private void Fill(ref Entry entry, long second)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        DateTimeOffset utc = DateTimeOffset.FromUnixTimeSeconds(second);
        TimeSpan offset = second > LastSecond - 86_400 ? TimeSpan.Zero : _zone.GetUtcOffset(utc);
        DateTimeOffset local = utc.ToOffset(offset);
        char sign = offset < TimeSpan.Zero ? '-' : '+';
        TimeSpan size = offset.Duration();
        string clf = string.Create(
            culture, $"[{local:dd/MMM/yyyy:HH:mm:ss} {sign}{size.Hours:00}{size.Minutes:00}]");
        entry.Clf = Encoding.ASCII.GetBytes(clf);
        entry.Iso = Encoding.ASCII.GetBytes(utc.ToString("yyyy-MM-ddTHH:mm:ss", culture));
        entry.Second = second;
    }

    private struct Entry
    {
        public long Second;
        public byte[] Clf;
        public byte[] Iso;
    }
}
