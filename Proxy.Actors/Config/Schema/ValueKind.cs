using Proxy.Actors.Hocon;

namespace Proxy.Actors.Config.Schema;

/// <summary>A kind of value: how it is read, how it is written, and how to tell an operator what it takes.</summary>
internal abstract class ValueKind<T>(string accepted)
{
    public string Accepted { get; } = accepted;

    public abstract Parsed<T> Read(HoconValue value);

    /// <summary>Canonical text: two values are the same when their texts are. Null = there is no value.</summary>
    public abstract string? Format(T value);
}

/// <summary>A value written as one string, number or boolean.</summary>
internal sealed class ScalarKind<T>(string accepted, Func<HoconScalar, Parsed<T>> parse, Func<T, string?> format)
    : ValueKind<T>(accepted)
{
    public override Parsed<T> Read(HoconValue value) =>
        value is HoconScalar scalar ? parse(scalar) : Parsed.Wrong<T>("not a single value");

    public override string? Format(T value) => format(value);
}

/// <summary>A list of scalars; a single scalar counts as a list of one.</summary>
internal sealed class ListKind<T>(ScalarKind<T> item) : ValueKind<ConfigList<T>>($"a list, each {item.Accepted}")
{
    public override Parsed<ConfigList<T>> Read(HoconValue value)
    {
        IReadOnlyList<HoconValue> written = value is HoconArray array ? array.Items : [value];
        var items = new List<T>(written.Count);
        foreach (HoconValue one in written)
        {
            Parsed<T> parsed = item.Read(one);
            if (parsed.Problem is not null)
            {
                return Parsed.Wrong<ConfigList<T>>($"{ConfigSource.Shown(one)}: {parsed.Problem}");
            }

            items.Add(parsed.Value);
        }

        return ConfigList.From(items);
    }

    public override string Format(ConfigList<T> value) => $"[{string.Join(", ", value.Select(item.Format))}]";
}

/// <summary>A block whose keys the operator chooses, each with a value of its own kind.</summary>
/// <param name="dotted">HOCON takes the key app.internal for internal in a block app; names with dots, such as
/// domains, are put together again. Only for values that are no blocks themselves.</param>
internal sealed class NamedKind<T>(
    string accepted, Func<string, HoconValue, Parsed<T>> read, Func<T, string> format, bool dotted)
    : ValueKind<ConfigList<T>>(accepted)
{
    public override Parsed<ConfigList<T>> Read(HoconValue value)
    {
        if (value is not HoconObject block)
        {
            return Parsed.Wrong<ConfigList<T>>("not a block");
        }

        var items = new List<T>(block.Members.Count);
        string? problem = ReadInto(items, block, "");
        return problem is null ? ConfigList.From(items) : Parsed.Wrong<ConfigList<T>>(problem);
    }

    public override string Format(ConfigList<T> value) => $"{{{string.Join(", ", value.Select(format))}}}";

    private string? ReadInto(List<T> items, HoconObject block, string before)
    {
        foreach (HoconMember member in block.Members.Where(member => member.Value.Kind != HoconKind.Null))
        {
            string name = before + member.Key;
            if (dotted && member.Value is HoconObject { Members.Count: > 0 } inner)
            {
                if (ReadInto(items, inner, $"{name}.") is { } problem)
                {
                    return problem;
                }

                continue;
            }

            Parsed<T> parsed = read(name, member.Value);
            if (parsed.Problem is not null)
            {
                return $"{name}: {parsed.Problem}";
            }

            items.Add(parsed.Value);
        }

        return null;
    }
}
