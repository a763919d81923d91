namespace Proxy.Actors.Config.Schema;

/// <summary>Words the schemas share.</summary>
internal static class Spans
{
    public static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);
    public static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    public static readonly TimeSpan Day = TimeSpan.FromDays(1);
    public static readonly TimeSpan Year = TimeSpan.FromDays(366);

    public const string Off = "; 0 = off";
    public const string NoLimit = "; 0 = no limit";
}
