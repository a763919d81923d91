using System.Globalization;
using System.Text;
using Proxy.Actors.Hocon;

namespace Proxy.Tests.Actors.Hocon;

/// <summary>Random values and documents from a seed.</summary>
internal sealed class RandomHocon(int seed)
{
    private static readonly HoconOrigin Nowhere = new("random", 1, 1);

    private static readonly string[] Texts =
    [
        "", " ", "a", "a b", "true", "null", "1", "01", "-", "x.y", "include", "${a}", "\"", "\"\"\"", "\\", "a\nb",
        "\"\n\"",
        "#c", "//c", "é", "\U0001F600", "\u2028", "\u00A0", "\t", "\u0001", "{}", "[,]", "k=v",
        "a:b", "\r\n", "x\n\"\"\"\"",
    ];

    private readonly Random _random = new(seed);

    public Random Random => _random;

    public HoconObject Object(int depth)
    {
        var members = new Dictionary<string, HoconMember>();
        for (var i = _random.Next(6); i > 0; i--)
        {
            var key = Text();
            members[key] = new HoconMember(key, Nowhere, Value(depth - 1));
        }

        return new HoconObject([.. members.Values], Nowhere);
    }

    public HoconValue Value(int depth) => _random.Next(depth > 0 ? 7 : 5) switch
    {
        0 => HoconScalar.Boolean(_random.Next(2) == 0, Nowhere),
        1 => HoconScalar.Null(Nowhere),
        2 => HoconScalar.Number(Number(), Nowhere),
        5 => new HoconArray([.. Enumerable.Range(0, _random.Next(5)).Select(_ => Value(depth - 1))], Nowhere),
        6 => Object(depth),
        _ => HoconScalar.String(Text(), Nowhere),
    };

    /// <summary>A document of short keys with substitutions of every sort between them.</summary>
    public string Document()
    {
        var text = new StringBuilder();
        for (var i = _random.Next(1, 8); i > 0; i--)
        {
            text.Append(Path()).Append(_random.Next(6) == 0 ? " += " : " = ").Append(Expression(2)).Append('\n');
        }

        return text.ToString();
    }

    private string Expression(int depth) => _random.Next(depth > 0 ? 9 : 6) switch
    {
        0 or 1 => _random.Next(9).ToString(CultureInfo.InvariantCulture),
        2 => $"${{{Path()}}}",
        3 => $"${{?{Path()}}}",
        4 => "x",
        5 => $"${{?{Path()}}} y",
        6 => $"{{ {Path()} = {Expression(depth - 1)}, {Path()} = {Expression(depth - 1)} }}",
        7 => $"[ {Expression(depth - 1)}, {Expression(depth - 1)} ]",
        _ => $"${{?{Path()}}} {{ {Path()} = {Expression(depth - 1)} }}",
    };

    private string Path()
    {
        string[] keys = ["a", "b", "c"];
        var path = keys[_random.Next(3)];
        while (_random.Next(3) == 0)
        {
            path += "." + keys[_random.Next(3)];
        }

        return path;
    }

    private string Text() =>
        Texts[_random.Next(Texts.Length)] + (_random.Next(3) == 0 ? Texts[_random.Next(Texts.Length)] : string.Empty);

    private string Number() => _random.Next(4) switch
    {
        0 => _random.Next(-9, 10).ToString(CultureInfo.InvariantCulture),
        1 => _random.NextInt64().ToString(CultureInfo.InvariantCulture),
        2 => (_random.NextDouble() * 100).ToString("0.0##", CultureInfo.InvariantCulture),
        _ => $"{_random.Next(10)}e{(_random.Next(2) == 0 ? "+" : "-")}{_random.Next(400)}",
    };
}
