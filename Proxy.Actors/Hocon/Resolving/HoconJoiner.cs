using System.Text;

namespace Proxy.Actors.Hocon.Resolving;

/// <summary>
/// A part of a concatenation: a value, nothing (an optional substitution without value), or unquoted white space.
/// </summary>
internal readonly record struct JoinPart(HoconOrigin Origin, HoconValue? Value, string? Blank);

/// <summary>Joins the parts of a concatenation: all lists, all objects, or all scalars, which make a string.</summary>
internal sealed class HoconJoiner(HoconErrorList errors)
{
    public static string Name(HoconValue value) => value.Kind switch
    {
        HoconKind.Object => "an object",
        HoconKind.Array => "a list",
        HoconKind.String => "a string",
        HoconKind.Number => "a number",
        HoconKind.Boolean => "a boolean",
        _ => "null",
    };

    public Outcome Join(List<JoinPart> parts, HoconOrigin origin)
    {
        var defined = parts.FindAll(part => part.Value is not null);
        if (defined.Count == 0)
        {
            return Outcome.Undefined;
        }

        if (defined.Count == 1 && !parts.Exists(part => part.Blank is not null))
        {
            return Outcome.Of(defined[0].Value!);
        }

        if (defined.Exists(part => part.Value is HoconArray))
        {
            return JoinLists(defined, origin);
        }

        return defined.Exists(part => part.Value is HoconObject) ? JoinObjects(defined) : JoinText(parts, origin);
    }

    private Outcome JoinLists(List<JoinPart> parts, HoconOrigin origin)
    {
        var items = new List<HoconValue>();
        foreach (var part in parts)
        {
            if (!HoconUnits.TryList(part.Value!, out var list))
            {
                return Mixed(part, "a list");
            }

            items.AddRange(list);
        }

        return Outcome.Of(new HoconArray(items, origin));
    }

    private Outcome JoinObjects(List<JoinPart> parts)
    {
        HoconObject? joined = null;
        foreach (var part in parts)
        {
            if (part.Value is not HoconObject map)
            {
                return Mixed(part, "an object");
            }

            joined = joined is null ? map : map.WithFallback(joined);
        }

        return Outcome.Of(joined!);
    }

    private static Outcome JoinText(List<JoinPart> parts, HoconOrigin origin)
    {
        var text = new StringBuilder();
        foreach (var part in parts)
        {
            text.Append(part.Blank ?? ((HoconScalar?)part.Value)?.Text);
        }

        return Outcome.Of(HoconScalar.String(text.ToString(), origin));
    }

    private Outcome Mixed(JoinPart part, string expected)
    {
        errors.Add(
            part.Origin,
            $"{Name(part.Value!)} ({part.Value!.Origin}) cannot be joined here: expected {expected}");
        return Outcome.Failed;
    }
}
