using System.Globalization;

namespace Proxy.Actors.Config.Schema;

/// <summary>Sizes in the largest binary unit that leaves no fraction; K is 1,024 bytes.</summary>
internal static class SizeText
{
    private static readonly (string Unit, long Bytes)[] Units =
    [
        ("T", 1L << 40), ("G", 1L << 30), ("M", 1L << 20), ("K", 1L << 10),
    ];

    public static string Of(long bytes)
    {
        foreach ((string unit, long factor) in Units)
        {
            if (bytes != 0 && bytes % factor == 0)
            {
                return (bytes / factor).ToString(CultureInfo.InvariantCulture) + unit;
            }
        }

        return bytes.ToString(CultureInfo.InvariantCulture);
    }
}
