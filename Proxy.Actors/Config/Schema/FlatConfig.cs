namespace Proxy.Actors.Config.Schema;

/// <summary>A configuration as lines of path and text, to compare two of them for people.</summary>
internal sealed class FlatConfig
{
    private readonly Dictionary<string, FlatValue> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _elements = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _orders = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, FlatValue> Values => _values;

    /// <summary>Path of each element that may come and go (a pool, a member, a route) → path of what holds
    /// it.</summary>
    public IReadOnlyDictionary<string, string> Elements => _elements;

    /// <summary>Path of each list → names of its elements in order.</summary>
    public IReadOnlyDictionary<string, string> Orders => _orders;

    public void Value(string path, string? text, bool secret) => _values[path] = new FlatValue(text ?? "none", secret);

    public void Element(string list, string path) => _elements[path] = list;

    public void Order(string list, IEnumerable<string> names) => _orders[list] = string.Join(", ", names);
}

/// <param name="Secret">The text must not be shown.</param>
internal readonly record struct FlatValue(string Text, bool Secret);
