using System.Globalization;
using Proxy.Actors.Hocon;

namespace Proxy.Cluster.Revisions.Editing;

/// <param name="Tree">Null when the edit has no place; then <paramref name="Problem"/> says why.</param>
internal readonly record struct TreeEdit(HoconObject? Tree, string Problem);

/// <summary>Sets and removes keys of a resolved document; the rest is shared with the old tree. In a list of blocks a
/// key is the name of an element.</summary>
internal static class HoconTree
{
    private static readonly HoconOrigin Origin = new("change", 1, 1);

    public static TreeEdit Apply(HoconObject root, OverlayEdit edit)
    {
        if (!HoconPath.TryParse(edit.Path, out string[]? keys))
        {
            return new TreeEdit(null, "not a path");
        }

        HoconValue? value = null;
        if (edit.Value is not null && (value = OverlayEdit.Parse(edit.Value)) is null)
        {
            return new TreeEdit(null, "the value is not JSON");
        }

        string problem = "";
        return new TreeEdit((HoconObject?)Edited(root, new Target(keys, value), 0, ref problem), problem);
    }

    /// <summary>Elements of a list by name, as the edits know them.</summary>
    public static string NameOf(HoconValue element, int index, string list) =>
        element is HoconObject block && block.TryGet("name", out HoconMember? name) && name.Value is HoconScalar text
            ? text.Text
            : string.Create(CultureInfo.InvariantCulture, $"{Singular(list)}-{index + 1}");

    public static HoconObject With(HoconObject block, string key, HoconValue value)
    {
        var member = new HoconMember(key, Origin, value);
        return new HoconObject(
            block.TryGet(key, out _)
                ? [.. block.Members.Select(old => old.Key == key ? member : old)]
                : [.. block.Members, member],
            block.Origin);
    }

    public static HoconObject Without(HoconObject block, string key) =>
        new([.. block.Members.Where(member => member.Key != key)], block.Origin);

    // routes → route-1, listeners → listener-1: the names elements get that have none.
    private static string Singular(string list) => list.TrimEnd('s');

    /// <returns>Null when there is no such place; then the problem is set.</returns>
    private static HoconValue? Edited(HoconValue node, Target target, int at, ref string problem)
    {
        switch (node)
        {
            case HoconObject block:
                return EditedBlock(block, target, at, ref problem);
            case HoconArray list:
                return EditedList(list, target, at, ref problem);
            default:
                problem = $"{target.Shown(at)} is a value, not a block";
                return null;
        }
    }

    private static HoconObject? EditedBlock(HoconObject block, Target target, int at, ref string problem)
    {
        string key = target.Keys[at];
        if (!block.TryGet(key, out HoconMember? member) && target.Value is null)
        {
            problem = $"{target.Shown(at + 1)} is not set";
            return null;
        }

        if (at == target.Keys.Length - 1)
        {
            return target.Value is null ? Without(block, key) : With(block, key, target.Value);
        }

        HoconValue inner = member?.Value ?? new HoconObject([], Origin);
        return Edited(inner, target, at + 1, ref problem) is { } edited ? With(block, key, edited) : null;
    }

    private static HoconArray? EditedList(HoconArray list, Target target, int at, ref string problem)
    {
        string[] names = [.. list.Items.Select((item, i) => NameOf(item, i, target.Keys[at - 1]))];
        int index = Array.IndexOf(names, target.Keys[at]);
        bool isLast = at == target.Keys.Length - 1;
        if (index < 0 && (target.Value is null || !isLast))
        {
            problem = $"{target.Shown(at)} has no element named {target.Keys[at]}; "
                + $"there are {string.Join(", ", names)}";
            return null;
        }

        List<HoconValue> items = [.. list.Items];
        if (isLast && target.Value is null)
        {
            items.RemoveAt(index);
            return new HoconArray(items, list.Origin);
        }

        HoconValue? element = isLast
            ? Named(target, at, ref problem)
            : Edited(items[index], target, at + 1, ref problem);
        if (element is null)
        {
            return null;
        }

        if (index < 0)
        {
            items.Add(element);
        }
        else
        {
            items[index] = element;
        }

        return new HoconArray(items, list.Origin);
    }

    private static HoconObject? Named(Target target, int at, ref string problem)
    {
        if (target.Value is not HoconObject block)
        {
            problem = $"{target.Shown(at + 1)} is an element of a list: it takes a block";
            return null;
        }

        HoconScalar name = HoconScalar.String(target.Keys[at], Origin);
        return block.TryGet("name", out _)
            ? With(block, "name", name)
            : new HoconObject([new HoconMember("name", Origin, name), .. block.Members], block.Origin);
    }

    private sealed record Target(string[] Keys, HoconValue? Value)
    {
        public string Shown(int count) => HoconPath.Render(Keys.AsSpan(0, count));
    }
}
