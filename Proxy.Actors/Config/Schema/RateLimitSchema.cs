using System.Globalization;
using Proxy.Edge.Limits;
using static Proxy.Actors.Config.Schema.Spans;

namespace Proxy.Actors.Config.Schema;

/// <summary>Keys of rate-limit in a route.</summary>
internal static class RateLimitSchema
{
    private const int MaxCount = 1_000_000;

    private static readonly (string Unit, TimeSpan Period)[] Units =
        [("s", Second), ("m", TimeSpan.FromMinutes(1)), ("h", Hour), ("d", Day)];

    private static readonly (string Word, LimitKeyKind Kind)[] Plain =
    [
        ("client-address", LimitKeyKind.ClientAddress), ("path", LimitKeyKind.Path), ("global", LimitKeyKind.Global),
    ];

    private static readonly (string Word, LimitKeyKind Kind)[] Named =
        [("header", LimitKeyKind.Header), ("cookie", LimitKeyKind.Cookie)];

    private static readonly ScalarKind<RateConfig> Rate = new(
        "requests per s, m, h or d from 1 to 1000000, such as \"100/s\" or \"5/m\"",
        scalar => ReadRate(scalar.Text),
        rate => rate.Count == 0 ? null : $"{rate.Count}/{Units.First(unit => unit.Period == rate.Period).Unit}");

    private static readonly ScalarKind<LimitKey> Key = new(
        "client-address | header:NAME | cookie:NAME | path | global", scalar => ReadKey(scalar.Text), ShowKey);

    public static readonly BlockSchema<RateLimitConfig> Block = new(new RateLimitConfig())
    {
        { "rate", Rate, r => r.Rate, (r, v) => r with { Rate = v }, KeyTrait.Required },
        {
            "burst", Kinds.Integer(0, MaxCount, "; 0 = a tenth of the rate's number, at least 1"),
            r => r.Burst, (r, v) => r with { Burst = v }
        },
        { "key", Key, r => r.Key, (r, v) => r with { Key = v } },
        { "prefix-v4", Kinds.Integer(0, 32), r => r.PrefixV4, (r, v) => r with { PrefixV4 = v } },
        { "prefix-v6", Kinds.Integer(0, 128), r => r.PrefixV6, (r, v) => r with { PrefixV6 = v } },
        {
            "action", Kinds.Choice(("429", LimitAction.Refuse), ("delay", LimitAction.Delay)),
            r => r.Action, (r, v) => r with { Action = v }
        },
        { "max-delay", Kinds.Duration(Millisecond, Hour), r => r.MaxDelay, (r, v) => r with { MaxDelay = v } },
        { "keys", Kinds.Integer(8, 1 << 24), r => r.Keys, (r, v) => r with { Keys = v } },
    };

    private static Parsed<RateConfig> ReadRate(string text)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        TimeSpan period = slash < 0 ? default : Units.FirstOrDefault(unit => unit.Unit == text[(slash + 1)..]).Period;
        return period == default ? Parsed.Wrong<RateConfig>("not a rate")
            : !int.TryParse(text[..slash], NumberStyles.None, CultureInfo.InvariantCulture, out int count)
                ? Parsed.Wrong<RateConfig>("not a rate")
            : count is < 1 or > MaxCount ? Parsed.Wrong<RateConfig>("out of range")
            : new RateConfig(count, period);
    }

    private static Parsed<LimitKey> ReadKey(string text)
    {
        foreach ((string word, LimitKeyKind kind) in Plain)
        {
            if (text == word)
            {
                return new LimitKey(kind);
            }
        }

        foreach ((string word, LimitKeyKind kind) in Named)
        {
            if (text.StartsWith($"{word}:", StringComparison.Ordinal))
            {
                string name = text[(word.Length + 1)..];
                return IsToken(name)
                    ? new LimitKey(kind, name)
                    : Parsed.Wrong<LimitKey>($"\"{name}\" is not the name of a {word}");
            }
        }

        return Parsed.Wrong<LimitKey>("unknown");
    }

    private static bool IsToken(string name) =>
        name.Length > 0 && name.All(static c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c));

    private static string ShowKey(LimitKey key) =>
        Plain.FirstOrDefault(pair => pair.Kind == key.Kind).Word
        ?? $"{Named.First(pair => pair.Kind == key.Kind).Word}:{key.Name}";
}
