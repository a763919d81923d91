using Proxy.Actors.Config;
using Proxy.Actors.Config.Schema;

namespace Proxy.Actors.Planning;

/// <summary>What changed between two configurations, in lines for people: "pools.app.members.b.weight 50 → 80".
/// Elements of lists go by their names. Empty when nothing changed.</summary>
public static class ConfigDiff
{
    public static IReadOnlyList<string> Between(ProxyConfig before, ProxyConfig after)
    {
        FlatConfig old = Flatten(before);
        FlatConfig now = Flatten(after);
        var lines = new List<string>();
        lines.AddRange(Outermost(old, now).Select(path => $"{path} removed"));
        lines.AddRange(Outermost(now, old).Select(path => $"{path} added"));
        foreach ((string list, string names) in now.Orders)
        {
            if (old.Orders.TryGetValue(list, out string? oldNames) && SameNames(oldNames, names) && oldNames != names)
            {
                lines.Add($"{list} order {oldNames} → {names}");
            }
        }

        foreach ((string path, FlatValue value) in now.Values)
        {
            if (old.Values.TryGetValue(path, out FlatValue oldValue) && oldValue != value)
            {
                lines.Add(value.Secret ? $"{path} changed" : $"{path} {Shown(oldValue.Text)} → {Shown(value.Text)}");
            }
        }

        return lines;
    }

    private static FlatConfig Flatten(ProxyConfig config)
    {
        var flat = new FlatConfig();
        ProxySchema.Block.Flatten(config, "", flat);
        return flat;
    }

    // Elements only one side has, without those that are gone just because what holds them is.
    private static IEnumerable<string> Outermost(FlatConfig of, FlatConfig without) =>
        of.Elements.Where(pair => !without.Elements.ContainsKey(pair.Key) && !InsideMissing(pair.Value, of, without))
            .Select(pair => pair.Key);

    private static bool InsideMissing(string path, FlatConfig of, FlatConfig without)
    {
        for (string at = path; at.Length > 0; at = ConfigPath.Parent(at))
        {
            if (of.Elements.ContainsKey(at) && !without.Elements.ContainsKey(at))
            {
                return true;
            }
        }

        return false;
    }

    private static bool SameNames(string left, string right) =>
        left.Split(", ").Order(StringComparer.Ordinal).SequenceEqual(right.Split(", ").Order(StringComparer.Ordinal));

    private static string Shown(string text) => text.Length == 0 ? "\"\"" : text;
}
