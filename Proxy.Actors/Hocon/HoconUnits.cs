using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Proxy.Actors.Hocon;

/// <summary>
/// Reads a value as a type, with the conversions of the specification: text and scalars into one another, an object
/// with
/// numeric keys into a list; never null, and never lists or objects from text.
/// </summary>
public static class HoconUnits
{
    public static bool TryString(this HoconValue value, [NotNullWhen(true)] out string? text)
    {
        text = value is HoconScalar { Kind: not HoconKind.Null } scalar ? scalar.Text : null;
        return text is not null;
    }

    /// <summary>true, yes, on, false, no, off; written as a boolean or as text.</summary>
    public static bool TryBoolean(this HoconValue value, out bool flag)
    {
        var text = value is HoconScalar { Kind: HoconKind.Boolean or HoconKind.String } scalar ? scalar.Text : null;
        flag = text is "true" or "yes" or "on";
        return flag || text is "false" or "no" or "off";
    }

    public static bool TryInt(this HoconValue value, out int number)
    {
        var fits = TryLong(value, out var wide) && wide is >= int.MinValue and <= int.MaxValue;
        number = fits ? (int)wide : 0;
        return fits;
    }

    /// <summary>A whole number; <c>2.0</c> and <c>1e3</c> are whole.</summary>
    public static bool TryLong(this HoconValue value, out long number)
    {
        number = 0;
        if (!TryNumberText(value, out var text)
            || !decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var exact)
            || exact != decimal.Truncate(exact)
            || exact is < long.MinValue or > long.MaxValue)
        {
            return false;
        }

        number = (long)exact;
        return true;
    }

    /// <summary>A finite number.</summary>
    public static bool TryDouble(this HoconValue value, out double number)
    {
        number = 0;
        return TryNumberText(value, out var text)
            && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number)
            && double.IsFinite(number);
    }

    /// <summary>A list, or an object of which the keys that are numbers give the order of the items.</summary>
    public static bool TryList(this HoconValue value, [NotNullWhen(true)] out IReadOnlyList<HoconValue>? items)
    {
        items = (value as HoconArray)?.Items;
        if (value is HoconObject map)
        {
            var numbered = new SortedList<int, HoconValue>();
            foreach (var member in map.Members)
            {
                if (int.TryParse(member.Key, NumberStyles.None, CultureInfo.InvariantCulture, out var index))
                {
                    numbered[index] = member.Value;
                }
            }

            items = numbered.Count == 0 ? null : [.. numbered.Values];
        }

        return items is not null;
    }

    /// <summary>
    /// A number with a unit of time; without one it means milliseconds. Parts of a tick (100 ns) are cut off.
    /// </summary>
    public static bool TryDuration(this HoconValue value, out TimeSpan duration)
    {
        duration = default;
        if (!TryAmount(value, out var amount, out var unit) || DurationNanoseconds(unit) is not { } nanoseconds)
        {
            return false;
        }

        if (!TryMultiply(amount, nanoseconds / TimeSpan.NanosecondsPerTick, out var ticks))
        {
            return false;
        }

        duration = TimeSpan.FromTicks(ticks);
        return true;
    }

    /// <summary>
    /// A size, not negative, with a unit of bytes; without one it means bytes. Parts of a byte are cut off.
    /// </summary>
    public static bool TryBytes(this HoconValue value, out long bytes)
    {
        bytes = 0;
        return TryAmount(value, out var amount, out var unit)
            && amount >= 0
            && UnitBytes(unit) is { } factor
            && TryMultiply(amount, factor, out bytes);
    }

    private static decimal? DurationNanoseconds(string unit) => unit switch
    {
        "ns" or "nano" or "nanos" or "nanosecond" or "nanoseconds" => 1m,
        "us" or "micro" or "micros" or "microsecond" or "microseconds" => 1_000m,
        "" or "ms" or "milli" or "millis" or "millisecond" or "milliseconds" => 1_000_000m,
        "s" or "second" or "seconds" => 1_000_000_000m,
        "m" or "minute" or "minutes" => 60_000_000_000m,
        "h" or "hour" or "hours" => 3_600_000_000_000m,
        "d" or "day" or "days" => 86_400_000_000_000m,
        _ => null,
    };

    private static decimal? UnitBytes(string unit) => unit switch
    {
        "" or "B" or "b" or "byte" or "bytes" => 1m,
        "kB" or "kilobyte" or "kilobytes" => 1e3m,
        "MB" or "megabyte" or "megabytes" => 1e6m,
        "GB" or "gigabyte" or "gigabytes" => 1e9m,
        "TB" or "terabyte" or "terabytes" => 1e12m,
        "PB" or "petabyte" or "petabytes" => 1e15m,
        "EB" or "exabyte" or "exabytes" => 1e18m,
        "ZB" or "zettabyte" or "zettabytes" => 1e21m,
        "YB" or "yottabyte" or "yottabytes" => 1e24m,
        "K" or "k" or "Ki" or "KiB" or "kibibyte" or "kibibytes" => 1024m,
        "M" or "m" or "Mi" or "MiB" or "mebibyte" or "mebibytes" => 1048576m,
        "G" or "g" or "Gi" or "GiB" or "gibibyte" or "gibibytes" => 1073741824m,
        "T" or "t" or "Ti" or "TiB" or "tebibyte" or "tebibytes" => 1099511627776m,
        "P" or "p" or "Pi" or "PiB" or "pebibyte" or "pebibytes" => 1125899906842624m,
        "E" or "e" or "Ei" or "EiB" or "exbibyte" or "exbibytes" => 1152921504606846976m,
        "Z" or "z" or "Zi" or "ZiB" or "zebibyte" or "zebibytes" => 1180591620717411303424m,
        "Y" or "y" or "Yi" or "YiB" or "yobibyte" or "yobibytes" => 1208925819614629174706176m,
        _ => null,
    };

    /// <summary>A number, white space, and a unit of letters, as text or as a bare number.</summary>
    private static bool TryAmount(HoconValue value, out decimal amount, out string unit)
    {
        amount = 0;
        unit = string.Empty;
        if (value is not HoconScalar { Kind: HoconKind.Number or HoconKind.String } scalar)
        {
            return false;
        }

        var text = scalar.Text.Trim();
        var end = HoconNumber.End(text, 0);
        unit = text[end..].Trim();
        return end > 0
            && unit.All(char.IsLetter)
            && decimal.TryParse(text.AsSpan(0, end), NumberStyles.Float, CultureInfo.InvariantCulture, out amount);
    }

    private static bool TryMultiply(decimal amount, decimal factor, out long product)
    {
        product = 0;
        // Compared by division: the product itself may be beyond even a decimal.
        if (Math.Abs(amount) > long.MaxValue / factor)
        {
            return false;
        }

        product = (long)decimal.Truncate(amount * factor);
        return true;
    }

    private static bool TryNumberText(HoconValue value, [NotNullWhen(true)] out string? text)
    {
        text = value is HoconScalar { Kind: HoconKind.Number or HoconKind.String } scalar ? scalar.Text.Trim() : null;
        return !string.IsNullOrEmpty(text) && HoconNumber.End(text, 0) == text.Length;
    }
}
