using System.Globalization;
using Proxy.Actors.Hocon;

namespace Proxy.Actors.Config.Schema;

/// <summary>The kinds of values that know nothing of proxying: text, numbers, durations, sizes, choices.</summary>
internal static class Kinds
{
    public static readonly ScalarKind<bool> Flag = new(
        "true or false",
        scalar => scalar.TryBoolean(out bool flag) ? flag : Parsed.Wrong<bool>("not true or false"),
        value => value ? "true" : "false");

    /// <summary>Any text; empty means "not given" wherever the key says so.</summary>
    public static ScalarKind<string> Text(string accepted) =>
        new(accepted, scalar => Printable(scalar.Text), value => value);

    /// <summary>Text where "" and "not given" differ.</summary>
    public static ScalarKind<string?> OptionalText(string accepted) =>
        new(accepted, scalar => Printable(scalar.Text)!, value => value);

    /// <summary>Text that may have several lines, such as the body of a response.</summary>
    public static ScalarKind<string> Lines(string accepted) => new(accepted, scalar => scalar.Text, value => value);

    public static ListKind<string> Texts(string accepted) => new(Text(accepted));

    public static ScalarKind<int> Integer(int min, int max, string zero = "") => new(
        $"an integer from {min} to {max}{zero}",
        scalar => !scalar.TryLong(out long number) ? Parsed.Wrong<int>("not a whole number")
            : number < min || number > max ? Parsed.Wrong<int>("out of range")
            : (int)number,
        value => value.ToString(CultureInfo.InvariantCulture));

    /// <summary>A duration with its unit. HOCON reads a bare number as milliseconds, which nobody means who writes
    /// <c>interval = 5</c>; so only 0 goes without.</summary>
    public static ScalarKind<TimeSpan> Duration(TimeSpan min, TimeSpan max, string zero = "") => new(
        $"a duration from {DurationText.Of(min)} to {DurationText.Of(max)} with its unit, such as 500ms or 5s{zero}",
        scalar => ReadDuration(scalar, min, max, zero.Length > 0),
        DurationText.Of);

    /// <param name="min">Smallest size, bytes; 0 is accepted below it when <paramref name="zero"/> says what it
    /// means.</param>
    public static ScalarKind<long> Size(long min, long max, string zero = "") => new(
        $"a size from {SizeText.Of(min)} to {SizeText.Of(max)}, such as 512, 32K or 10M{zero}",
        scalar => !scalar.TryBytes(out long bytes) ? Parsed.Wrong<long>("not a size")
            : (bytes < min || bytes > max) && !(bytes == 0 && zero.Length > 0) ? Parsed.Wrong<long>("out of range")
            : bytes,
        SizeText.Of);

    /// <summary>A size that is held as an int.</summary>
    public static ScalarKind<int> SmallSize(int min, int max, string zero = "")
    {
        ScalarKind<long> size = Size(min, max, zero);
        return new ScalarKind<int>(
            size.Accepted,
            scalar =>
            {
                Parsed<long> parsed = size.Read(scalar);
                return parsed.Problem is null ? (int)parsed.Value : Parsed.Wrong<int>(parsed.Problem);
            },
            value => size.Format(value));
    }

    /// <summary>One of some words.</summary>
    public static ScalarKind<T> Choice<T>(params (string Word, T Value)[] choices)
        where T : notnull => new(
        string.Join(" | ", choices.Select(choice => choice.Word)),
        scalar =>
        {
            int at = Array.FindIndex(choices, choice => choice.Word == scalar.Text);
            return at >= 0 ? choices[at].Value
                : NearestName.Find(scalar.Text, choices.Select(choice => choice.Word)) is { } near
                ? Parsed.Wrong<T>($"unknown, did you mean \"{near}\"?")
                : Parsed.Wrong<T>("unknown");
        },
        value => choices.First(choice => choice.Value.Equals(value)).Word);

    public static ScalarKind<string> Word(params string[] words) => Choice([.. words.Select(word => (word, word))]);

    private static Parsed<string> Printable(string text) =>
        text.Any(char.IsControl) ? Parsed.Wrong<string>("contains control characters") : text;

    private static Parsed<TimeSpan> ReadDuration(HoconScalar scalar, TimeSpan min, TimeSpan max, bool zeroIsSpecial)
    {
        if (!scalar.TryDuration(out TimeSpan duration))
        {
            return Parsed.Wrong<TimeSpan>("not a duration");
        }

        if (duration != TimeSpan.Zero && !scalar.Text.Any(char.IsLetter))
        {
            return Parsed.Wrong<TimeSpan>("a duration without a unit");
        }

        return (duration < min || duration > max) && !(zeroIsSpecial && duration == TimeSpan.Zero)
            ? Parsed.Wrong<TimeSpan>("out of range")
            : duration;
    }
}
